"""What a test, an assignment or a class body says about names."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.index import Scope
from adrs.proposer.syntax.kinds import ANY, Kind

Names = dict[str, Kind]


def narrow(test: ast.expr, scope: Scope, truth: bool) -> Scope:
    """Return the scope in which a test came out as `truth`: what is not None loses its None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return narrow(test.operand, scope, not truth)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is truth:
        for value in test.values:
            scope = narrow(value, scope, truth)
        return scope
    name: str | None = None
    if isinstance(test, ast.Name) and truth:
        name = test.id
    elif isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and len(test.ops) == 1:
        is_none = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
        if is_none and isinstance(test.ops[0], ast.IsNot if truth else ast.Is):
            name = test.left.id
    if name is None or not scope.names.get(name, ANY).optional:
        return scope
    return bound(scope, {name: scope.names[name].required()})


def bound(scope: Scope, names: Names) -> Scope:
    """Return the scope with more names bound."""
    return Scope(scope.function, scope.names | names, scope.in_loop, scope.repeated) if names else scope


def load(target: ast.expr) -> ast.expr:
    """Return what reads the target of an assignment."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    return target


def docstring(node: ast.stmt) -> bool:
    """Whether a statement is nothing but text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def class_level(node: ast.ClassDef) -> list[str]:
    """Return the names that a class binds in its body."""
    names = []
    for item in node.body:
        targets = item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)]
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


def self_attributes(target: ast.expr) -> list[str]:
    """Return the attributes of `self` that an assignment sets."""
    parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return [
        part.attr
        for part in parts
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self"
    ]
