"""Edits of numbers and of what they are compared with."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.edits.common import Change, Context, typed
from adrs.proposer.syntax.kinds import Kind
from adrs.proposer.syntax.scales import LARGEST, fresh, near, number_text


def perturb_number(context: Context) -> Change | None:
    """Move a number: by a factor, a step, or to another scale."""
    found = context.number()
    if found is None or not isinstance(found.node, ast.Constant):
        return None
    if not isinstance(found.node.value, int | float) or abs(found.node.value) > LARGEST:
        return None
    whole = isinstance(found.node.value, int) and (abs(found.node.value) < 1000 or context.rng.random() < 0.8)
    if found.node.value == 0 and not whole:
        return context.replace(found, fresh(context.rng, context.index, found.kind))
    text = number_text(near(context.rng, float(found.node.value), whole=whole), whole=whole)
    return context.replace(found, text)


def move_threshold(context: Context) -> Change | None:
    """Scale or shift one side of a comparison."""
    found = context.expression(
        lambda e: (
            isinstance(e.parent, ast.Compare)
            and e.kind.numeric
            and e.kind.unit not in ("index", "choice")
            and not isinstance(e.node, ast.Constant)
        )
    )
    if found is None:
        return None
    old = context.index.source.copy(found.node)
    zero = isinstance(found.parent, ast.Compare) and any(
        isinstance(side, ast.Constant) and side.value == 0
        for side in (found.parent.left, *found.parent.comparators)
    )
    if context.rng.random() < 0.5 and found.kind.name == "float" and not zero:
        factor = number_text(context.rng.lognormvariate(0, 0.5), whole=False)
        return context.replace(found, f"{factor} * ({old})" if _compound(found.node) else f"{factor} * {old}")
    shift = fresh(context.rng, context.index, found.kind)
    return context.replace(
        found, f"{old} {context.rng.choice('+-')} {shift}" if _additive(found.node) else old
    )


def _compound(node: ast.expr) -> bool:
    return not isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)


def _additive(node: ast.expr) -> bool:
    return not isinstance(node, ast.IfExp | ast.Lambda | ast.BoolOp | ast.Compare)


def wrap_number(context: Context) -> Change | None:
    """Put a number's expression into min, max, a factor, a sum or a choice."""
    found = context.expression(
        lambda e: typed(e) and e.kind.numeric and e.kind.unit not in ("index", "choice")
    )
    if found is None:
        return None
    generator = context.generator(found.scope)
    old = context.index.source.copy(found.node)
    form = context.rng.choice(
        ("{f}(({0}), {1})", "{f}(({0}), {1})", "({0}) + ({1})", "({0}) - ({1})", "k", "c")
    )
    if form == "k":
        if found.kind.name == "int":
            return None
        text = f"{fresh(context.rng, context.index, Kind('float'))} * ({old})"
    elif form == "c":
        test, other = generator.condition(1), generator.of(found.kind, 1)
        if test is None or other is None:
            return None
        text = f"({old}) if ({test}) else ({other})"
    else:
        other = generator.of(found.kind, 1)
        if other is None or other == old:
            return None
        text = form.format(old, other, f=context.rng.choice(("min", "max")))
    text = ast.unparse(ast.parse(text, mode="eval"))
    return context.replace(found, text, generator.needs)
