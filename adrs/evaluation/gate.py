"""The static gate: what can be told about a program without running it, in a few milliseconds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from adrs.evaluation.faults import one_line
from adrs.model.evaluation import Failure, FailureKind
from adrs.model.problem import ALWAYS_IMPORTABLE, Problem
from adrs.model.program import Program
from adrs.sandbox.limited import LimitedFailure, LimitedPool

_TIMEOUT_S = 5.0
_REMEMBERED = 4096


@dataclass(frozen=True)
class GateVerdict:
    """What the gate says of a program."""

    failure: Failure | None
    """`syntax` or `forbidden`, with the line; None where it may run."""
    normal_form: str = ""
    """A digest that formatting, comments and docstrings do not change."""


class Gate:
    """Looks at programs in a limited helper; a verdict is remembered by digest."""

    def __init__(self, problem: Problem, limited: LimitedPool) -> None:
        """Keep what programs of this problem must define and may import."""
        self._problem = problem
        self._limited = limited
        self._known: OrderedDict[str, GateVerdict] = OrderedDict()

    async def __call__(self, program: Program) -> GateVerdict:
        """Return the verdict on a program."""
        verdict = self._known.get(program.digest)
        if verdict is None:
            verdict = self._known[program.digest] = await self._look(program)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return verdict

    async def _look(self, program: Program) -> GateVerdict:
        arguments = {
            "files": dict(program.files),
            "entry_file": self._problem.entry_file,
            "entry_name": self._problem.entry_name,
            "imports": [*ALWAYS_IMPORTABLE, *self._problem.spec.limits.imports],
        }
        try:
            found = await self._limited.call(
                "adrs.evaluation.gate_check:check", arguments, timeout_s=_TIMEOUT_S
            )
        except LimitedFailure as failure:
            if failure.kind == "exception":
                raise
            return GateVerdict(Failure(FailureKind.SYNTAX, f"it cannot be parsed: {failure.reason}"))
        if found["kind"] is None:
            return GateVerdict(None, found["normal_form"])
        return GateVerdict(Failure(FailureKind(found["kind"]), one_line(found["reason"])))
