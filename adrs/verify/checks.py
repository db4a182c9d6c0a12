"""Whether a problem is sound: whether its scores mean what they say. Asked before any model is called."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from adrs.errors import EvaluatorBroken
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool, side_by_side
from adrs.evaluation.source import Bounds, RunReport, Source
from adrs.model.evaluation import Split
from adrs.model.problem import Objective, Problem
from adrs.model.program import Program
from adrs.plugins.problems import baseline_program, initial_program
from adrs.sandbox.contract import Guarantee, LaunchSpec, Sandbox, Worker
from adrs.verify import facts, prompts
from adrs.verify.facts import Facts
from adrs.verify.judge import Ending
from adrs.verify.suite import Report, attack_problem, source_of

INITIAL = "initial program"
_BOUNDS = 24
_OTHERS = 16
"""Workloads of each split besides train."""
_QUICK = 24
_MOST_STAGE_S = 60.0
_CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "null candidate": ("nothing", "an_empty_list", "an_empty_tuple", "an_empty_dict"),
    "NaN candidate": ("not_a_number", "nan_numbers", "infinity", "infinite_numbers"),
    "wrong-shape candidate": ("a_text", "twice", "one_item_less", "one_item_more", "booleans_as_ids"),
    "hostile candidate": ("an_object", "a_class", "a_hostile_dict", "hostile_integers", "own_metrics"),
}
_SPIES = ("spy_given", "spy_memory", "spy_keys", "spy_files")


@dataclass(frozen=True)
class Finding:
    """One line of the checklist."""

    name: str
    ok: bool
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What checking a problem found."""

    problem: Problem
    findings: tuple[Finding, ...]
    attacks: Report | None
    """None where the evaluator did not get so far."""
    quick: bool
    sandbox: str = ""
    """Where the programs ran."""
    facts: Facts | None = None
    """The numbers behind the findings; None where the evaluator did not get so far."""

    @property
    def sound(self) -> bool:
        """Whether every line of the checklist holds."""
        return all(finding.ok for finding in self.findings)


@dataclass(frozen=True)
class Honest:
    """The honest programs on train."""

    programs: Mapping[str, Program]
    runs: Mapping[str, RunReport]
    source: Source
    bounds: Bounds
    """Of the first workloads only."""
    stage_s: float
    """Seconds that the first stage takes the initial program."""

    def total(self, name: str, objective: Objective, count: int | None = None) -> float:
        """Return the aggregate of a program over the first workloads, or over all that were run."""
        results = self.runs[name].results[:count]
        return aggregate(objective, [result.values[objective.name] for result in results])


