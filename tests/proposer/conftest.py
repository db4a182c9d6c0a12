from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from adrs.evaluation.gate import Gate
from adrs.model.call import ModelCall
from adrs.model.evaluation import Evaluation, Failure, Split, WorkloadResult
from adrs.model.problem import Objective, Problem, ProblemSpec
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial, TrialState
from adrs.proposer.contract import BudgetSpent, Check, Ledger, ProposalRequest
from adrs.sandbox.limited import LimitedPool
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_server import LLMServer

POLICY = '''"""Decides at every tick."""

from interface import Observation


class Policy:
    """Greedy."""

    def __init__(self, given, rng):
        self.slack = 3.5

    def step(self, observation):
        if observation.available > 2:
            return 1
        return 0
'''


@dataclass
class FakeLedger(Ledger):
    """A ledger that remembers what happened to it, in order."""

    limit_usd: float | None = None
    events: list[str] = field(default_factory=list)
    calls: list[ModelCall] = field(default_factory=list)
    reserved_usd: float = 0.0
    spent_usd: float = 0.0
    worst_usd: list[float] = field(default_factory=list)

    def reserve(self, cost_usd: float) -> None:
        self.events.append("reserve")
        self.worst_usd.append(cost_usd)
        committed = self.spent_usd + self.reserved_usd + cost_usd
        if self.limit_usd is not None and committed > self.limit_usd:
            raise BudgetSpent(f"{committed} of {self.limit_usd}")
        self.reserved_usd += cost_usd

    def settle(self, reserved_usd: float, call: ModelCall | None) -> None:
        self.events.append("nothing" if call is None else f"record {call.role}")
        self.reserved_usd -= reserved_usd
        if call is not None:
            self.calls.append(call)
            self.spent_usd += call.cost_usd or 0.0


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def make_ledger() -> type[FakeLedger]:
    return FakeLedger


@pytest.fixture
def policy() -> str:
    return POLICY


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    folder = tmp_path / "problem"
    folder.mkdir()
    (folder / "prompt.md").write_text("A job with a deadline runs on spot machines.\n")
    (folder / "interface.py").write_text("class Observation: ...\n")
    head = ProblemSpec.Head(
        id="spot", version=1, title="Spot jobs", family="cloud", entry="policy.py:Policy", evaluator="Spot"
    )
    objective = Objective(name="cost_usd", unit="USD", direction="minimize")
    return Problem(spec=ProblemSpec(problem=head, objective=(objective,)), folder=folder, digest="0" * 64)


def evaluated(values: list[float], *, feedback: str = "", split: Split = Split.TRAIN) -> Evaluation:
    """Return an evaluation with these costs, the workloads of two cells in turn."""
    results = tuple(
        WorkloadResult(index=i, cell=f"zones={1 + i % 2}", values={"cost_usd": value})
        for i, value in enumerate(values)
    )
    return Evaluation(
        split=split,
        opening=0,
        results=results,
        objectives={"cost_usd": sum(values) / len(values)},
        complete=True,
        isolated=False,
        feedback=feedback,
    )


def trial_of(
    program: Program, number: int = 0, values: list[float] | None = None, feedback: str = ""
) -> Trial:
    """Return a completed trial that holds a program."""
    return Trial(
        run_id="run",
        number=number,
        state=TrialState.COMPLETED,
        selection=Selection(parent=None),
        asked_after=0,
        candidate=Candidate(program, edit="initial"),
        evaluation=evaluated(values or [10.0, 20.0, 12.0, 22.0], feedback=feedback),
    )


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    return trial_of


@pytest.fixture
def make_evaluation() -> Callable[..., Evaluation]:
    return evaluated


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see neither the keys nor the servers of whoever runs them."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def gate_of(problem: Problem) -> Check:
    """Return a check that asks a gate of its own, helper and all."""

    async def check(program: Program) -> Failure | None:
        async with LimitedPool() as limited:
            return (await Gate(problem, limited)(program)).failure

    return check


@pytest.fixture
def make_request(problem: Problem) -> Callable[..., ProposalRequest]:
    def make(source: str = POLICY, **changes: object) -> ProposalRequest:
        parent = trial_of(Program.of({"policy.py": source}))
        fields: dict[str, object] = {
            "problem": problem,
            "run_id": "run",
            "trial_number": 1,
            "attempt": 0,
            "parent": parent,
            "inspirations": (),
            "initial": parent,
            "rng": np.random.default_rng(7),
            "check": gate_of(problem),
        }
        return ProposalRequest(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def serve() -> Iterator[Callable[..., LLMServer]]:
    """Start servers with given settings; they stop when the test ends."""
    servers: list[LLMServer] = []

    def start(**settings: object) -> LLMServer:
        server = LLMServer(Settings(**settings))  # type: ignore[arg-type]
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.stop()
