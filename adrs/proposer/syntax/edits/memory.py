"""A policy that remembers: a number on `self`, brought up to date at every step and used in a condition."""

from __future__ import annotations

import ast

from adrs.proposer.syntax.edits.common import Change, Context, before, init_end, insertable, short, supply
from adrs.proposer.syntax.edits.statements import returned
from adrs.proposer.syntax.generate import Generator
from adrs.proposer.syntax.index import Function, Stmt
from adrs.proposer.syntax.kinds import FLOAT, Kind
from adrs.proposer.syntax.scales import fresh, number_text
from adrs.proposer.syntax.source import Splice


def add_memory(context: Context) -> Change | None:
    """Introduce a counter, a running average or the last value on `self`, and a condition that uses it."""
    methods = [
        f
        for f in context.index.functions
        if f.owner is not None and not f.node.name.startswith("_") and f.signature.names
    ]
    if not methods:
        return None
    method = context.rng.choice(methods)
    init = context.index.initialiser(method.owner)
    spot = init_end(context.index, init) if init is not None else None
    places = [s for s in context.index.statements if s.scope.function is method and insertable(s)]
    first = next((s for s in places if s.block is method.node.body), None)
    if spot is None or first is None:
        return None
    generator = context.generator(first.scope)
    name = _fresh_name(context, method)
    made = _update(context, generator, name)
    if made is None:
        return None
    update, start, kind = made
    used = _use(context, places, first, name, kind)
    if used is None:
        return None
    use, needs = used
    more = supply(context.index, generator.needs | needs)
    if more is None:
        return None
    kept = Splice(spot[0], spot[0], f"{spot[1]}self.{name} = {start}\n")
    splices = (*more, kept, before(context.index, first, [update]), use)
    return Change(splices, f"memory added in {method.node.name}(): {short(update)}; {short(use.text)}")


def _fresh_name(context: Context, method: Function) -> str:
    known = context.index.vocabulary.fields.get(method.owner.name if method.owner else "", {})
    return next(name for n in range(1000) if (name := f"m{n}") not in known)


def _update(context: Context, generator: Generator, name: str) -> tuple[str, str, Kind] | None:
    """Return the statement that brings the number up to date, its first value and its kind."""
    form = context.rng.choice(("count", "streak", "average", "average", "share", "last"))
    if form in ("count", "streak", "share"):
        test = generator.condition(1)
        if test is None:
            return None
        if form == "count":
            return f"self.{name} += 1 if {test} else 0", "0", Kind("int")
        if form == "streak":
            return f"self.{name} = self.{name} + 1 if {test} else 0", "0", Kind("int")
        rate = number_text(context.rng.choice((0.01, 0.02, 0.05, 0.1, 0.2, 0.5)), whole=False)
        return f"self.{name} += {rate} * ((1.0 if {test} else 0.0) - self.{name})", "0.5", FLOAT
    numeric = [a for a in generator.atoms if a.kind.name == "float"]
    kind = context.rng.choice(numeric).kind if numeric else FLOAT
    value = generator.of(kind, 1)
    if value is None:
        return None
    if form == "last":
        return f"self.{name} = {value}", fresh(context.rng, context.index, kind), kind
    rate = number_text(context.rng.choice((0.01, 0.02, 0.05, 0.1, 0.2, 0.5)), whole=False)
    return f"self.{name} += {rate} * ({value} - self.{name})", fresh(context.rng, context.index, kind), kind


def _use(
    context: Context, places: list[Stmt], first: Stmt, name: str, kind: Kind
) -> tuple[Splice, frozenset[tuple[str, str]]] | None:
    """Return a splice that makes a decision depend on the number."""
    place = context.rng.choice(places)
    generator = context.generator(place.scope)
    limit = generator.of(kind, 0) if kind.name == "float" and context.rng.random() < 0.5 else None
    limit = limit or fresh(context.rng, context.index, kind)
    test = f"self.{name} {context.rng.choice('<>')} {limit}"
    conditions = [
        e
        for e in context.index.expressions
        if e.condition and e.scope.function is place.scope.function and not isinstance(e.node, ast.Constant)
    ]
    if conditions and context.rng.random() < 0.5:
        chosen = context.rng.choice(conditions)
        old = context.index.source.copy(chosen.node)
        text = ast.unparse(ast.parse(f"({old}) {context.rng.choice(('and', 'or'))} ({test})", mode="eval"))
        change = context.replace(chosen, text)
        return (change.splices[0], frozenset(generator.needs)) if change else None
    value = returned(context, place, generator)
    if value is None:
        return None
    start = context.index.source.line_start(place.node.lineno)
    if place.node is first.node:  # the update must come first, at the same position
        return None
    lines = f"{place.indent}if {test}:\n{place.indent}    return {value}".rstrip() + "\n"
    return Splice(start, start, lines), frozenset(generator.needs)