class OtherHashes(Sandbox):
    """A sandbox whose Python hashes text differently in every process."""

    def __init__(self, inner: Sandbox) -> None:
        """Keep what really starts the workers."""
        self._inner = inner
        self.name = inner.name
        self.confines = inner.confines
        self.private_scratch = inner.private_scratch

    def check(self) -> None:
        """See `Sandbox.check`."""
        self._inner.check()

    def guarantees(self) -> tuple[Guarantee, ...]:
        """See `Sandbox.guarantees`."""
        return self._inner.guarantees()

    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker; it hashes text by a seed of its own."""
        return self._inner.launch(replace(spec, fixed_hashes=False))


async def check_problem(problem: Problem, sandbox: Sandbox, *, workers: int, quick: bool = False) -> Verdict:
    """Go through the checklist of a problem.

    Args:
        problem: what is checked.
        sandbox: where its programs run.
        workers: how many evaluations at the same time.
        quick: fewer workloads and attacks.

    Raises:
        UserError: the problem cannot be loaded, or the sandbox does not work here.
    """
    findings: list[Finding] = []
    report = found = None
    try:
        honest = await _measure(problem, sandbox, workers, quick, findings)
        repeated, repeat = await _again(problem, sandbox, workers, honest)
        findings += repeated
        found = _facts(problem, honest, repeat)
        findings.append(await _worst(problem, sandbox, workers, honest))
        findings += [_order(problem, honest), _oracle(problem, honest), _headroom(problem, honest)]
        report = await attack_problem(problem, sandbox, workers=workers, quick=quick)
        findings += _attacked(report)
        findings.append(_prompt(problem, honest))
    except EvaluatorBroken as broken:
        findings.append(Finding("evaluator", False, str(broken)))
    return Verdict(problem, tuple(findings), report, quick, sandbox.name, found)


def _facts(problem: Problem, honest: Honest, repeat: RunReport) -> Facts:
    moves, hidden = facts.noise(problem, honest.runs[INITIAL], repeat)
    return Facts(
        headroom=facts.headroom(problem, honest.total, list(honest.runs), INITIAL, honest.bounds),
        stage_s=honest.stage_s,
        train_s=_train_s(problem, honest),
        noise=moves,
        noise_percent=hidden,
    )


async def _measure(
    problem: Problem, sandbox: Sandbox, workers: int, quick: bool, findings: list[Finding]
) -> Honest:
    """Run every honest program, and say whether each parses, runs and keeps to its limits."""
    initial = initial_program(problem)
    programs = {INITIAL: initial} | {
        one.name: baseline_program(problem, one) for one in problem.spec.baseline if one.file is not None
    }
    splits = problem.spec.splits
    source, count = source_of(problem, Split.TRAIN), min(splits.train, _QUICK if quick else splits.train)
    pool = EvaluationPool(problem, sandbox, workers=workers, initial=initial)
    async with pool, Cascade(problem, pool) as cascade:
        refused = {name: (await cascade.gate(program)).failure for name, program in programs.items()}
        bad = [f"{name}: {failure.reason}" for name, failure in refused.items() if failure is not None]
        said = f"the gate lets all {len(programs)} honest programs pass"
        findings.append(Finding("parses", not bad, bad[0] if bad else said))
        await pool.workloads(source, count)
        began = time.monotonic()
        await pool.run(initial, source, range(splits.every_stage[0]))
        stage_s = time.monotonic() - began
        runs = await side_by_side(pool.run(one, source, range(count)) for one in programs.values())
        honest = dict(zip(programs, runs, strict=True))
        elsewhere = {}
        for split in (Split.VALIDATION, Split.TEST, Split.SHIFT):
            size = min(_OTHERS, int(getattr(splits, split.value)))
            if size:
                other = source_of(problem, split)
                elsewhere[split.value] = await pool.run(initial, other, range(size))
        bounds = await pool.bounds(source, range(min(_BOUNDS, count)))
    found = Honest(programs, honest, source, bounds, stage_s)
    findings += [_runs(problem, found, elsewhere), _time(problem, found)]
    return found


def _runs(problem: Problem, honest: Honest, elsewhere: Mapping[str, RunReport]) -> Finding:
    runs = {**{f"{name} on train": run for name, run in honest.runs.items()}}
    runs |= {f"{INITIAL} on {split}": run for split, run in elsewhere.items()}
    for name, run in runs.items():
        for result in run.results:
            if result.failure is not None:
                why = f"{result.failure.kind.value}: {result.failure.reason}"
                return Finding("honest programs run", False, f"{name}, workload {result.index}: {why}")
    splits = ", ".join(("train", *elsewhere))
    n_programs = len(honest.runs)
    return Finding("honest programs run", True, f"{n_programs} on train, the initial one on {splits} too")


def _train_s(problem: Problem, honest: Honest) -> float:
    """Return how long all of train takes the initial program on one worker."""
    run = honest.runs[INITIAL]
    return run.wall_s * problem.spec.splits.train / len(run.results)


def _time(problem: Problem, honest: Honest) -> Finding:
    limit_s = problem.spec.limits.cpu_s
    per_workload = {name: run.cpu_s / len(run.results) for name, run in honest.runs.items()}
    slowest = max(per_workload, key=per_workload.__getitem__)
    full_s = _train_s(problem, honest)
    first = f"first stage {honest.stage_s:.2g} s, " if problem.spec.splits.stages else ""
    reason = (
        f"{first}all of train {full_s:.2g} s; {slowest} takes "
        f"{per_workload[slowest]:.2g} of {limit_s:g} CPU seconds a workload"
    )
    return Finding(
        "run time", honest.stage_s <= _MOST_STAGE_S and per_workload[slowest] <= limit_s / 2, reason
    )


async def _again(
    problem: Problem, sandbox: Sandbox, workers: int, honest: Honest
) -> tuple[list[Finding], RunReport]:
    """Run the honest programs again in fresh workers that hash otherwise, and with other random numbers."""
    initial = honest.programs[INITIAL]
    count = min(_QUICK, len(honest.runs[INITIAL].results))
    pool = EvaluationPool(problem, OtherHashes(sandbox), workers=workers, initial=initial)
    async with pool:
        again = await side_by_side(
            pool.run(one, honest.source, range(count)) for one in honest.programs.values()
        )
        repeat = await pool.run(initial, honest.source, range(count), repeat=1)
    differs = [
        name
        for (name, first), second in zip(honest.runs.items(), again, strict=True)
        if first.results[:count] != second.results
    ]
    reason = f"{differs[0]} scores otherwise there" if differs else f"{len(again)} programs score the same"
    where = f"in fresh workers with other hash seeds, {count} workloads: {reason}"
    return [Finding("deterministic", not differs, where), _noise(problem, honest, repeat)], repeat


def _noise(problem: Problem, honest: Honest, repeat: RunReport) -> Finding:
    said, ok = [], True
    for objective in problem.spec.objective:
        name = objective.name
        pairs = zip(honest.runs[INITIAL].results, repeat.results, strict=False)
        largest = max(abs(a.values[name] - b.values[name]) for a, b in pairs)
        said.append(f"{name} moves by up to {largest:g} {objective.unit} when repeated")
        ok = ok and (largest == 0 or objective.noise == "measured")
    tail = "" if ok else '; declare noise = "measured"'
    return Finding("noise floor", ok, "; ".join(said) + tail)


async def _worst(problem: Problem, sandbox: Sandbox, workers: int, honest: Honest) -> Finding:
    """Run honest programs with every direction turned around, so that nothing is clamped to the worst."""
    turned = tuple(
        one.model_copy(update={"direction": "minimize" if one.direction == "maximize" else "maximize"})
        for one in problem.spec.objective
    )
    spec = problem.spec.model_copy(update={"objective": turned})
    other = problem.model_copy(update={"spec": spec})
    count = len(honest.bounds.worst)
    pool = EvaluationPool(other, sandbox, workers=workers, initial=honest.programs[INITIAL])
    async with pool:
        runs = await side_by_side(
            pool.run(one, honest.source, range(count)) for one in honest.programs.values()
        )
    for name, run in zip(honest.programs, runs, strict=True):
        for result, worst in zip(run.results, honest.bounds.worst, strict=True):
            for one in problem.spec.objective:
                value = result.values[one.name]
                if one.sign * (worst[one.name] - value) > 1e-9 * max(1.0, abs(value)):
                    reason = (
                        f"{name}, workload {result.index}: {one.name} {value:g} is beyond {worst[one.name]:g}"
                    )
                    return Finding("worst", False, f"{reason}, so failing would be better")
    return Finding("worst", True, f"no honest program is beyond it on {count} workloads")


def _order(problem: Problem, honest: Honest) -> Finding:
    primary = problem.primary
    totals = {name: honest.total(name, primary) for name in honest.runs}
    known = {**totals, "initial": totals[INITIAL]}
    declared = [(one.name, other) for one in problem.spec.baseline for other in one.beats]
    for better, other in declared:
        if other not in known or better not in known:
            return Finding(
                "baselines ordered", False, f"{better} is declared to beat {other}, which is not run"
            )
        if primary.sign * (known[better] - known[other]) <= 0:
            reason = f"{better} ({known[better]:g}) does not beat {other} ({known[other]:g}) as declared"
            return Finding("baselines ordered", False, reason)
    ranked = sorted(totals.items(), key=lambda item: -primary.sign * item[1])
    line = " < ".join(f"{name} {value:.4g}" for name, value in reversed(ranked))
    head = f"{len(declared)} orders hold: " if declared else "no order is declared: "
    return Finding("baselines ordered", True, f"{head}{line} (best last)")


def _oracle(problem: Problem, honest: Honest) -> Finding:
    best = _best(problem, honest)
    for name, run in honest.runs.items():
        for result, bound in zip(run.results, honest.bounds.bound, strict=False):
            for one in problem.spec.objective:
                limit = None if bound is None else bound.get(one.name)
                value = result.values[one.name]
                if limit is not None and one.sign * (value - limit) > 1e-9 * max(1.0, abs(limit)):
                    reason = f"{name}, workload {result.index}: {one.name} {value:g} is beyond {limit:g}"
                    return Finding("bound", False, f"{reason}: the bound is wrong")
    if all(bound is None for bound in honest.bounds.bound):
        return Finding("bound", True, f"none is proven; the best honest program is {best}")
    return Finding("bound", True, f"no honest program is beyond it; the nearest is {best}")


def _headroom(problem: Problem, honest: Honest) -> Finding:
    primary, count = problem.primary, len(honest.bounds.bound)
    best = _best(problem, honest)
    values = [row[primary.name] for row in honest.bounds.bound if row is not None and primary.name in row]
    own, initial = honest.total(best, primary, count), honest.total(INITIAL, primary, count)
    head = f"initial {initial:.4g}, best honest program {own:.4g} ({best})"
    if len(values) < count:
        return Finding("headroom", True, f"{head}; there is no bound to say how much is left")
    bound = aggregate(primary, values)
    left = abs(bound - own) / abs(own) if own else abs(bound)
    note = "" if left > 1e-9 else ": the best honest program is optimal, so nothing can beat it"
    return Finding(
        "headroom",
        primary.sign * (bound - initial) > 0,
        f"{head}, bound {bound:.4g} {primary.unit}: {left:.1%} left{note}",
    )


def _best(problem: Problem, honest: Honest) -> str:
    primary = problem.primary
    return max(honest.runs, key=lambda name: primary.sign * honest.total(name, primary))


def _attacked(report: Report) -> list[Finding]:
    by_name = {verdict.attack.name: verdict for verdict in report.verdicts}
    found = []
    for what, tried in _CANDIDATES.items():
        met = [by_name[name] for name in tried if name in by_name]
        bad = [one for one in met if not one.ending.sound or one.ending is Ending.HONEST]
        kinds = sorted({kind for one in met for kind in one.kinds})
        fine = f"{len(met)} tried: {', '.join(kinds) or 'no better than honest'}"
        reason = f"{bad[0].attack.name}: {bad[0].ending.value}, {bad[0].reason}" if bad else fine
        found.append(Finding(what, not bad, reason))
    spies = [by_name[name] for name in _SPIES if name in by_name]
    leaks = [one.reason for one in spies if one.ending is Ending.LEAK]
    found.append(
        Finding("given holds no truth", not leaks, leaks[0] if leaks else f"{len(spies)} spies saw nothing")
    )
    again = by_name["recognise_train"]
    found.append(Finding("splits differ", again.ending is Ending.HONEST, again.reason))
    unsound = report.unsound
    names = ", ".join(f"{one.attack.name} ({one.ending.value}: {one.reason})" for one in unsound[:3])
    counts = [report.count(ending) for ending in (Ending.FORGED, Ending.LEAK, Ending.SURVIVOR)]
    said = "{} forged, {} leaks, {} survivors".format(*counts)
    total = f"{len(report.verdicts)} attacks in {report.sandbox}: {said}"
    found.append(Finding("attacks", not unsound, f"{total}; {names}" if unsound else total))
    return found


def _prompt(problem: Problem, honest: Honest) -> Finding:
    targets = {
        f"{name} on train, {one.name}": honest.total(name, one)
        for name in honest.runs
        for one in problem.spec.objective
    }
    targets |= {
        f"{one.name} as cited, {name}": value
        for one in problem.spec.baseline
        for name, value in one.values.items()
    }
    rows = [row for row in honest.bounds.bound if row is not None]
    for one in problem.spec.objective:
        if rows and all(one.name in row for row in rows):
            targets[f"the bound, {one.name}"] = aggregate(one, [row[one.name] for row in rows])
    path = problem.file("prompt.md")
    if not path.exists():
        return Finding("prompt", False, f"there is no {path.name}: a model would be told nothing")
    leaks = prompts.leaks(path.read_text(), targets, problem.file("evaluate.py").read_text())
    return Finding(
        "prompt", not leaks, leaks[0] if leaks else f"none of {len(targets)} targets, no evaluator source"
    )
