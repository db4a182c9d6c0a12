"""Running the attacks on a problem, through the real pool, past the gate and with it."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adrs.errors import ProblemError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool, Source, side_by_side
from adrs.model.evaluation import Split, WorkloadResult
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins.problems import baseline_program, initial_program
from adrs.sandbox.contract import Sandbox
from adrs.verify.attacks import (
    HACKS,
    TOKEN,
    Attack,
    Knowledge,
    fingerprinting,
    generic_attacks,
    mark_of,
    own_attacks,
    program_of,
)
from adrs.verify.judge import Ending, Measure, Verdict, judge, marked

WORKLOADS = 8
_OWN_WORKLOADS = 16
"""A problem's own attacks may lie in wait for what few workloads hold."""
_KNOWN = 40
"""Train workloads that an attack knows by heart."""
_QUICK = frozenset(
    "nothing not_a_number an_empty_list own_metrics an_object nan_numbers booleans_as_ids negative_ids "  # noqa: SIM905
    "claims_nothing the_same_item change_given patch_modules append_to_state print_metrics write_results "
    "drain_generators raise_where_expensive recognise_train spy_memory spy_files spy_given spy_keys "
    "spy_previous forged_early_frame outlive_with_a_process end_the_process raise_everywhere "
    "wrapped zeros crash_where_expensive speak_for_the_worker claim_no_failure read_ahead".split()
)
_LAST = "honest_afterwards"
_PLACES = ("/tmp", "/var/tmp", "/dev/shm", ".", "~")  # noqa: S108  (where attacks try to leave files)


@dataclass(frozen=True)
class Report:
    """All attacks on one problem."""

    problem: Problem
    sandbox: str
    verdicts: tuple[Verdict, ...]
    quick: bool

    @property
    def unsound(self) -> list[Verdict]:
        """The attacks that did not end as they must."""
        return [verdict for verdict in self.verdicts if not verdict.ending.sound]

    def tried(self) -> dict[str, list[str]]:
        """Return the attacks that tried each catalogued hack, by name."""
        return {
            hack: [v.attack.name for v in self._of(hack) if v.ending is not Ending.INEXPRESSIBLE]
            for hack in HACKS
        }

    def hacks(self) -> dict[str, str]:
        """Say of every catalogued hack by which attacks it was tried, or why it cannot be expressed."""
        said = {}
        for hack, names in self.tried().items():
            found = self._of(hack)
            why = found[0].reason if found else "not among the quick attacks"
            said[hack] = ", ".join(names) or f"not expressible: {why}"
        return said

    def _of(self, hack: str) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if hack in verdict.attack.hacks]

    def count(self, ending: Ending) -> int:
        """Return how many attacks ended so."""
        return sum(verdict.ending is ending for verdict in self.verdicts)


async def attack_problem(
    problem: Problem,
    sandbox: Sandbox,
    *,
    workers: int,
    quick: bool = False,
    attacks: Sequence[Attack] | None = None,
) -> Report:
    """Run the attacks on a problem.

    Args:
        problem: what is attacked.
        sandbox: where the attacks run.
        workers: how many run at the same time.
        quick: leave out those that run into a time limit, and most that only vary others.
        attacks: these instead of all.

    Raises:
        EvaluatorBroken: the evaluator fails on the initial program.
        SandboxUnavailable: the sandbox does not work here.
    """
    if attacks is None:
        attacks = [one for one in generic_attacks() if not quick or one.name in _QUICK]
        attacks = [*attacks, *own_attacks(problem)]
    before = processes()
    initial = initial_program(problem)
    pool = EvaluationPool(problem, sandbox, workers=workers, initial=initial)
    async with pool, Cascade(problem, pool) as cascade:
        suite = _Suite(problem, pool, cascade, initial)
        verdicts = await suite.run(attacks)
        verdicts.append(await suite.afterwards(workers))
    marks = {verdict.attack.name: mark_of(verdict.attack.name, suite.mark) for verdict in verdicts}
    survivors = _survivors(before, marks.values())
    verdicts = [_with_survivor(verdict, marks[verdict.attack.name], survivors) for verdict in verdicts]
    return Report(problem, sandbox.name, tuple(verdicts), quick)


