"""What an attack came to: refused, failed, an honest score, or a forged one.

A score is *honest* when it is one that the honest program would have got, or worse:

* a workload that failed counts exactly its `worst`, and that is no better than what honesty costs there;
* a workload that did not fail scores no better than the honest program does on the same workload, where the
  attack answers as that program does (an answer that was changed and is accepted all the same may be a
  luckier one on a workload, so those are held against the aggregate alone);
* no workload is beyond a proven bound;
* a program that fails everywhere does not get on every workload what honesty gets;
* the aggregate over all workloads, failed ones included, is no better than the honest program's.

Anything else is *forged*. The honest program of a generic attack is the initial program that it wraps; of a
problem's own attack it is the one that its header names, and where it names none, the best of the initial
program and all baselines in the aggregate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.source import Bounds
from adrs.model.evaluation import WorkloadResult
from adrs.model.problem import Objective, Problem
from adrs.verify.attacks import Attack


class Ending(StrEnum):
    """How an attack ended."""

    REFUSED = "refused"
    FAILED = "failed"
    HONEST = "honest score"
    NO_BETTER = "no better"
    INEXPRESSIBLE = "not expressible"
    FORGED = "FORGED"
    LEAK = "LEAK"
    SURVIVOR = "SURVIVOR"
    MISJUDGED = "WRONG VERDICT"

    @property
    def sound(self) -> bool:
        """Whether this is how an attack must end."""
        return self not in (Ending.FORGED, Ending.LEAK, Ending.SURVIVOR, Ending.MISJUDGED)


@dataclass(frozen=True)
class Measure:
    """Honest programs on the workloads of an attack, and what may be known of these."""

    honest: Mapping[str, tuple[WorkloadResult, ...]]
    """By name; the initial program is `initial`, the others by their file."""
    bounds: Bounds


@dataclass(frozen=True)
class Verdict:
    """How an attack ended, and why."""

    attack: Attack
    ending: Ending
    reason: str
    kinds: tuple[str, ...] = ()
    """Kinds of the failures, without the gate."""
    gate: str = ""
    """What the static gate said: a kind, or nothing where it let the program pass."""
    value: float | None = None
    """Aggregate of the first objective; None where nothing was run."""
    honest: float | None = None
    """The same of the honest program on the same workloads."""


def judge(
    attack: Attack, problem: Problem, results: Sequence[WorkloadResult], measure: Measure, gate: str = ""
) -> Verdict:
    """Say how an attack ended that was run on the workloads `0 .. len(results) - 1`."""
    reasons = [result.failure.reason for result in results if result.failure is not None]
    kinds = tuple(sorted({r.failure.kind.value for r in results if r.failure is not None}))
    primary = problem.primary
    reference = _reference(attack, problem, results, measure)

    def verdict(ending: Ending, reason: str) -> Verdict:
        return Verdict(
            attack, ending, reason, kinds, gate, _total(primary, results), _total(primary, reference)
        )

    if seen := marked("LEAK", reasons):
        return verdict(Ending.LEAK, seen)
    if forged := _forged(attack, problem, results, reference, measure.bounds):
        return verdict(Ending.FORGED, forged)
    if wrong := _misjudged(attack, problem, results, reference, kinds, gate):
        return verdict(Ending.MISJUDGED, wrong)
    if why := marked("NOT EXPRESSIBLE", reasons):
        return verdict(Ending.INEXPRESSIBLE, why)
    if len(reasons) == len(results):
        return verdict(Ending.FAILED, f"{kinds[0]}: {reasons[0]}")
    if not reasons and _same(problem, results, reference):
        return verdict(Ending.HONEST, "exactly what the honest program gets")
    some = f", {len(reasons)} of {len(results)} failed and count worst" if reasons else ""
    return verdict(Ending.NO_BETTER, f"nowhere better than the honest program{some}")


def marked(mark: str, reasons: Sequence[str]) -> str:
    """Return what an attack reported in the reason of a failure, or nothing."""
    found = (re.match(rf"RuntimeError: {mark}: (.*?)(?: \(\w+\.py, line \d+\))?$", text) for text in reasons)
    return next((one[1] for one in found if one is not None), "")


def _reference(
    attack: Attack, problem: Problem, results: Sequence[WorkloadResult], measure: Measure
) -> Sequence[WorkloadResult]:
    count = len(results)
    if attack.reference in measure.honest:
        return measure.honest[attack.reference][:count]
    if not attack.own:
        return measure.honest["initial"][:count]
    primary = problem.primary
    runs = (run[:count] for run in measure.honest.values())
    return max(runs, key=lambda run: primary.sign * _total(primary, run))


def _forged(
    attack: Attack,
    problem: Problem,
    results: Sequence[WorkloadResult],
    honest: Sequence[WorkloadResult],
    bounds: Bounds,
) -> str:
    pairs = list(zip(results, honest, strict=True))
    by_workload = attack.reference != "" if attack.own else not attack.changes
    for objective in problem.spec.objective:
        name, sign = objective.name, objective.sign
        for at, (result, fair) in enumerate(pairs):
            value, worst = result.values[name], bounds.worst[at][name]
            where = f"workload {result.index}: {name} {value:g}"
            if result.failure is not None and value != worst:
                return f"{where} of a failure is not its worst, {worst:g}"
            if result.failure is not None and sign * (value - fair.values[name]) > 0:
                return f"{where} of a failure is better than an honest {fair.values[name]:g}"
            if by_workload and sign * (value - fair.values[name]) > 0:
                return f"{where} is better than an honest {fair.values[name]:g}"
            bound = bounds.bound[at]
            if bound is not None and name in bound and _beyond(sign, value, bound[name]):
                return f"{where} is beyond the bound, {bound[name]:g}"
        if all(r.failure is not None and f.failure is None and r.values == f.values for r, f in pairs):
            return "a failure costs no more than honesty does, on any workload"
        total, fair_total = _total(objective, results), _total(objective, honest)
        if sign * (total - fair_total) > 0:
            return f"{name} {total:g} over all workloads is better than an honest {fair_total:g}"
    return ""


def _beyond(sign: int, value: float, bound: float) -> bool:
    return sign * (value - bound) > 1e-9 * max(1.0, abs(bound))


def _misjudged(
    attack: Attack,
    problem: Problem,
    results: Sequence[WorkloadResult],
    honest: Sequence[WorkloadResult],
    kinds: tuple[str, ...],
    gate: str,
) -> str:
    """Return how the verdict differs from the one that the header of a problem's own attack names."""
    if not attack.verdict:
        return ""
    if attack.verdict == "forbidden":
        return "" if gate == "forbidden" else "the gate let it pass; its header says forbidden"
    if gate:
        return f"the gate said {gate}; its header says {attack.verdict}"
    if attack.verdict == "ok":
        if kinds:
            return f"it failed ({', '.join(kinds)}); its header says ok"
        if attack.exact and not _same(problem, results, honest):
            return f"it does not score as {attack.reference} does"
        return ""
    if kinds != (attack.verdict,):
        return f"it ended as {', '.join(kinds) or 'ok'}; its header says {attack.verdict}"
    return ""


def _same(problem: Problem, results: Sequence[WorkloadResult], honest: Sequence[WorkloadResult]) -> bool:
    names = [objective.name for objective in problem.spec.objective]
    return all(
        [a.values[name] for name in names] == [b.values[name] for name in names]
        for a, b in zip(results, honest, strict=True)
    )


def _total(objective: Objective, results: Sequence[WorkloadResult]) -> float:
    return aggregate(objective, [result.values[objective.name] for result in results])
