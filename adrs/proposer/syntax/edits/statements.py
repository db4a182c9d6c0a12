"""Edits of statements: guards, assignments under a condition, removal, moves, swapped branches."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.edits.common import Change, Context, before, insertable, short, supply, where_of
from adrs.proposer.syntax.generate import Generator
from adrs.proposer.syntax.index import Expr, Stmt
from adrs.proposer.syntax.kinds import ANY, NONE
from adrs.proposer.syntax.source import Splice

_LEAVING = (ast.Return, ast.Continue, ast.Break, ast.Raise)


def insert_guard(context: Context) -> Change | None:
    """Insert `if <condition>: return <something>` before a statement; in a loop `continue` or `break` too."""
    found = context.statement(lambda s: insertable(s) and s.scope.function.node.name != "__init__")
    if found is None:
        return None
    generator = context.generator(found.scope)
    test = generator.condition(2)
    if test is None:
        return None
    if found.scope.in_loop and context.rng.random() < 0.6:
        action = context.rng.choice(("continue", "continue", "break"))
    else:
        value = returned(context, found, generator)
        if value is None:
            return None
        action = f"return {value}".rstrip()
    return _inserted(context, found, generator, test, action, "guard")


def _inserted(
    context: Context, found: Stmt, generator: Generator, test: str, action: str, what: str
) -> Change | None:
    more = supply(context.index, generator.needs)
    if more is None:
        return None
    splice = before(context.index, found, [f"if {test}:", f"    {action}"])
    note = f"{what} inserted{where_of(found.scope)}: if {short(test)}: {short(action)}"
    return Change((splice, *more), note)


def returned(context: Context, found: Stmt, generator: Generator) -> str | None:
    """Return something that the function may return: as another return statement does, or newly written."""
    function = found.scope.function
    known = [
        e
        for e in context.index.expressions
        if isinstance(e.parent, ast.Return) and e.scope.function is function and bound_here(e, found)
    ]
    kind = function.returns
    if kind in (ANY, NONE):
        kind = known[0].kind if known else kind
    if known and (kind == ANY or context.rng.random() < 0.5):
        return context.index.source.copy(context.rng.choice(known).node)
    if kind == NONE:
        return ""
    return generator.of(kind, 2)


def bound_here(expression: Expr, place: Stmt) -> bool:
    """Whether all the local names of an expression are bound at a statement."""
    used = {n.id for n in ast.walk(expression.node) if isinstance(n, ast.Name)}
    return all(name in place.scope.names for name in used & expression.scope.names.keys())


def insert_assignment(context: Context) -> Change | None:
    """Insert `if <condition>: name = <something>` before a statement, for a local name."""
    found = context.statement(
        lambda s: insertable(s) and s.scope.function.node.name != "__init__" and s.position > 0
    )
    if found is None:
        return None
    assigned = {
        target.id
        for node in ast.walk(found.scope.function.node)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = [
        n for n, kind in found.scope.names.items() if n in assigned and kind.name not in ("any", "function")
    ]
    if not names:
        return None
    name = context.rng.choice(names)
    generator = context.generator(found.scope)
    test, value = generator.condition(1), generator.of(found.scope.names[name], 2)
    if test is None or value is None or value == name:
        return None
    return _inserted(context, found, generator, test, f"{name} = {value}", "assignment")


def remove_statement(context: Context) -> Change | None:
    """Remove a statement or a branch; an empty block keeps `pass`."""
    found = context.statement(lambda s: not isinstance(s.node, ast.Return) or s.position < len(s.block) - 1)
    if found is None:
        return None
    source = context.index.source
    note = f"removed{where_of(found.scope)}: {short(source.text[found.start : found.end])}"
    if isinstance(found.node, ast.If) and context.rng.random() < 0.4 and found.indent is not None:
        body = _unwrapped(context, found.node, found.indent)
        if body is not None:
            first, last = source.line_start(found.node.lineno), source.line_end(found.node.end_lineno or 1)
            if context.index.editable(first, last):
                return Change((Splice(first, last, body),), f"condition {note}")
    if len(found.block) == 1:
        return (
            None
            if isinstance(found.node, ast.Pass)
            else Change((Splice(found.start, found.end, "pass"),), note)
        )
    start, end = found.start, found.end
    line_end = source.line_end(found.node.end_lineno or 1)
    if found.free and found.indent is not None and not source.text[end:line_end].strip():
        start, end = source.line_start(found.node.lineno), line_end
    return Change((Splice(start, end, ""),), note)


def _unwrapped(context: Context, node: ast.If, indent: str) -> str | None:
    """Return the lines of one branch of an `if`, to stand where the `if` stood."""
    body = node.orelse if node.orelse and context.rng.random() < 0.5 else node.body
    if any(context.index.source.indent(part) is None for part in body):
        return None
    return context.index.source.block(body[0], body[-1], indent)


def move_statement(context: Context) -> Change | None:
    """Swap a statement with the one after it, or say it once more further down."""
    found = context.statement(lambda s: insertable(s) and s.position + 1 < len(s.block))
    if found is None:
        return None
    source = context.index.source
    after = found.block[found.position + 1]
    if source.indent(after) is None or isinstance(found.node, _LEAVING) or isinstance(after, _LEAVING):
        return None
    if (found.node.end_lineno or 0) >= after.lineno or not _interact(found.node, after):
        return None
    start, end = source.line_start(found.node.lineno), source.line_end(after.end_lineno or 1)
    middle = source.line_end(found.node.end_lineno or 1)
    if not context.index.editable(start, end):
        return None
    text = source.text[middle:end] + source.text[start:middle]
    note = f"moved down{where_of(found.scope)}: {short(source.text[found.start : found.end])}"
    return Change((Splice(start, end, text),), note)


def _interact(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether the order of two statements can matter: one sets what the other uses, or one may leave."""
    reads, writes, leaves = [], [], False
    for node in (one, other):
        inside = list(ast.walk(node))
        named = [(n.id, n.ctx) for n in inside if isinstance(n, ast.Name)]
        named += [(n.attr, n.ctx) for n in inside if isinstance(n, ast.Attribute)]
        writes.append({name for name, context in named if not isinstance(context, ast.Load)})
        reads.append({name for name, _ in named})
        leaves = leaves or any(isinstance(n, ast.Return | ast.Continue | ast.Break) for n in inside)
    return leaves or bool(writes[0] & reads[1] or writes[1] & reads[0])


