"""The `llm` proposer: a prompt, an answer, an edit, and one repair where the edit does not apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adrs.errors import ConfigError
from adrs.model.budget import Budget
from adrs.model.trial import Candidate
from adrs.proposer.contract import Ledger, ProposalRequest, Proposer, Rejected
from adrs.proposer.edits import Draft, changeable, drafts, read_answer
from adrs.proposer.llm.cassette import Recorded, RecordedModel
from adrs.proposer.llm.client import Message, ModelClient
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.prices import price_of, require_price
from adrs.proposer.prompt import PromptBuilder
from adrs.sandbox.limited import LimitedFailure, LimitedPool

REPAIRABLE = frozenset({"bad_edit", "outside", "syntax", "no_code", "bad_text"})
"""Rejections that a model can put right when it is told the reason."""
MAX_PARSERS = 4


class LLMProposer(Proposer):
    """Asks a model for an edit of the parent."""

    def __init__(self, options: Mapping[str, Any], workers: int = 1) -> None:
        """Check everything that can be checked without a call.

        Args:
            options: see `LLMOptions`.
            workers: how many answers may be parsed at the same time.

        Raises:
            ConfigError: a wrong option, no key, or litellm missing.
        """
        self.options = LLMOptions.of(options)
        self.price = price_of(self.options.model, self.options.prices)
        self._model: ModelClient | RecordedModel = (
            RecordedModel(self.options.model, Recorded.open(self.options.replay))
            if self.options.replay
            else ModelClient(self.options)
        )
        self._prompts = PromptBuilder(self.options.templates, self.options.inspirations)
        self._parsers = LimitedPool(workers=max(1, min(workers, MAX_PARSERS)))
        self._open = False

    def check_budget(self, budget: Budget) -> None:
        """Refuse dollars for a model whose price is not known; see `Proposer.check_budget`."""
        require_price(self.options.model, self.price, budget.cost_usd)

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
        await self._model.close()

    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Return what the model made of the parent; see `Proposer.propose` and `ModelClient.ask`."""
        prompt = self._prompts.build(request, self.options.edit)
        answer = await self._answer(request, prompt.messages, "propose", ledger)
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
        return await self._model.ask(messages, role, ledger, budget=request.budget_left.get("cost_usd"))

    async def _candidate(self, request: ProposalRequest, text: str) -> Candidate:
        parent = request.parent.candidate
        if parent is None:
            raise ConfigError(
                f"Trial {request.parent.number} holds no program, so nothing can be built on it."
            )
        answer = read_answer(text, request.problem.entry_name)
        found = drafts(parent.program, changeable(request.problem, parent.program), answer)
        errors = []
        for draft in found:
            error = await self._syntax_error(request, draft)
            if error is None:
                return Candidate(draft.program, draft.edit, answer.summary)
            errors.append(error)
        raise Rejected("syntax", errors[0])

    async def _syntax_error(self, request: ProposalRequest, draft: Draft) -> str | None:
        parent = request.parent.candidate
        before = dict(parent.program.files) if parent else {}
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
