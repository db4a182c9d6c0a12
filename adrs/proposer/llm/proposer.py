"""The `llm` proposer: a prompt, an answer, an edit, and one repair where the edit does not apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adrs.errors import ConfigError
from adrs.model.budget import Budget
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial
from adrs.proposer.contract import Ledger, ProposalRequest, Proposer, Rejected, checked_weights
from adrs.proposer.edits import Draft, changeable, drafts, read_answer
from adrs.proposer.llm.client import Message
from adrs.proposer.llm.ensemble import Ensemble
from adrs.proposer.llm.models import Models
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.notebook import Notebook
from adrs.proposer.prompt import PromptBuilder, base_of, kind_of
from adrs.sandbox.limited import LimitedFailure, LimitedPool

REPAIRABLE = frozenset({"bad_edit", "outside", "syntax", "no_code", "bad_text"})
"""Rejections that a model can put right when it is told the reason."""
MAX_PARSERS = 4
ROLES = {"edit": "propose"}
"""What a first call is recorded as, where that is not its kind."""


class LLMProposer(Proposer):
    """Asks a model for an edit of the parent; of several models, the one that gains most per dollar."""

    def __init__(self, options: Mapping[str, Any], workers: int = 1) -> None:
        """Check everything that can be checked without a call.

        Args:
            options: see `LLMOptions`.
            workers: how many answers may be parsed at the same time.

        Raises:
            ConfigError: a wrong option, no key, or litellm missing.
        """
        self.options = LLMOptions.of(options)
        self.models = Models(self.options)
        self.ensemble = Ensemble(self.models.arms, self.options.kinds, self.options.repairs)
        self.notebook = Notebook()
        self._prompts = PromptBuilder(self.options.templates, self.options.inspirations)
        self._parsers = LimitedPool(workers=max(1, min(workers, MAX_PARSERS)))
        self._open = False

    def check_budget(self, budget: Budget) -> None:
        """Refuse dollars for a model whose price is not known; see `Proposer.check_budget`."""
        self.models.require_prices(budget.cost_usd)

    @classmethod
    def weighed(cls, options: Mapping[str, object], changes: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weight of every model and every kind of edit; see `Proposer.weighed`."""
        checked = LLMOptions.of(options)
        models, kinds = tuple(checked.arms()), checked.kinds
        weights = dict.fromkeys((*models, *kinds), 1.0)
        weights |= checked_weights(weights, changes)
        for group, what in ((models, "model"), (kinds, "kind of edit")):
            if not any(weights[name] for name in group):
                raise ConfigError(f"That turns every {what} off ({', '.join(group)}); leave at least one on.")
        return weights

    def reweight(self, weights: Mapping[str, float]) -> None:
        """Heed a person's weights; see `Proposer.reweight`."""
        self.ensemble.reweight(weights)

    def choose(
        self, selection: Selection, rng: np.random.Generator, pending: Sequence[Selection]
    ) -> Selection:
        """Add the arm and the kind of the edit; see `Ensemble.choose`."""
        return self.ensemble.choose(selection, rng, pending)

    def begin_epoch(self, problem: Problem, carried: Sequence[Trial]) -> None:
        """Let ensemble and notebook measure gains from what was measured again."""
        self.ensemble.begin_epoch(problem.primary, carried)
        self.notebook.begin_epoch(problem.primary, carried)

    def tell(self, problem: Problem, trial: Trial) -> None:
        """Let ensemble and notebook learn from a trial."""
        self.ensemble.tell(problem.primary, trial, priced=self.models.priced)
        self.notebook.tell(problem.primary, trial)

    def health(self) -> Mapping[str, float]:
        """Return how often each arm would be chosen now, in percent."""
        return self.ensemble.shares()

    async def start(self) -> None:
        """Open the pool of helpers that parse answers. Idempotent."""
        if self._open:
            return
        await self._parsers.__aenter__()
        self._open = True

    async def close(self) -> None:
        """End the helpers and close connections."""
        if self._open:
            await self._parsers.__aexit__(None, None, None)
            self._open = False
        await self.models.close()

    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Return what the model made of the parent; see `Proposer.propose` and `ModelClient.ask`."""
        page = self.notebook.page(request.asked_after)
        prompt = self._prompts.build(request, self.options.edit, page)
        kind = kind_of(request)
        answer = await self._answer(request, prompt.messages, ROLES.get(kind, kind), ledger)
        try:
            return await self._candidate(request, answer)
        except Rejected as rejection:
            if rejection.kind not in REPAIRABLE:
                raise
            messages = self._prompts.repair(request, prompt, answer, rejection)
        repaired = await self._answer(request, messages, "repair", ledger)
        return await self._candidate(request, repaired)

    async def _answer(
        self, request: ProposalRequest, messages: tuple[Message, ...], role: str, ledger: Ledger
    ) -> str:
        """Return the recorded answer where there is one; a model is not asked twice for the same."""
        if role in request.recorded:
            return request.recorded[role]
        budget = request.budget_left.get("cost_usd")
        arm = str(request.target.get("arm", ""))
        return await self.models.ask(arm, messages, role, ledger, budget=budget)

    async def _candidate(self, request: ProposalRequest, text: str) -> Candidate:
        base = base_of(request)
        answer = read_answer(text, request.problem.entry_name)
        found = drafts(base, changeable(request.problem, base), answer)
        errors = []
        for draft in found:
            error = await self._syntax_error(base, draft)
            if error is None:
                kind = kind_of(request)
                edit = draft.edit if kind == "edit" else f"{kind}+{draft.edit}"
                return Candidate(draft.program, edit, answer.summary)
            errors.append(error)
        raise Rejected("syntax", errors[0])

    async def _syntax_error(self, base: Program, draft: Draft) -> str | None:
        before = dict(base.files)
        for path, text in draft.program.files:
            if before.get(path) == text:
                continue
            try:
                error = await self._parsers.call(
                    "adrs.proposer.parsing:syntax_error", {"text": text, "path": path}
                )
            except LimitedFailure as failure:
                error = f"{path} cannot be parsed: {failure}"
            if error is not None:
                return str(error)
        return None
