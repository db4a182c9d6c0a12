"""A loop over a scripted cascade and proposer: everything else of it is real, the archive too."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from adrs.archive.store import Archive
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.evaluate import Outcome
from adrs.evaluation.gate import GateVerdict
from adrs.evaluation.source import Source
from adrs.model.budget import Budget
from adrs.model.evaluation import Evaluation, Split, WorkloadResult
from adrs.model.problem import Objective, Problem, ProblemSpec, Splits
from adrs.model.program import Program
from adrs.model.run import RunRecord, RunState
from adrs.model.trial import Candidate, Selection, Trial, TrialState
from adrs.plugins import registry
from adrs.proposer.contract import Proposer
from adrs.run import resume
from adrs.run.attempts import Attempts
from adrs.run.ledger import Purse
from adrs.run.loop import Loop
from adrs.run.progress import Progress
from adrs.run.promotion import Championship
from adrs.run.steering import Steering
from adrs.run.stopping import StopRule
from adrs.search.contract import SearchSpace

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
INITIAL = Program.of({"solve.py": "gain = 0.0\n"})


def a_problem(noise="none", *, train=16, validation=24):
    spec = ProblemSpec(
        problem=ProblemSpec.Head(
            id="scripted",
            version=1,
            title="Scripted",
            family="test",
            entry="solve.py:solve",
            evaluator="Scripted",
        ),
        objective=(Objective(name="cost", unit="USD", direction="minimize", noise=noise),),
        splits=Splits(train=train, validation=validation, test=8, stages=(4,)),
    )
    return Problem(spec=spec, folder=Path("scripted"), digest="0" * 64)


@dataclass
class ScriptedCascade:
    """Costs that follow from a program's text: 100 less its gain, plus noise of its own in every repeat."""

    problem: Problem
    noise: float = 0.0
    faults: dict[str, list[Exception | Outcome]] = field(default_factory=dict)
    """What evaluating a program does first, by its text: an error is raised, an outcome returned."""
    evaluated: Counter[str] = field(default_factory=Counter)
    measured: Counter[tuple[str, Split]] = field(default_factory=Counter)

    async def gate(self, program):
        return GateVerdict(None, normal_form=program.digest)

    async def evaluate(self, program, source, *, count=None, bar=None, seen_behaviour=None):
        await asyncio.sleep(0)
        text = program.text("solve.py")
        self.evaluated[text] += 1
        script = self.faults.get(text)
        if script:
            fault = script.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        evaluation = self.result(program, source, count or self.problem.spec.splits.train, repeat=0)
        return Outcome(TrialState.COMPLETED, evaluation=evaluation)

    async def measure(self, program, source, count, *, isolated=True, repeat=0):
        await asyncio.sleep(0)
        self.measured[program.text("solve.py"), source.split] += 1
        return self.result(program, source, count, repeat=repeat)

    def result(self, program, source, count, *, repeat):
        text = program.text("solve.py")
        gain = float(text.split()[2])
        level = np.random.default_rng(list(source.key)).normal(100.0, 5.0, count)
        seed = hashlib.sha256(f"{text}|{source.key.hex()}|{repeat}".encode()).digest()
        values = level - gain + self.noise * np.random.default_rng(list(seed)).normal(size=count)
        results = tuple(WorkloadResult(i, "", {"cost": float(v)}) for i, v in enumerate(values))
        objective = self.problem.primary
        return Evaluation(
            split=source.split,
            opening=source.opening,
            results=results,
            objectives={"cost": aggregate(objective, [float(v) for v in values])},
            complete=True,
            isolated=False,
        )


class ScriptedProposer(Proposer):
    """Proposes what a function makes of the request; an error that it returns is raised."""

    def __init__(self, make):
        self.make = make
        self.asked = Counter()

    async def propose(self, request, ledger):
        await asyncio.sleep(0)
        self.asked[request.trial_number] += 1
        made = self.make(request)
        if isinstance(made, Exception):
            raise made
        return Candidate(Program.of({"solve.py": made}), "scripted", "")


@pytest.fixture(autouse=True)
def _same_luck_every_time(monkeypatch):
    """The archive's secret decides the draws: tests about luck must not depend on theirs."""
    monkeypatch.setattr("adrs.archive.engine.secrets.token_bytes", lambda size: b"\x05" * size)


