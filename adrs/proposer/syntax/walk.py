"""The walk that fills an index: one pass over every function, with the kinds of all names at every place."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adrs.proposer.syntax import infer
from adrs.proposer.syntax.index import NO_FUNCTION, Expr, Function, Index, Scope, Stmt
from adrs.proposer.syntax.kinds import ANY, BOOL, FLOAT, STR, Kind, named, sequence
from adrs.proposer.syntax.narrowing import Names, bound, class_level, docstring, load, narrow, self_attributes

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Walker:
    """Walks one file. `names` are copied before they are changed, so that a scope keeps what it saw."""

    def __init__(self, index: Index) -> None:
        """Prepare to fill `index`."""
        self.index = index
        self.words = index.vocabulary
        self.globals = {
            **self.words.constants,
            **{name: Kind(f"class {name}") for name in self.words.fields},
        }
        self.local = {f.owner.name for f in index.functions if f.owner is not None and not f.owner.bases}
        self.recording = True

    def run(self) -> None:
        """Walk the module's constants, then its functions, those that set attributes first."""
        self._constants()
        for function in self.index.functions:
            self._attributes(function)
        for function in self.index.functions:
            names = dict(zip(function.signature.names, function.signature.kinds, strict=True))
            arguments = function.node.args
            extra = [*arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
            names |= {a.arg: ANY for a in extra if a is not None}
            if len(function.signature.names) < len(arguments.posonlyargs) + len(arguments.args):
                receiver = (*arguments.posonlyargs, *arguments.args)[0].arg
                names[receiver] = Kind(function.owner.name) if function.owner else ANY
            self.block(function.node.body, Scope(function, names))

    def _constants(self) -> None:
        """Record the numbers outside of functions: constants, class attributes, defaults."""
        bodies = [self.index.tree.body]
        bodies += [node.body for node in self.index.tree.body if isinstance(node, ast.ClassDef)]
        for node in (statement for body in bodies for statement in body):
            values: list[ast.expr] = []
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                values = [node.value]
            elif isinstance(node, ast.FunctionDef):
                values = node.args.defaults
            for value in values:
                for part in ast.walk(value):
                    if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                        self._number(part, value)

    def _number(self, node: ast.Constant, parent: ast.AST) -> None:
        start, end = self.index.source.span(node)
        if self.index.editable(start, end):
            scope = Scope(NO_FUNCTION, {})
            kind = infer.of_constant(node.value)
            self.index.numbers.append(Expr(node, kind, scope, parent, start, end, False))

    def _attributes(self, function: Function) -> None:
        """Take note of the attributes that a method sets, so that other methods may use them."""
        if function.owner is None:
            return
        fields = self.words.fields.setdefault(function.owner.name, {})
        if function.node.name != "__init__":
            return
        for name in class_level(function.owner):
            fields.setdefault(name, ANY)
        recording, self.recording = self.recording, False
        names = dict(zip(function.signature.names, function.signature.kinds, strict=True))
        names["self"] = Kind(function.owner.name)
        scope = Scope(function, names)
        for node in ast.walk(function.node):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                for attribute in self_attributes(target):
                    kind = self.expr(node.value, scope, node) if node.value else ANY
                    if isinstance(node, ast.AnnAssign):
                        kind = self.words.kind(node.annotation)
                    kind = ANY if isinstance(target, ast.Tuple) else named(attribute, kind)
                    if fields.get(attribute, ANY) == ANY:
                        fields[attribute] = kind
        self.recording = recording

    # Statements

    def block(self, body: list[ast.stmt], scope: Scope) -> tuple[Scope, bool]:
        """Walk statements in a row; return the scope after them and whether it is never reached."""
        ended = False
        for position, node in enumerate(body):
            if ended:
                self._suspect(f"unreachable after {ast.dump(body[position - 1])[:200]}")
            self._record_statement(node, body, position, scope)
            scope, ends = self.statement(node, scope)
            ended = ended or ends
        return scope, ended

    def _record_statement(self, node: ast.stmt, body: list[ast.stmt], position: int, scope: Scope) -> None:
        if not self.recording or docstring(node):
            return
        source = self.index.source
        start, end = source.span(node)
        free = self.index.editable(source.line_start(node.lineno), source.line_end(node.end_lineno or 1))
        if self.index.editable(start, end):
            indent = source.indent(node)
            self.index.statements.append(Stmt(node, body, position, scope, start, end, indent, free))

    def statement(self, node: ast.stmt, scope: Scope) -> tuple[Scope, bool]:
        """Walk one statement."""
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return self._assignment(node, scope), False
        if isinstance(node, ast.If):
            return self._if(node, scope)
        if isinstance(node, ast.For | ast.While):
            return self._loop(node, scope)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return self._nested(node, scope), False
        if isinstance(node, ast.With | ast.Try | ast.Match):
            return self._other_block(node, scope), False
        if isinstance(node, ast.Import | ast.ImportFrom):
            return bound(scope, {(a.asname or a.name).split(".")[0]: ANY for a in node.names}), False
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr) and not isinstance(getattr(child, "ctx", None), ast.Del):
                self.expr(child, scope, node)
        return scope, isinstance(node, _ENDS)

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope) -> Scope:
        kind = self.expr(node.value, scope, node) if node.value is not None else ANY
        if isinstance(node, ast.AugAssign):
            target = ast.copy_location(load(node.target), node.target)
            kind = infer.of_operation(node.op, self._quietly(target, scope), kind)
        if isinstance(node, ast.AnnAssign):
            declared = self.words.kind(node.annotation)
            vague = declared == ANY or (
                declared.name == kind.name and not declared.unit and not declared.parts
            )
            kind = kind if vague else declared
            if node.value is None:
                return scope
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names: Names = {}
        for target in targets:
            self._bind(target, kind, names, scope)
        return bound(scope, names)

    def _bind(self, target: ast.expr, kind: Kind, names: Names, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = named(target.id, kind)
        elif isinstance(target, ast.Tuple | ast.List):
            parts: Sequence[Kind] = kind.parts if kind.name == "tuple" else ()
            for position, part in enumerate(target.elts):
                fitting = parts[position] if len(parts) == len(target.elts) else ANY
                fitting = kind.element if kind.name == "list" else fitting
                self._bind(part, fitting, names, scope)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, sequence(ANY), names, scope)
        elif isinstance(target, ast.Subscript):
            self.expr(target.value, scope, target)
            self.expr(target.slice, scope, target)
        elif isinstance(target, ast.Attribute):
            self.expr(target.value, scope, target)

    def _if(self, node: ast.If, scope: Scope) -> tuple[Scope, bool]:
        self.expr(node.test, scope, node, condition=True)
        if isinstance(node.test, ast.Constant):
            self._suspect(f"constant condition {node.test.value!r}")
        then, then_ends = self.block(node.body, narrow(node.test, scope, True))
        other, other_ends = self.block(node.orelse, narrow(node.test, scope, False))
        if then_ends or other_ends:
            return (other if then_ends else then), then_ends and other_ends
        both = {
            name: infer.join([kind, other.names[name]])
            for name, kind in then.names.items()
            if name in other.names
        }
        return Scope(scope.function, both, scope.in_loop), False

    def _loop(self, node: ast.For | ast.While, scope: Scope) -> tuple[Scope, bool]:
        inner = Scope(scope.function, dict(scope.names), True)
        forever = False
        if isinstance(node, ast.For):
            kind = self.expr(node.iter, scope, node)
            self._bind(node.target, infer.element_of_loop(kind), inner.names, scope)
        else:
            self.expr(node.test, scope, node, condition=True)
            forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
            inner = narrow(node.test, inner, True)
        last, _ = self.block(node.body, inner)
        self.block(node.orelse, scope)
        breaks = any(isinstance(child, ast.Break) for part in node.body for child in ast.walk(part))
        if forever and breaks:
            return Scope(scope.function, last.names, scope.in_loop), False
        return scope, forever and not breaks

    def _nested(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope) -> Scope:
        inner = dict(scope.names)
        if not isinstance(node, ast.ClassDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
            inner |= {a.arg: named(a.arg, self.words.kind(a.annotation)) for a in every}
            inner[node.name] = ANY
        stop, self.recording = self.recording, False  # its returns are not those of the function around it
        self.block(node.body, Scope(scope.function, inner))
        self.recording = stop
        return bound(scope, {node.name: ANY})

    def _other_block(self, node: ast.With | ast.Try | ast.Match, scope: Scope) -> Scope:
        if isinstance(node, ast.With):
            names: Names = {}
            for item in node.items:
                self.expr(item.context_expr, scope, node)
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, ANY, names, scope)
            return self.block(node.body, bound(scope, names))[0]
        if isinstance(node, ast.Match):
            self.expr(node.subject, scope, node)
            for case in node.cases:
                stored = {
                    c.name: ANY for c in ast.walk(case.pattern) if isinstance(c, ast.MatchAs) and c.name
                }
                self.block(case.body, bound(scope, stored))
            return scope
        after, _ = self.block(node.body, scope)
        self.block(node.orelse, after)
        for handler in node.handlers:
            self.block(handler.body, bound(scope, {handler.name: ANY} if handler.name else {}))
        last, _ = self.block(node.finalbody, scope)
        return after if not node.handlers else last

    # Expressions

    def expr(self, node: ast.expr, scope: Scope, parent: ast.AST, *, condition: bool = False) -> Kind:
        """Walk an expression, record it, and return its kind."""
        kind = self._kind(node, scope, condition)
        if not self.recording or isinstance(node, ast.GeneratorExp | ast.Starred | ast.JoinedStr | ast.Slice):
            return kind
        start, end = self.index.source.span(node)
        if self.index.editable(start, end):
            found = Expr(node, kind, scope, parent, start, end, condition)
            self.index.expressions.append(found)
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                self.index.numbers.append(found)
        return kind

    def _quietly(self, node: ast.expr, scope: Scope) -> Kind:
        recording, self.recording = self.recording, False
        kind = self.expr(node, scope, node)
        self.recording = recording
        return kind

    def _kind(self, node: ast.expr, scope: Scope, condition: bool) -> Kind:
        if isinstance(node, ast.Constant):
            return infer.of_constant(node.value)
        if isinstance(node, ast.Name):
            return self._name(node, scope)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scope)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, ast.Compare):
            return self._compare(node, scope)
        if isinstance(node, ast.BoolOp):
            return self._bool_op(node, scope, condition)
        if isinstance(node, ast.BinOp | ast.UnaryOp | ast.IfExp):
            return self._operation(node, scope)
        return self._container(node, scope)

    def _operation(self, node: ast.BinOp | ast.UnaryOp | ast.IfExp, scope: Scope) -> Kind:
        if isinstance(node, ast.BinOp):
            left, right = self.expr(node.left, scope, node), self.expr(node.right, scope, node)
            if isinstance(node.op, ast.Add | ast.Sub | ast.Mod):
                self._share_unit(node.left, left, node.right, right)
            return infer.of_operation(node.op, left, right)
        if isinstance(node, ast.UnaryOp):
            negated = isinstance(node.op, ast.Not)
            kind = self.expr(node.operand, scope, node, condition=negated)
            return BOOL if negated else kind
        self.expr(node.test, scope, node, condition=True)
        then = self.expr(node.body, narrow(node.test, scope, True), node)
        return infer.join([then, self.expr(node.orelse, narrow(node.test, scope, False), node)])

    def _container(self, node: ast.expr, scope: Scope) -> Kind:
        if isinstance(node, ast.Subscript):
            base = self.expr(node.value, scope, node)
            self.expr(node.slice, scope, node)
            return infer.of_element(base, node.slice)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            kinds = [self.expr(item, scope, node) for item in node.elts]
            whole = isinstance(node, ast.Tuple)
            return Kind("tuple", "", tuple(kinds)) if whole else sequence(infer.join(kinds))
        if isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
            return self._comprehension(node, scope)
        if isinstance(node, ast.Lambda):
            return self._lambda(node, scope, ANY)
        if isinstance(node, ast.NamedExpr):
            kind = self.expr(node.value, scope, node)
            scope.names[node.target.id] = named(node.target.id, kind)
            return kind
        return self._other(node, scope)

    def _other(self, node: ast.expr, scope: Scope) -> Kind:
        if isinstance(node, ast.JoinedStr):  # positions inside of it are not to be relied on
            for child in ast.walk(node):
                if isinstance(child, ast.FormattedValue):
                    self._quietly(child.value, scope)
            return STR
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.expr(part, scope, node)
        return ANY

    def _name(self, node: ast.Name, scope: Scope) -> Kind:
        if node.id in scope.names:
            return scope.names[node.id]
        if node.id not in self.index.module_names:
            self._suspect(f"{scope.function.name}: {node.id}")
        return self.globals.get(node.id, ANY)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Kind:
        base = self.expr(node.value, scope, node)
        if base.name.startswith("class "):
            owner = base.name[6:]
            return Kind(owner) if node.attr in self.words.enums.get(owner, ()) else ANY
        known = self.words.fields.get(base.name)
        if known is None:
            return ANY
        methods = self.words.methods.get(base.name, {})
        closed = bool(known) or base.name in self.local
        if closed and node.attr not in known and node.attr not in methods and not node.attr.startswith("_"):
            self._suspect(f"{base.name}.{node.attr}")
        return known.get(node.attr, ANY)

    def _share_unit(self, left: ast.expr, left_kind: Kind, right: ast.expr, right_kind: Kind) -> None:
        """Give a literal the unit of what it is compared with or added to."""
        if not self.recording:
            return
        for literal, other in ((left, right_kind), (right, left_kind)):
            if isinstance(literal, ast.Constant) and other.numeric and other.unit:
                for found in self.index.expressions[-40:]:
                    if found.node is literal and found.kind.numeric:
                        found.kind = Kind(other.name, other.unit)

    def _compare(self, node: ast.Compare, scope: Scope) -> Kind:
        sides = [node.left, *node.comparators]
        kinds = [self.expr(side, scope, node) for side in sides]
        for position in range(len(sides) - 1):
            after = position + 1
            self._share_unit(sides[position], kinds[position], sides[after], kinds[after])
        return BOOL

    def _bool_op(self, node: ast.BoolOp, scope: Scope, condition: bool) -> Kind:
        kinds = []
        for value in node.values:
            kinds.append(self.expr(value, scope, node, condition=condition))
            scope = narrow(value, scope, isinstance(node.op, ast.And))
        return BOOL if condition or all(kind == BOOL for kind in kinds) else infer.join(kinds)

    def _call(self, node: ast.Call, scope: Scope) -> Kind:
        lambdas = [k for k in node.keywords if isinstance(k.value, ast.Lambda)]
        positional = [self.expr(argument, scope, node) for argument in node.args]
        element = infer.element_of_loop(positional[0]) if positional else ANY
        keywords = {}
        for keyword in node.keywords:
            if keyword in lambdas:
                self._lambda(keyword.value, scope, element)  # type: ignore[arg-type]
            else:
                keywords[keyword.arg or ""] = self.expr(keyword.value, scope, node)
        if isinstance(node.func, ast.Name):
            name = node.func.id
            self._name(node.func, scope)
            if name in self.words.functions and name not in scope.names:
                return self.words.functions[name].returns
            if name in self.words.fields:
                return Kind(name)
            return infer.of_builtin(name, positional, keywords)
        if isinstance(node.func, ast.Attribute):
            return self._method(node.func, scope)
        self.expr(node.func, scope, node)
        return ANY

    def _method(self, func: ast.Attribute, scope: Scope) -> Kind:
        base = self._quietly(func.value, scope)
        if not isinstance(func.value, ast.Name):
            self.expr(func.value, scope, func)
        if (
            isinstance(func.value, ast.Name)
            and func.value.id == "math"
            and func.attr not in ("floor", "ceil")
        ):
            return FLOAT
        methods = self.words.methods.get(base.name)
        if methods is not None and func.attr not in methods:
            known = self.words.fields.get(base.name, {})
            if not func.attr.startswith("_") and func.attr not in known:
                self._suspect(f"{base.name}.{func.attr}")
        return methods[func.attr].returns if methods and func.attr in methods else ANY

    def _lambda(self, node: ast.Lambda, scope: Scope, element: Kind) -> Kind:
        names = dict(scope.names)
        parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for parameter in parameters:
            names[parameter.arg] = element if len(parameters) == 1 else ANY
        self.expr(node.body, Scope(scope.function, names, scope.in_loop, True), node)
        return Kind("function")

    def _comprehension(
        self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp, scope: Scope
    ) -> Kind:
        inner = Scope(scope.function, dict(scope.names), scope.in_loop, scope.repeated)
        for generator in node.generators:
            kind = self.expr(generator.iter, inner, generator)
            inner = Scope(scope.function, dict(inner.names), scope.in_loop, True)
            self._bind(generator.target, infer.element_of_loop(kind), inner.names, inner)
            for test in generator.ifs:
                self.expr(test, inner, generator, condition=True)
                inner = narrow(test, inner, True)
        if isinstance(node, ast.DictComp):
            return Kind("dict", "", (self.expr(node.key, inner, node), self.expr(node.value, inner, node)))
        return sequence(self.expr(node.elt, inner, node))

    def _suspect(self, what: str) -> None:
        self.index.suspects.add(what)
