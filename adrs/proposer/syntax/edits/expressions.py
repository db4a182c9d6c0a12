"""Edits of typed expressions: another one, another name, a part instead of the whole, a new order."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.atoms import GIVEN, atoms
from adrs.proposer.syntax.edits.common import Change, Context, typed
from adrs.proposer.syntax.index import Expr
from adrs.proposer.syntax.kinds import BOOL, INDEX, Kind, fits


def replace_expression(context: Context) -> Change | None:
    """Write a new expression of the same kind in the place of one."""
    handed = context.index.vocabulary.init.keys()
    found = context.expression(lambda e: typed(e) and e.kind.name != "str" and not e.condition)
    if found is None:
        return None
    generator = context.generator(found.scope)
    if found.kind.name in handed and not generator.is_answer(found.kind):
        return None
    text = generator.of(_expected(found), 2)
    return context.replace(found, text, generator.needs) if text else None


def _expected(found: Expr) -> Kind:
    """Return what may stand there: what a function must return says more than what it does return."""
    declared = found.scope.function.returns
    if isinstance(found.parent, ast.Return) and declared.name != "any":
        return declared if not declared.numeric or not found.kind.unit else found.kind
    return found.kind


def replace_name(context: Context) -> Change | None:
    """Put another name or path of the same kind in the place of one."""
    found = context.expression(
        lambda e: typed(e) and e.kind != GIVEN and isinstance(e.node, ast.Name | ast.Attribute)
    )
    if found is None:
        return None
    here = context.index.source.copy(found.node)
    others = [
        a for a in atoms(context.index, found.scope).plain if fits(found.kind, a.kind) and a.text != here
    ]
    if not others:
        return None
    other = context.rng.choice(others)
    return context.replace(found, other.text, other.needs)


def replace_element(context: Context) -> Change | None:
    """Look at another position of a sequence."""
    found = context.expression(lambda e: isinstance(e.parent, ast.Subscript) and e.node is e.parent.slice)
    if found is None or found.kind.name not in ("int", "any"):
        return None
    generator = context.generator(found.scope)
    text = generator.of(INDEX, 1)
    return context.replace(found, text, generator.needs) if text else None


def hoist(context: Context) -> Change | None:
    """Put a part of an expression in the place of the whole."""
    found = context.expression(
        lambda e: (
            typed(e)
            and not isinstance(e.node, ast.Name | ast.Constant | ast.Attribute)
            and not (isinstance(e.node, ast.Call) and getattr(e.node.func, "id", "") in ("list", "tuple"))
        )
    )
    if found is None:
        return None
    bound = {id(n) for n in ast.walk(found.node) if isinstance(n, ast.comprehension | ast.Lambda)}
    inside = [
        other
        for other in context.index.expressions
        if found.start <= other.start and other.end <= found.end and other.node is not found.node
        if fits(found.kind, other.kind) and (not bound or other.scope is found.scope)
    ]
    if not inside:
        return None
    return context.replace(found, context.index.source.copy(context.rng.choice(inside).node))


_REPEATING = (ast.Lambda, ast.comprehension)


def swap_expressions(context: Context) -> Change | None:
    """Let an expression of the same function that has the same kind stand here too."""
    found = context.expression(lambda e: typed(e) and not e.condition)
    if found is None:
        return None
    names = found.scope.names
    others = [
        other
        for other in context.index.expressions
        if other.scope.function is found.scope.function
        and fits(found.kind, other.kind)
        and (other.start >= found.end or other.end <= found.start)
        and other.scope.names.keys() <= names.keys()
        and not (found.scope.repeated and any(isinstance(n, _REPEATING) for n in ast.walk(other.node)))
    ]
    return (
        context.replace(found, context.index.source.copy(context.rng.choice(others).node)) if others else None
    )


def change_key(context: Context) -> Change | None:
    """Change what min, max or sorted goes by, or what a comprehension keeps."""
    found = context.expression(lambda e: isinstance(e.parent, ast.Lambda | ast.comprehension))
    if found is None:
        return None
    generator = context.generator(found.scope)
    if isinstance(found.parent, ast.Lambda):
        generator.positions += [
            a.arg for a in found.parent.args.args if found.scope.names.get(a.arg) == INDEX
        ]
        text = (generator.key(1) if generator.positions else None) or generator.of(found.kind, 2)
        if text is not None and context.rng.random() < 0.5 and found.kind.name != "tuple":
            old = context.index.source.copy(found.node)
            text = (
                f"({old}, {text})"
                if context.rng.random() < 0.4
                else f"{old} {context.rng.choice('+-')} ({text})"
            )
        return context.replace(found, text, generator.needs) if text else None
    if not found.condition:
        return order_loop(context)
    generator.positions += _loop_variables(found.parent)
    text = generator.test_of_position(1)
    return context.replace(found, text, generator.needs) if text else None


def _loop_variables(node: ast.AST) -> list[str]:
    target = getattr(node, "target", None)
    return [target.id] if isinstance(target, ast.Name) else []


def order_loop(context: Context) -> Change | None:
    """Go through positions in another order: `range(n)` becomes `sorted(range(n), key=...)`."""
    found = context.expression(
        lambda e: (
            isinstance(e.parent, ast.For | ast.comprehension) and e.kind.element == INDEX and not e.condition
        )
    )
    if found is None:
        return None
    generator = context.generator(found.scope)
    variable = (_loop_variables(found.parent) or ["z"])[0]
    if variable in found.scope.names:
        return None
    generator.positions.append(variable)
    key = generator.sort_key(1)
    if key is None:
        return None
    old = context.index.source.copy(found.node)
    if (
        isinstance(found.node, ast.Call)
        and getattr(found.node.func, "id", "") == "sorted"
        and found.node.args
    ):
        old = context.index.source.copy(found.node.args[0])
    return context.replace(found, f"sorted({old}, key=lambda {variable}: {key})", generator.needs)


def filter_loop(context: Context) -> Change | None:
    """Leave positions out of a loop: `range(n)` becomes `[z for z in range(n) if ...]`."""
    found = context.expression(
        lambda e: (
            isinstance(e.parent, ast.For | ast.comprehension) and e.kind.element == INDEX and not e.condition
        )
    )
    if found is None:
        return None
    generator = context.generator(found.scope)
    variable = (_loop_variables(found.parent) or ["z"])[0]
    if variable in found.scope.names:
        return None
    generator.positions.append(variable)
    test = generator.test_of_position(1) or generator.of(BOOL, 1)
    if test is None:
        return None
    old = context.index.source.copy(found.node)
    return context.replace(found, f"[{variable} for {variable} in {old} if {test}]", generator.needs)


def best_instead_of_first(context: Context) -> Change | None:
    """Turn `next((z for z in range(n) if ok), x)` into `min((z for ...), key=..., default=x)`."""
    found = context.expression(
        lambda e: (
            isinstance(e.node, ast.Call)
            and getattr(e.node.func, "id", "") == "next"
            and bool(e.node.args)
            and isinstance(e.node.args[0], ast.GeneratorExp)
            and e.kind.required() == INDEX
        )
    )
    if found is None or not isinstance(found.node, ast.Call):
        return None
    generator = context.generator(found.scope)
    variable = "z" if "z" not in found.scope.names else "position"
    generator.positions.append(variable)
    key = generator.key(1)
    if key is None:
        return None
    inner = context.index.source.copy(found.node.args[0])
    inner = inner if inner.startswith("(") else f"({inner})"
    default = f", default={context.index.source.copy(found.node.args[1])}" if len(found.node.args) > 1 else ""
    text = f"{context.rng.choice(('min', 'min', 'max'))}({inner}, key=lambda {variable}: {key}{default})"
    return context.replace(found, text, generator.needs)