class _Suite:
    def __init__(self, problem: Problem, pool: EvaluationPool, cascade: Cascade, initial: Program) -> None:
        self._problem = problem
        self._pool = pool
        self._cascade = cascade
        self._initial = initial
        self._source = source_of(problem, Split.TRAIN)
        self._others = [source_of(problem, split) for split in Split if split is not Split.TRAIN]
        self._others.append(source_of(problem, Split.TRAIN, "another draw"))
        self.mark = secrets.token_hex(8)
        self._knowledge = Knowledge(self._source.key, suite=self.mark)

    async def run(self, attacks: Sequence[Attack]) -> list[Verdict]:
        """Run all attacks, several at a time, after what they must know has been found out."""
        size = max(_OWN_WORKLOADS if any(one.own for one in attacks) else 0, WORKLOADS)
        self._count = min(size, self._problem.spec.splits.train)
        self._measure = Measure(
            await self._honest(attacks), await self._pool.bounds(self._source, range(self._count))
        )
        if any(attack.fingerprints for attack in attacks):
            self._knowledge = await self._learn()
        return await side_by_side(self._one(attack) for attack in attacks)

    async def afterwards(self, workers: int) -> Verdict:
        """Run the honest program once more on every pair: no attack may have changed what it scores."""
        again = await side_by_side(
            self._pool.run(self._initial, self._source, range(self._count)) for _ in range(2 * workers)
        )
        attack = Attack(_LAST, "The honest program, after all attacks", "")
        changed = [run for run in again if run.results != self._measure.honest["initial"]]
        ending = Ending.FORGED if changed else Ending.HONEST
        reason = "it scores otherwise than before" if changed else "exactly what it got before"
        return Verdict(attack, ending, reason)

    async def _honest(self, attacks: Sequence[Attack]) -> dict[str, tuple[WorkloadResult, ...]]:
        programs = {"initial": self._initial}
        for one in self._problem.spec.baseline:
            if one.file is not None:
                programs[one.file] = baseline_program(self._problem, one)
        for attack in attacks:
            if attack.reference and attack.reference not in programs:
                programs[attack.reference] = self._named(attack)
        runs = await side_by_side(
            self._pool.run(program, self._source, range(self._count)) for program in programs.values()
        )
        return {name: run.results for name, run in zip(programs, runs, strict=True)}

    def _named(self, attack: Attack) -> Program:
        path = self._problem.file(attack.reference)
        try:
            return Program.of({**dict(self._initial.files), self._problem.entry_file: path.read_bytes()})
        except OSError as error:
            raise ProblemError(
                f"The attack {attack.name!r} of {self._problem.id!r} names {attack.reference!r}, which "
                f"cannot be read: {error.strerror}."
            ) from None

    async def _learn(self) -> Knowledge:
        """Let a program report every train workload, and mark those that cost the honest one most."""
        primary = self._problem.primary
        count = min(_KNOWN, self._problem.spec.splits.train)
        spy = program_of(fingerprinting(), self._problem, self._knowledge)
        run = await self._pool.run(spy, self._source, range(count))
        prints = [marked("FINGERPRINT", [r.failure.reason]) if r.failure else "" for r in run.results]
        honest = self._measure.honest["initial"][: min(self._count, WORKLOADS)]
        costs = [primary.sign * result.values[primary.name] for result in honest]
        middle = sorted(costs)[len(costs) // 2]
        expensive = tuple(name for name, cost in zip(prints, costs, strict=False) if name and cost <= middle)
        return replace(self._knowledge, expensive=expensive, known=tuple(filter(None, prints)))

    async def _one(self, attack: Attack) -> Verdict:
        program = program_of(attack, self._problem, self._knowledge)
        said = (await self._cascade.gate(program)).failure
        gate = "" if said is None else said.kind.value
        if attack.runs == "other splits":
            return await self._elsewhere(attack, program, gate)
        count = min(attack.workloads or (_OWN_WORKLOADS if attack.own else WORKLOADS), self._count)
        run = await self._pool.run(program, self._source, range(count), isolated=attack.runs == "isolated")
        return judge(attack, self._problem, run.results, self._measure, gate)

    async def _elsewhere(self, attack: Attack, program: Program, gate: str) -> Verdict:
        """Run an attack on other splits and draws, where only what it sees can give it away."""
        reasons: list[str] = []
        for source in self._others:
            run = await self._pool.run(program, source, range(min(_KNOWN, await self._length(source))))
            reasons += [result.failure.reason for result in run.results if result.failure is not None]
        if seen := marked("LEAK", reasons):
            return Verdict(attack, Ending.LEAK, seen, gate=gate)
        if reasons:
            return Verdict(attack, Ending.FAILED, reasons[0], gate=gate)
        known = len(set(self._knowledge.known))
        return Verdict(attack, Ending.HONEST, f"none of {known} known workloads was met again", gate=gate)

    async def _length(self, source: Source) -> int:
        return len(await self._pool.workloads(source, _KNOWN))


def source_of(problem: Problem, split: Split, draw: str = "") -> Source:
    """Return workloads under a key of this suite's own: the same in every run, and of no archive."""
    said = f"adrs attack/{problem.id}/{split.value}/{draw}"
    return Source(split, hashlib.sha256(said.encode()).digest()[:16])


def processes(marks: Collection[str] = ()) -> dict[int, str]:
    """Return the name of every process below this one, and of every one that bears one of the marks."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = entry.read_text(errors="replace").rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        pid, _, names_pid = head.partition(" (")
        state, parent = rest.split()[:2]
        if state != "Z":
            parents[int(pid)], names[int(pid)] = int(parent), names_pid
    below = {os.getpid()}
    for _ in range(len(parents)):
        more = {pid for pid, parent in parents.items() if parent in below} - below
        if not more:
            break
        below |= more
    marked = {pid for pid, name in names.items() if name in marks}
    return {pid: names[pid] for pid in (below | marked) - {os.getpid()} if pid in names}


def _survivors(before: dict[int, str], marks: Collection[str] = ()) -> list[tuple[str, str]]:
    """Return what attacks have left, processes and files (which are removed), each with its mark or none."""
    found = [
        (name if name in marks else "", f"the process {name!r}")
        for pid, name in processes(marks).items()
        if pid not in before
    ]
    for place in map(Path, map(os.path.expanduser, _PLACES)):
        for path in sorted(place.glob(f"{TOKEN}*")):
            mark = path.name[: len(TOKEN) + 4]
            if mark in marks:
                found.append((mark, f"the file {path}"))
                path.unlink(missing_ok=True)
    return found


def _with_survivor(verdict: Verdict, mark: str, survivors: Sequence[tuple[str, str]]) -> Verdict:
    """Mark the attack that left something; what bears nobody's mark counts against the last line."""
    mine = [left for found, left in survivors if found == mark]
    if verdict.attack.name == _LAST:
        mine += [left for found, left in survivors if not found]
    return replace(verdict, ending=Ending.SURVIVOR, reason=mine[0]) if mine else verdict
