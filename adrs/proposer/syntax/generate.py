"""Typed expressions at random: comparisons, arithmetic that minds units, positions, helper calls."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence

from adrs.proposer.syntax.atoms import Atom, Need, Series, atoms, available
from adrs.proposer.syntax.index import Index, Scope
from adrs.proposer.syntax.kinds import ANY, BOOL, INDEX, NONE, Kind, fits
from adrs.proposer.syntax.scales import fresh
from adrs.proposer.syntax.vocabulary import Signature

Maker = Callable[[Kind, int], str | None]
_VARIABLES = ("z", "i", "k", "j", "q")


class Generator:
    """Writes expressions for one place. `needs` collects what the place lacks for them."""

    def __init__(self, rng: random.Random, index: Index, scope: Scope) -> None:
        """Look at what there is."""
        self.rng = rng
        self.index = index
        self.scope = scope
        self.words = index.vocabulary
        found = atoms(index, scope)
        self.atoms: Sequence[Atom] = found.plain
        self.series: Sequence[Series] = found.series
        self.positions: list[str] = []
        """Variables of the lambdas and comprehensions that are being written."""
        self.needs: set[Need] = set()
        self._makers: dict[str, tuple[tuple[Maker, int], ...]] = {
            "number": (
                (self._atom, 8),
                (self._constant, 3),
                (self._scaled, 3),
                (self._sum, 3),
                (self._call, 4),
                (self._element, 5),
                (self._reduction, 2),
                (self._ratio, 3),
                (self._bounded, 1),
                (self._either, 1),
            ),
            "bool": (
                (self._comparison, 10),
                (self._truth, 4),
                (self._call, 2),
                (self._element, 3),
                (self._joined, 2),
                (self._some, 1),
                (self._same_choice, 2),
                (self._is_none, 1),
            ),
            "index": ((self._atom, 6), (self._best, 5), (self._first, 2), (self._call, 3), (self._either, 1)),
            "list": ((self._atom, 3), (self._ordered, 3), (self._call, 2)),
            "class": ((self._atom, 3), (self._built, 5), (self._call, 2), (self._either, 1)),
        }

    def of(self, kind: Kind, depth: int = 2) -> str | None:
        """Return an expression of a kind, or None where none was found."""
        text = self._draw(kind, depth)
        if text is None:
            return None
        return ast.unparse(ast.parse(text, mode="eval"))  # drops parentheses that are not needed

    def condition(self, depth: int = 2) -> str | None:
        """Return an expression that is true or false, and depends on something."""
        return self.of(BOOL, depth)

    def _draw(self, kind: Kind, depth: int) -> str | None:
        if kind == NONE:
            return "None"
        if kind.optional and self.rng.random() < 0.2:
            return "None"
        kind = kind.required()
        if kind.name == "tuple":
            parts = [self._draw(part, depth - 1) for part in kind.parts]
            return f"({', '.join(p for p in parts if p)},)" if all(parts) and parts else None
        makers = self._makers.get(self._family(kind))
        if makers is None:
            return self._atom(kind, depth)
        for _ in range(6):
            maker = self.rng.choices([m for m, _ in makers], [weight for _, weight in makers])[0]
            text = maker(kind, depth)
            if text is not None:
                return text
        return None

    @staticmethod
    def _family(kind: Kind) -> str:
        if kind.unit == "index":
            return "index"
        if kind.numeric:
            return "number" if kind.unit != "choice" else "class"
        return kind.name if kind.name in ("bool", "list") else "class"

    def _take(self, items: Sequence[Atom]) -> str | None:
        if not items:
            return None
        atom = self.rng.choice(items)
        self.needs.update(atom.needs)
        return atom.text

    # Numbers

    def _atom(self, kind: Kind, depth: int) -> str | None:
        if kind.unit == "index" and self.positions and self.rng.random() < 0.7:
            return self.rng.choice(self.positions)
        return self._take([a for a in self.atoms if fits(kind, a.kind)])

    def _constant(self, kind: Kind, depth: int) -> str | None:
        return fresh(self.rng, self.index, kind)

    def _scaled(self, kind: Kind, depth: int) -> str | None:
        inner = self._atom(kind, 0) or self._element(kind, 0)
        factor = fresh(self.rng, self.index, Kind("float"))
        return f"{factor} * ({inner})" if inner and kind.name == "float" else None

    def _sum(self, kind: Kind, depth: int) -> str | None:
        if depth <= 0:
            return None
        left = self._atom(kind, 0) or self._call(kind, depth - 1)
        right = self._draw(kind, depth - 1)
        return f"({left}) {self.rng.choice('+-')} ({right})" if left and right else None

    def _ratio(self, kind: Kind, depth: int) -> str | None:
        """Divide two of the same unit; the divisor is kept away from nought."""
        if kind.unit or kind.name != "float" or depth <= 0:
            return None
        units = [
            a.kind.unit for a in self.atoms if a.kind.numeric and a.kind.unit not in ("", "index", "choice")
        ]
        if not units:
            return None
        part = Kind("float", self.rng.choice(units))
        top, bottom = self._draw(part, depth - 1), self._atom(part, 0)
        return f"({top}) / max(({bottom}), 1e-09)" if top and bottom else None

    def _bounded(self, kind: Kind, depth: int) -> str | None:
        if depth <= 0:
            return None
        left, right = self._draw(kind, depth - 1), self._draw(kind, depth - 1)
        return f"{self.rng.choice(('min', 'max'))}({left}, {right})" if left and right else None

    def _either(self, kind: Kind, depth: int) -> str | None:
        if depth <= 0:
            return None
        parts = self._draw(kind, depth - 1), self._draw(BOOL, depth - 1), self._draw(kind, depth - 1)
        pointless = not all(parts) or parts[0] == parts[2]
        return None if pointless else "(({}) if ({}) else ({}))".format(*parts)

    def _element(self, kind: Kind, depth: int) -> str | None:
        series = [s for s in self.series if fits(kind, s.kind)]
        if not series:
            return None
        chosen = self.rng.choice(series)
        known = [*self.positions, *(a.text for a in self.atoms if a.kind == INDEX)]
        position = self.rng.choice(known) if known else self._best(INDEX, depth - 1) if depth > 0 else None
        if position is None:
            return None
        self.needs.update(chosen.needs)
        return chosen.template.format(position)

    def _reduction(self, kind: Kind, depth: int) -> str | None:
        lists = [a for a in self.atoms if a.kind.name == "list" and fits(kind, a.kind.element)]
        text = self._take(lists)
        if text is None:
            return None
        form = self.rng.choice(("min({0})", "max({0})", "sum({0}) / max(len({0}), 1)"))
        return f"({form.format(text)})" if kind.name == "float" or "/" not in form else None

    def _call(self, kind: Kind, depth: int) -> str | None:
        """Call a helper of the interface or of the module, never one that could call back."""
        here = self.scope.function
        calls: list[tuple[str, Signature, tuple[Need, ...]]] = []
        for name, signature in self.words.functions.items():
            needs = available(self.index, name)
            local = name not in self.index.importable
            if needs is not None and fits(kind, signature.returns) and not (local and here.owner is None):
                calls.append((name, signature, needs))
        for atom in self.atoms:
            for name, signature in self.words.methods.get(atom.kind.name, {}).items():
                if fits(kind, signature.returns) and not atom.kind.optional:
                    calls.append((f"{atom.text}.{name}", signature, atom.needs))
        if not calls:
            return None
        name, signature, needs = self.rng.choice(calls)
        arguments = [self._argument(part, depth) for part in signature.kinds[: signature.required]]
        if any(argument is None for argument in arguments):
            return None
        self.needs.update(needs)
        return f"{name}({', '.join(a for a in arguments if a)})"

    def _argument(self, kind: Kind, depth: int) -> str | None:
        if kind == ANY:
            return None
        if kind.name == "float" and not kind.unit and self.rng.random() < 0.5:
            # A parameter whose name has no unit may well take one that has.
            return self._take([a for a in self.atoms if a.kind.name == "float" and not a.kind.optional])
        return self._atom(kind, 0) or (self._draw(kind, depth - 1) if depth > 0 else None)

    # Conditions

    def _comparison(self, kind: Kind, depth: int) -> str | None:
        side = self._comparable()
        if side is None:
            return None
        if side.unit == "index":
            left, right = self._atom(side, 0), self._draw(side, depth - 1)
            same = left is None or right is None or left == right
            return None if same else f"({left}) {self.rng.choice(('==', '!='))} ({right})"
        left = self._varying(side, depth - 1)
        right = self._draw(side, depth - 1)
        if left is None or right is None or left == right:
            return None
        return f"({left}) {self.rng.choice(('<', '>', '<', '>', '<=', '>='))} ({right})"

    def _comparable(self) -> Kind | None:
        """Return a kind of which there is something, each unit as likely as there are things of it."""
        have = [a.kind for a in self.atoms if a.kind.numeric and a.kind.unit != "choice"]
        have += [s.kind for s in self.series if s.kind.numeric for _ in range(1 + bool(self.positions))]
        have += [f.returns for f in self.words.functions.values() if f.returns.numeric]
        return self.rng.choice(have) if have else None

    def _changing(self, kind: Kind, depth: int) -> str | None:
        return self._take([a for a in self.atoms if fits(kind, a.kind) and not a.fixed])

    def _varying(self, kind: Kind, depth: int) -> str | None:
        """Return a number that is not always the same."""
        for _ in range(4):
            maker = self.rng.choice(
                (self._changing, self._changing, self._call, self._call, self._element, self._sum)
            )
            text = maker(kind, depth)
            if text is not None:
                return text
        return None

    def _truth(self, kind: Kind, depth: int) -> str | None:
        text = self._take([a for a in self.atoms if a.kind == BOOL])
        return text if text is None or self.rng.random() < 0.6 else f"not {text}"

    def _joined(self, kind: Kind, depth: int) -> str | None:
        if depth <= 0:
            return None
        left, right = self._draw(BOOL, depth - 1), self._draw(BOOL, depth - 1)
        return f"({left}) {self.rng.choice(('and', 'or'))} ({right})" if left and right else None

    def _some(self, kind: Kind, depth: int) -> str | None:
        text = self._take([a for a in self.atoms if a.kind.name == "list" and a.kind.element == BOOL])
        form = self.rng.choice(("any({})", "not any({})", "all({})", "not all({})"))
        return form.format(text) if text else None

    def _same_choice(self, kind: Kind, depth: int) -> str | None:
        variables = [a for a in self.atoms if self._is_choice(a.kind) and not a.text.split(".")[-1].isupper()]
        if not variables:
            return None
        left = self.rng.choice(variables)
        members = [a for a in self.atoms if a.kind == left.kind and a.text.split(".")[-1].isupper()]
        right = self._take(members)
        self.needs.update(left.needs)
        return f"{left.text} {self.rng.choice(('==', '!='))} {right}" if right else None

    def _is_choice(self, kind: Kind) -> bool:
        return kind.unit == "choice" or (kind.name in self.words.enums and not kind.optional)

    def _is_none(self, kind: Kind, depth: int) -> str | None:
        text = self._take([a for a in self.atoms if a.kind.optional])
        return f"{text} {self.rng.choice(('is', 'is not'))} None" if text else None

    # Positions and sequences

    def _variable(self) -> str:
        return next(
            v for v in (*_VARIABLES, "position") if v not in self.scope.names and v not in self.positions
        )

    def _over(self, depth: int, inner: Callable[[], str | None]) -> tuple[str, str, str] | None:
        """Return (variable, what it runs over, an expression in it).

        Never within something that runs over positions already: time would grow with a power of their number.
        """
        if not self.series or self.positions or self.scope.repeated or depth <= 0:
            return None
        chosen = self.rng.choice(self.series)
        self.needs.update(chosen.needs)
        variable = self._variable()
        self.positions.append(variable)
        text = inner()
        self.positions.pop()
        return (variable, f"range(len({chosen.base}))", text) if text else None

    def key(self, depth: int) -> str | None:
        """Return a number that depends on the position being looked at."""
        numbers = [s for s in self.series if s.kind.numeric]
        for _ in range(4):
            text = None
            if numbers and (depth <= 0 or self.rng.random() < 0.5):
                text = self._element(self.rng.choice(numbers).kind, 0)
            elif (kind := self._comparable()) is not None and kind.unit != "index":
                text = self._draw(kind, depth)
            if text is not None and any(
                f"[{p}]" in text or f"({p}" in text or f" {p})" in text for p in self.positions
            ):
                text = f"-({text})" if self.rng.random() < 0.25 else text
                return ast.unparse(ast.parse(text, mode="eval"))
        return None

    def sort_key(self, depth: int) -> str | None:
        """Return what positions are sorted by: a number, at times within two groups."""
        key = self.key(depth)
        test = self.test_of_position(depth) if key is not None and self.rng.random() < 0.25 else None
        return key if test is None else f"({test}, {key})"

    def test_of_position(self, depth: int) -> str | None:
        """Return a condition that depends on the position being looked at."""
        flags = [s for s in self.series if s.kind == BOOL]
        for _ in range(4):
            text = (
                self._element(BOOL, 0) if flags and self.rng.random() < 0.6 else self._comparison(BOOL, depth)
            )
            if text is not None and any(f"[{p}]" in text or f"({p})" in text for p in self.positions):
                return text
        return None

    def _best(self, kind: Kind, depth: int) -> str | None:
        made = self._over(depth, lambda: self.key(min(depth, 1)))
        if made is None:
            return None
        variable, over, key = made
        choose = self.rng.choice(("min", "min", "max"))
        if self.rng.random() < 0.6:
            self.positions.append(variable)
            test = self.test_of_position(0)
            self.positions.pop()
            if test is not None:
                fallback = self._take([a for a in self.atoms if a.kind == INDEX]) or "0"
                some = f"({variable} for {variable} in {over} if {test})"
                return f"{choose}({some}, key=lambda {variable}: {key}, default={fallback})"
        return f"{choose}({over}, key=lambda {variable}: {key})"

    def _first(self, kind: Kind, depth: int) -> str | None:
        made = self._over(depth, lambda: self.test_of_position(depth - 1))
        fallback = self._take([a for a in self.atoms if a.kind == INDEX]) or "0"
        return f"next(({made[0]} for {made[0]} in {made[1]} if {made[2]}), {fallback})" if made else None

    def _ordered(self, kind: Kind, depth: int) -> str | None:
        text = self._take([a for a in self.atoms if fits(kind, a.kind)])
        if text is None or kind.element != INDEX or self.positions or self.scope.repeated:
            return None
        variable = self._variable()
        self.positions.append(variable)
        key = self.sort_key(depth - 1)
        self.positions.pop()
        return f"sorted({text}, key=lambda {variable}: {key})" if key else None

    def _built(self, kind: Kind, depth: int) -> str | None:
        signature = self.words.init.get(kind.name)
        needs = available(self.index, kind.name)
        if kind.parts and not any(f.returns == kind for f in self.words.functions.values()):
            plain = [self._draw(part, depth - 1) for part in kind.parts]
            return f"({', '.join(p for p in plain if p)},)" if all(plain) else None
        if signature is None or needs is None or not self.is_answer(kind):
            return None
        parts = [self._draw(part, depth - 1) for part in signature.kinds[: signature.required]]
        if any(part is None for part in parts):
            return None
        self.needs.update(needs)
        return f"{kind.name}({', '.join(p for p in parts if p)})"

    def is_answer(self, kind: Kind) -> bool:
        """Whether candidates build a class, rather than get it: a function of theirs returns it."""
        answers = {f.returns.name for f in self.index.functions}
        answers |= {part.name for name in answers for part in self.words.fields.get(name, {}).values()}
        return kind.name in answers