def swap_branches(context: Context) -> Change | None:
    """Swap the bodies of `if` and `else`, the values of `a if c else b`, or the conditions of two `if`s."""
    if context.rng.random() < 0.5:
        return _swap_values(context)
    found = context.statement(lambda s: isinstance(s.node, ast.If))
    if found is None or not isinstance(found.node, ast.If):
        return None
    node, source = found.node, context.index.source
    ends = [node.body[0], node.body[-1], *node.orelse[:1], *node.orelse[-1:]]
    plain = node.orelse and all(source.indent(part) is not None for part in ends)
    if plain and source.indent(node.orelse[0]) == source.indent(node.body[0]):
        indent = source.indent(node.body[0]) or ""
        spans = [
            (source.line_start(b[0].lineno), source.line_end(b[-1].end_lineno or 1))
            for b in (node.body, node.orelse)
        ]
        texts = [source.block(b[0], b[-1], indent) for b in (node.orelse, node.body)]
        splices = tuple(Splice(*span, text) for span, text in zip(spans, texts, strict=True))
        return Change(splices, f"branches swapped{where_of(found.scope)}: if {short(source.copy(node.test))}")
    others = [
        s.node
        for s in context.index.statements
        if isinstance(s.node, ast.If)
        and s.scope.function is found.scope.function
        and s.scope.names.keys() == found.scope.names.keys()
        and s.node is not node
    ]
    if not others:
        return None
    other = context.rng.choice(others)
    texts = [source.copy(other.test), source.copy(node.test)]
    splices = tuple(Splice(*source.span(n.test), t) for n, t in zip((node, other), texts, strict=True))
    return Change(splices, f"conditions swapped{where_of(found.scope)}: {short(texts[0])}, {short(texts[1])}")


def _swap_values(context: Context) -> Change | None:
    found = context.expression(lambda e: isinstance(e.node, ast.IfExp))
    if found is None or not isinstance(found.node, ast.IfExp):
        return None
    copy = context.index.source.copy
    text = f"({copy(found.node.orelse)}) if ({copy(found.node.test)}) else ({copy(found.node.body)})"
    return context.replace(found, ast.unparse(ast.parse(text, mode="eval")))
