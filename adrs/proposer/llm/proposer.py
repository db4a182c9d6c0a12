"""The `llm` proposer: a prompt, an answer, an edit, and one repair where the edit does not apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adrs.errors import ConfigError
from adrs.model.budget import Budget
from adrs.model.problem import Problem
from adrs.model.trial import Candidate, Selection, Trial
from adrs.proposer.contract import Ledger, ProposalRequest, Proposer, Rejected, checked_weights
from adrs.proposer.edits import changeable, drafts, read_answer
from adrs.proposer.llm.client import Message
from adrs.proposer.llm.ensemble import Ensemble
from adrs.proposer.llm.models import Models
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.notebook import Notebook
from adrs.proposer.prompt import PromptBuilder, base_of, kind_of

REPAIRABLE = frozenset({"bad_edit", "outside", "syntax", "forbidden", "no_code", "bad_text"})
"""Rejections that a model can put right when it is told the reason."""
ROLES = {"edit": "propose"}
"""What a first call is recorded as, where that is not its kind."""


class LLMProposer(Proposer):
    """Asks a model for an edit of the parent; of several models, the one that gains most per dollar."""

    def __init__(self, options: Mapping[str, Any], workers: int = 1) -> None:
        """Check everything that can be checked without a call.

        Args:
            options: see `LLMOptions`.
            workers: not used: how many calls are in flight is an option.

        Raises:
            ConfigError: a wrong option, no key, or litellm missing.
        """
        self.options = LLMOptions.of(options)
        self.models = Models(self.options)
        self.ensemble = Ensemble(self.models.arms, self.options.kinds, self.options.repairs)
        self.notebook = Notebook()
        self._prompts = PromptBuilder(self.options.templates, self.options.inspirations)

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

    async def close(self) -> None:
        """Close connections."""
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
        failures = []
        for draft in found:
            failure = await request.check(draft.program)
            if failure is None:
                kind = kind_of(request)
                edit = draft.edit if kind == "edit" else f"{kind}+{draft.edit}"
                return Candidate(draft.program, edit, answer.summary)
            failures.append(failure)
        raise Rejected(failures[0].kind.value, failures[0].reason)
