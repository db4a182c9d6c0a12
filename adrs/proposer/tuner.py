"""Constants are tuned by a library, not by a model: the proposer `tuner`, and its seat beside another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adrs.errors import ConfigError, did_you_mean
from adrs.model.budget import Budget
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial
from adrs.plugins.problems import baseline_program
from adrs.proposer.contract import Ledger, ProposalRequest, Proposer, Rejected, editable_files
from adrs.proposer.evolve_block import require_inside
from adrs.sandbox.limited import LimitedFailure, LimitedPool

EDIT = "tuner"
"""How candidates of the tuner are marked, and what a selection's target asks for under `edit`."""

_WORK = "adrs.proposer.knobs:tune_source"
_TIMEOUT_S = 20.0

_TRIES = 5
"""Attempts of a trial in which the tuner looks for new constants before it leaves the trial to others."""


class TunerProposer(Proposer):
    """Proposes other constants for the parent, by CMA-ES over the trials that the selection names.

    Options:
        `baseline` (none): start from this baseline of the problem in the place of the initial program.
    """

    def __init__(self, options: Mapping[str, object], workers: int) -> None:
        """Check the options; nothing is started yet.

        Raises:
            ConfigError: an option is unknown, or no name.
        """
        for name in options:
            if name != "baseline":
                guess = did_you_mean(name, ["baseline"])
                raise ConfigError(f"The tuner has no option {name!r}; it has: baseline.{guess}")
        baseline = options.get("baseline")
        if baseline is not None and not isinstance(baseline, str):
            raise ConfigError(f"The tuner's baseline is the name of one, not {baseline!r}.")
        self._baseline = baseline
        self._workers = max(1, workers)
        self._pool: LimitedPool | None = None

    async def start(self) -> None:
        """Open the pool; its helper processes start when they are first needed."""
        if self._pool is None:
            self._pool = LimitedPool(workers=self._workers)
            await self._pool.__aenter__()

    async def close(self) -> None:
        """End the helper processes."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.__aexit__(None, None, None)

    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Return the parent with other constants; of a baseline, the first is the baseline itself.

        Raises:
            Rejected: `no_constants` where the parent has none, `bad_edit` where it cannot be read.
            ConfigError: the problem has no such baseline.
        """
        parent = request.parent.program
        if self._baseline is not None and request.parent.number == 0:
            parent = _baseline(request.problem, self._baseline)
            if request.attempt == 0 and not request.inspirations and request.trial_number == 1:
                return Candidate(parent, "baseline", f"the baseline {self._baseline}, as it is")
        editable = editable_files(request.problem, parent)
        answer = await self._call(request, parent, editable)
        if "rejected" in answer:
            raise Rejected(*answer["rejected"])
        program = Program.of(answer["files"])
        require_inside(parent, program, editable)
        return Candidate(program, EDIT, str(answer["summary"]))

    async def _call(
        self, request: ProposalRequest, parent: Program, editable: Sequence[str]
    ) -> Mapping[str, Any]:
        await self.start()
        assert self._pool is not None  # noqa: S101  (start has just set it)
        objective = request.problem.primary
        arguments = {
            "files": dict(parent.files),
            "editable": list(editable),
            "history": [
                {
                    "files": dict(trial.program.files),
                    "value": objective.sign * trial.measured.objectives[objective.name],
                }
                for trial in request.inspirations
            ],
            "seed": int(request.rng.integers(0, 2**63)),
            "attempt": request.attempt,
        }
        try:
            answer: Mapping[str, Any] = await self._pool.call(_WORK, arguments, timeout_s=_TIMEOUT_S)
        except LimitedFailure as failure:
            raise Rejected("bad_edit", f"the parent's constants could not be read ({failure})") from None
        return answer


class WithTuner(Proposer):
    """Another proposer, with the tuner beside it for the trials whose selection asks for it.

    A program without constants, or one whose constants bring nothing new, is left to the other proposer: the
    candidate then says so by its edit, and no trial is lost.
    """

    def __init__(self, inner: Proposer, workers: int) -> None:
        """Keep the other proposer."""
        self._inner = inner
        self._tuner = TunerProposer({}, workers)

    def check_budget(self, budget: Budget) -> None:
        """Check the other proposer's budget: the tuner costs none."""
        self._inner.check_budget(budget)

    def reweight(self, weights: Mapping[str, float]) -> None:
        """Hand a person's weights to the other proposer: the tuner has no arms."""
        self._inner.reweight(weights)

    def choose(
        self, selection: Selection, rng: np.random.Generator, pending: Sequence[Selection]
    ) -> Selection:
        """Let the other proposer add what it decides."""
        return self._inner.choose(selection, rng, pending)

    def begin_epoch(self, problem: Problem, carried: Sequence[Trial]) -> None:
        """Tell the other proposer that train grew."""
        self._inner.begin_epoch(problem, carried)

    def tell(self, problem: Problem, trial: Trial) -> None:
        """Tell the other proposer."""
        self._inner.tell(problem, trial)

    def health(self) -> Mapping[str, float]:
        """Return the other proposer's health."""
        return self._inner.health()

    async def start(self) -> None:
        """Bring both up."""
        await self._inner.start()
        await self._tuner.start()

    async def close(self) -> None:
        """Take both down."""
        await self._tuner.close()
        await self._inner.close()

    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Propose constants where that is asked for and possible; else leave it to the other proposer."""
        asked = request.target.get("edit") == EDIT
        answered = bool(request.recorded)  # so it was left to the other one, before the run was interrupted
        if asked and not answered and request.attempt < _TRIES and not _hopeless(request.rejected):
            return await self._tuner.propose(request, ledger)
        if asked:  # what the tuner tried is nothing to learn from
            request = replace(request, inspirations=request.inspirations[:0])
        return await self._inner.propose(request, ledger)


def _hopeless(rejected: Sequence[str]) -> bool:
    return any(reason.startswith(("no_constants", "bad_edit")) for reason in rejected)


def _baseline(problem: Problem, name: str) -> Program:
    for baseline in problem.spec.baseline:
        if baseline.name == name:
            return baseline_program(problem, baseline)
    names = [baseline.name for baseline in problem.spec.baseline]
    raise ConfigError(
        f"The problem {problem.id!r} has no baseline {name!r}; it has: {', '.join(names)}."
        f"{did_you_mean(name, names)}"
    )