class Rig:
    """One run in an archive of its own; `work` may be called again to go on with it."""

    def __init__(
        self, folder, *, make, problem=None, noise=0.0, strategy="map_elites", seed=0, limit_usd=None
    ):
        self.archive = Archive.open(folder)
        self.problem = problem or a_problem()
        self.cascade = ScriptedCascade(self.problem, noise)
        self.proposer = ScriptedProposer(make)
        self.strategy_name = strategy
        self.limit_usd = limit_usd
        self.steered = False
        self.seed = seed
        self.lines = []
        self.stop = StopRule(Budget())
        self.train = Source(Split.TRAIN, seed.to_bytes(16, "big"))
        if not self.archive.runs():
            self._create(seed)

    def _create(self, seed):
        self.archive.create_run(
            RunRecord(RUN, "scripted", 1, "0" * 64, {}, seed, RunState.RUNNING, INITIAL.digest), INITIAL
        )

    def work(self, trials, *, in_flight=4, proposing=False):
        """Work up to a number of trials; the proposer is opened first where it is a real one."""
        return asyncio.run(self._open(trials, in_flight) if proposing else self._work(trials, in_flight))

    async def _open(self, trials, in_flight):
        async with self.proposer:
            return await self._work(trials, in_flight)

    async def _work(self, trials, in_flight):
        self.stop = StopRule(Budget(trials=trials, cost_usd=self.limit_usd))
        self.purse = Purse(self.limit_usd, self.archive.usage(RUN))
        first = await self._first()
        self.find = lru_cache(512)(lambda digest: self.archive.trial_of(RUN, digest))
        self.progress = Progress(
            RUN, "scripted", self.problem.primary, self.stop.budget, self.strategy_name, "scripted", "none", 1
        )
        space = SearchSpace(self.problem.spec.objective, INITIAL.digest)
        self.strategy = registry.strategy(self.strategy_name)(space, {})
        told, used = 0, []
        for trial in resume.replay(self.archive, RUN, self.strategy):
            told += trial.number > 0
            used.append(trial.selection)
            if trial.number > 0:
                self.purse.tell(trial.number, trial.cost_usd)
            self.progress.take(trial, told)
        attempts = Attempts(
            archive=self.archive,
            problem=self.problem,
            proposer=self.proposer,
            cascade=self.cascade,
            source=self.train,
            bar=first.measured,
            purse=self.purse,
            seen=resume.recall(self.archive, RUN),
            initial=first,
            find=self.find,
            baselines={},
            seed=self.seed,
            limit=3,
            rejected=self.progress.rejected,
            budget=self.stop.budget,
            steering=Steering(self.archive, RUN) if self.steered else Steering(),
        )
        self.championship = Championship(
            archive=self.archive,
            cascade=self.cascade,
            problem=self.problem,
            train=self.train,
            run_id=RUN,
            champion=self.find(self.archive.run(RUN).champion or INITIAL.digest),
        )
        for selection in used:
            attempts.steering.note(selection)
        jobs = resume.interrupted(self.archive, RUN)
        for job in jobs:
            self.purse.of_trial_usd[job.trial.number] = self.archive.cost_of(RUN, job.trial.number)
        self.loop = Loop(
            archive=self.archive,
            strategy=self.strategy,
            attempts=attempts,
            championship=self.championship,
            stop=self.stop,
            progress=self.progress,
            notify=lambda progress, line: self.lines.append(line) if line else None,
            run_id=RUN,
            seed=self.seed,
            in_flight=in_flight,
            next_number=self.archive.next_trial(RUN),
            interrupted=jobs,
            steering=attempts.steering,
            told=told,
            overdue=self.championship.overdue(self.progress.best_trial),
        )
        return await self.loop.run()

    async def _first(self):
        known = self.archive.trial_of(RUN, INITIAL.digest)
        if known is not None:
            return known
        trial = Trial(
            RUN, 0, TrialState.RUNNING, Selection(None), 0, candidate=Candidate(INITIAL, "initial", "")
        )
        self.archive.begin_trial(trial)
        outcome = await self.cascade.evaluate(INITIAL, self.train)
        return self.archive.record(
            Trial(
                RUN,
                0,
                TrialState.COMPLETED,
                Selection(None),
                0,
                candidate=trial.candidate,
                evaluation=outcome.evaluation,
            )
        )

    def trials(self):
        return {trial.number: trial for trial in self.archive.trials(RUN)}


@pytest.fixture
def make_rig(tmp_path):
    made = []

    def make(**settings):
        rig = Rig(tmp_path / str(len(made)), **settings)
        made.append(rig)
        return rig

    make.of = Rig
    yield make
    for rig in made:
        rig.archive.close()


@pytest.fixture
def noisy_problem():
    return a_problem("measured")
