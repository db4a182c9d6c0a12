"""Edits of comparisons and conditions."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.edits.common import Change, Context
from adrs.proposer.syntax.index import Expr
from adrs.proposer.syntax.source import fitted

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def swap_comparison(context: Context) -> Change | None:
    """Turn `<` into `>` or `<=`, `==` into `!=`, and so on."""
    found = context.expression(
        lambda e: (
            isinstance(e.node, ast.Compare) and len(e.node.ops) == 1 and type(e.node.ops[0]) in _OPERATORS
        )
    )
    if found is None or not isinstance(found.node, ast.Compare):
        return None
    now = _OPERATORS[type(found.node.ops[0])]
    if now in ("==", "!="):
        new = "!=" if now == "==" else "=="
    else:
        # Between real numbers `<` and `<=` are mostly the same.
        turned = [op for op in ("<", "<=", ">", ">=") if op[0] != now[0]]
        close = now[0] if now[1:] else f"{now}="
        new = close if context.rng.random() < 0.15 else context.rng.choice(turned)
    copy = context.index.source.copy
    return context.replace(
        found, f"{_side(copy(found.node.left))} {new} {_side(copy(found.node.comparators[0]))}"
    )


def _side(text: str) -> str:
    return fitted(text, ast.parse("a < b", mode="eval").body)


def _is_condition(found: Expr) -> bool:
    return found.condition and not isinstance(found.node, ast.Constant)


def negate_condition(context: Context) -> Change | None:
    """Turn a condition into its opposite."""
    found = context.expression(_is_condition)
    if found is None:
        return None
    old = context.index.source.copy(found.node)
    if isinstance(found.node, ast.UnaryOp) and isinstance(found.node.op, ast.Not):
        return context.replace(found, context.index.source.copy(found.node.operand))
    return context.replace(found, ast.unparse(ast.parse(f"not ({old})", mode="eval")))


def strengthen_condition(context: Context) -> Change | None:
    """Add `and` or `or` with another condition."""
    found = context.expression(_is_condition)
    if found is None:
        return None
    generator = context.generator(found.scope)
    other = generator.condition(1)
    old = context.index.source.copy(found.node)
    if other is None or other in old:
        return None
    text = f"({old}) {context.rng.choice(('and', 'or'))} ({other})"
    return context.replace(found, ast.unparse(ast.parse(text, mode="eval")), generator.needs)


def weaken_condition(context: Context) -> Change | None:
    """Drop one part of an `and` or `or`, or swap the two words."""
    found = context.expression(lambda e: isinstance(e.node, ast.BoolOp))
    if found is None or not isinstance(found.node, ast.BoolOp):
        return None
    values = [context.index.source.copy(value) for value in found.node.values]
    word = "and" if isinstance(found.node.op, ast.And) else "or"
    if context.rng.random() < 0.3:
        word = "or" if word == "and" else "and"
    else:
        values.pop(context.rng.randrange(len(values)))
    text = f" {word} ".join(f"({value})" for value in values)
    return context.replace(found, ast.unparse(ast.parse(text, mode="eval")))


def replace_condition(context: Context) -> Change | None:
    """Write another condition in the place of one."""
    found = context.expression(_is_condition)
    if found is None:
        return None
    generator = context.generator(found.scope)
    text = generator.condition(2)
    return context.replace(found, text, generator.needs) if text else None
