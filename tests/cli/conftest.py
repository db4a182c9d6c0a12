import io
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from click.testing import CliRunner
from rich.console import Console
from ulid import ULID

from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.model.budget import Budget, Usage
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.problem import Objective
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.model.trial import Candidate, Selection, Trial, TrialState
from adrs.plugins.problems import baseline_program, find_problem, initial_program
from adrs.run.config import resolve
from adrs.run.progress import Progress

COST = Objective(name="cost_usd", unit="USD", direction="minimize")


@pytest.fixture
def runs(tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    monkeypatch.setenv("ADRS_RUNS", str(folder))
    monkeypatch.setenv("COLUMNS", "110")
    return folder


@pytest.fixture
def invoke(runs):
    def call(*arguments):
        return CliRunner().invoke(cli, [str(word) for word in arguments], prog_name="adrs")

    return call


@pytest.fixture
def adrs(runs):
    def call(*arguments, **options):
        return subprocess.run(
            [sys.executable, "-m", "adrs.cli.main", *map(str, arguments)],
            env={**os.environ, "ADRS_RUNS": str(runs), "PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            **options,
        )

    return call


@pytest.fixture
def progress():
    return Progress(
        run_id="01M7XV0QWM9C5PTW4X6BW31M54",
        problem_id="spot_multiregion",
        objective=COST,
        budget=Budget(trials=300, cost_usd=5.0),
        strategy="map_elites",
        proposer="llm",
        sandbox="bubblewrap",
        workers=4,
        usage=Usage(trials=151, seconds=75.0, cost_usd=0.4215, input_tokens=120_000, output_tokens=3_400),
        states=Counter({TrialState.COMPLETED: 120, TrialState.PRUNED: 25, TrialState.FAILED: 6}),
        rejected=Counter({"duplicate": 41, "syntax": 3}),
        initial=100.0,
        best=80.0,
        best_trial=143,
        history=[(1, 99.0), (60, 90.0), (143, 80.0)],
        champion="ab" * 32,
        champion_trial=120,
        baselines={"Uniform Progress": 90.0, "Greedy": 110.0},
        bound=60.0,
        in_flight=4,
        count_busy=lambda: 3,
        phase="searching",
        health={"cells": 34.0, "islands": 4.0},
    )


@pytest.fixture
def render():
    return rendered


def rendered(*parts, width=80, terminal=True, color=False):
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=terminal,
        color_system="truecolor" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    for part in parts:
        console.print(part)
    return out.getvalue()


def evaluation(values, *, split=Split.TRAIN, opening=0, failed=()):
    results = tuple(
        WorkloadResult(
            index=index,
            cell="jobs=few" if index % 2 else "jobs=many",
            values={"makespan_s": value},
            failure=Failure(FailureKind.TIMEOUT, "too slow") if index in failed else None,
        )
        for index, value in enumerate(values)
    )
    return Evaluation(
        split=split,
        opening=opening,
        results=results,
        objectives={"makespan_s": sum(values) / len(values)},
        complete=True,
        isolated=True,
        measures={"idle": 0.25},
        sandbox="process",
    )


BASE = [100.0 + 7 * (index % 5) + index for index in range(20)]


class Recorded:
    """A finished run of flow_shop with two good trials, one failure and one rejected proposal."""

    def __init__(self, where, better=10.0, confirm=True, problem="flow_shop"):
        self.where = where
        self.problem = find_problem(problem)
        self.initial = initial_program(self.problem)
        text = self.initial.text("solver.py")
        self.parent = self.initial.replace("solver.py", text + "# parent\n")
        self.best = self.initial.replace("solver.py", text + "# parent\n# best\n")
        self.id = str(ULID())
        config = resolve({"problem": problem, "workers": 2, "budget": {"trials": 3}})
        with Archive.open(where) as archive:
            self._create(archive, config)
            self._trial(archive, 0, self.initial, None, BASE, "the initial program")
            self._trial(archive, 1, self.parent, self.initial, [v - better / 2 for v in BASE], "a step")
            summary = "a [red]leap[/red] \u001b[31m\u202e"
            self._trial(archive, 2, self.best, self.parent, [v - better for v in BASE], summary)
            self._failure(archive)
            archive.record_proposal(self.id, 1, 1, None, reason="duplicate: the same program")
            for baseline in self.problem.spec.baseline:
                program = baseline_program(self.problem, baseline)
                archive.record_evaluation(self.id, program, evaluation([v - 10 for v in BASE]), Purpose.TRAIN)
            if confirm:
                self._confirm(archive, better)
            archive.update_run(
                self.id,
                state=RunState.FINISHED,
                stop_reason="trials",
                champion=self.best.digest,
                seconds=12.5,
            )

    def _create(self, archive, config):
        run = RunRecord(
            id=self.id,
            problem_id=self.problem.id,
            problem_version=1,
            problem_digest=self.problem.digest,
            evaluator_digest=self.problem.evaluator_digest,
            config=config.model_dump(mode="json"),
            seed=0,
            state=RunState.RUNNING,
            initial=self.initial.digest,
            adrs_version="0.1.0",
            created_us=1_700_000_000_000_000,
        )
        archive.create_run(run, self.initial)

    def _trial(self, archive, number, program, parent, values, summary):
        trial = Trial(
            run_id=self.id,
            number=number,
            state=TrialState.RUNNING,
            selection=Selection(None if parent is None else parent.digest),
            asked_after=number,
        )
        archive.begin_trial(trial)
        candidate = Candidate(program, "guard", summary)
        archive.record_proposal(self.id, number, 0, candidate)
        done = replace(
            trial, state=TrialState.COMPLETED, candidate=candidate, evaluation=evaluation(values), ended_us=1
        )
        archive.record(done)

    def _failure(self, archive):
        trial = Trial(self.id, 3, TrialState.RUNNING, Selection(self.best.digest), asked_after=3)
        archive.begin_trial(trial)
        archive.record(replace(trial, state=TrialState.FAILED, reason="timeout: too slow"))

    def _confirm(self, archive, better):
        def measure(program, values, failed=()):
            done = evaluation(values, split=Split.VALIDATION, opening=3, failed=failed)
            archive.record_evaluation(self.id, program, done, Purpose.CONFIRM)

        measure(self.initial, BASE)
        measure(self.best, [v - better * (0.8 + 0.02 * i) for i, v in enumerate(BASE)])
        for offset, baseline in enumerate(self.problem.spec.baseline):
            measure(baseline_program(self.problem, baseline), [v - 4 + 9 * offset for v in BASE], failed=(2,))


@pytest.fixture
def recorded(runs):
    return Recorded(runs)


@pytest.fixture
def record(runs):
    return lambda **settings: Recorded(runs, **settings)
