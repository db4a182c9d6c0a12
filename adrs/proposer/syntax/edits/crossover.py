"""Recombination: take a body, some changed lines, a statement or an expression from a second program."""

from __future__ import annotations

import ast
import difflib

from adrs.proposer.syntax.edits.common import (
    Change,
    Context,
    before,
    init_end,
    insertable,
    short,
    typed,
    where_of,
)
from adrs.proposer.syntax.index import Function, Index
from adrs.proposer.syntax.kinds import fits
from adrs.proposer.syntax.source import Splice


def _donor(context: Context) -> Index | None:
    others = [d for d in context.donors if d.source.text != context.index.source.text]
    return context.rng.choice(others) if others else None


def recombine_lines(context: Context) -> Change | None:
    """Take some of the lines in which the second program differs."""
    donor = _donor(context)
    if donor is None:
        return None
    mine, theirs = context.index.source, donor.source
    matcher = difflib.SequenceMatcher(None, mine.lines, theirs.lines, autojunk=False)
    hunks = [h for h in matcher.get_opcodes() if h[0] != "equal"]
    splices = []
    for _, first, last, from_first, from_last in hunks:
        start, end = mine.line_start(first + 1), mine.line_start(last + 1)
        if not context.index.editable(start, min(end, len(mine.text))) or context.rng.random() < 0.5:
            continue
        lines = "".join(line + "\n" for line in theirs.lines[from_first:from_last])
        splices.append(Splice(start, min(end, len(mine.text)), lines))
    if not splices or len(splices) == len(hunks):
        return None
    return Change(tuple(splices), f"{len(splices)} of {len(hunks)} differences taken from another program")


def recombine_function(context: Context) -> Change | None:
    """Take a function's body, and the attributes that it needs."""
    donor = _donor(context)
    if donor is None:
        return None
    pairs = [
        (mine, theirs)
        for mine in context.index.functions
        if (theirs := donor.function(mine.name)) is not None
        and ast.dump(mine.node) != ast.dump(theirs.node)
        and mine.signature.names == theirs.signature.names
    ]
    if not pairs:
        return None
    mine, theirs = context.rng.choice(pairs)
    first, last = mine.node.body[0], mine.node.body[-1]
    start = context.index.source.line_start(first.lineno)
    end = context.index.source.line_end(last.end_lineno or 1)
    indent = context.index.source.indent(first)
    other = theirs.node.body
    if indent is None or donor.source.indent(other[0]) is None or not context.index.editable(start, end):
        return None
    body = donor.source.block(other[0], other[-1], indent)
    more = [] if mine.node.name == "__init__" else _attributes(context.index, donor, mine, theirs)
    if more is None:
        return None
    return Change((Splice(start, end, body), *more), f"body of {mine.name}() taken from another program")


def _attributes(index: Index, donor: Index, mine: Function, theirs: Function) -> list[Splice] | None:
    """Return what `__init__` must set for a body from elsewhere."""
    if mine.owner is None or theirs.owner is None:
        return []
    known = index.vocabulary.fields.get(mine.owner.name, {})
    init, other = index.initialiser(mine.owner), donor.initialiser(theirs.owner)
    used = {n.attr for n in ast.walk(theirs.node) if _of_self(n) and isinstance(n, ast.Attribute)}
    missing = used - known.keys() - {f.node.name for f in index.functions if f.owner is mine.owner}
    if not missing:
        return []
    spot = init_end(index, init) if init is not None else None
    if spot is None or other is None:
        return None
    lines = []
    for statement in other.node.body:
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        if any(isinstance(t, ast.Attribute) and _of_self(t) and t.attr in missing for t in targets):
            lines.append(donor.source.block(statement, statement, spot[1]))
    return [Splice(spot[0], spot[0], "".join(lines))]


def _of_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def recombine_statement(context: Context) -> Change | None:
    """Take a statement whose names exist here."""
    donor = _donor(context)
    if donor is None:
        return None
    found = context.statement(insertable)
    if found is None:
        return None
    here = {ast.dump(s.node) for s in context.index.statements}
    names = found.scope.names.keys() | context.index.module_names
    others = [
        s
        for s in donor.statements
        if s.indent is not None
        and s.scope.function.name == found.scope.function.name
        and ast.dump(s.node) not in here
        and {n.id for n in ast.walk(s.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        <= names
    ]
    if not others:
        return None
    other = context.rng.choice(others)
    text = donor.source.block(other.node, other.node, found.indent or "")
    spot = before(context.index, found, [])
    end = (
        context.index.source.line_end(found.node.end_lineno or 1) if context.rng.random() < 0.4 else spot.end
    )
    note = f"statement taken from another program{where_of(found.scope)}: {short(text)}"
    return Change((Splice(spot.start, end, text),), note)


def recombine_expression(context: Context) -> Change | None:
    """Take an expression of the same kind whose names exist here."""
    donor = _donor(context)
    if donor is None:
        return None
    found = context.expression(typed)
    if found is None:
        return None
    names = found.scope.names.keys() | context.index.module_names
    mine = {context.index.source.copy(e.node) for e in context.index.expressions}
    others = [
        text
        for e in donor.expressions
        if fits(found.kind, e.kind)
        and {n.id for n in ast.walk(e.node) if isinstance(n, ast.Name)} <= names
        and (text := donor.source.copy(e.node)) not in mine
    ]
    return context.replace(found, context.rng.choice(others)) if others else None
