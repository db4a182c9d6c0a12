"""The models of a run: one client for each, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from adrs.proposer.contract import Ledger
from adrs.proposer.llm.cassette import Recorded, RecordedModel
from adrs.proposer.llm.client import Message, ModelClient
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.prices import price_of, require_price
from adrs.proposer.llm.till import Till


class Models:
    """Asks the model of an arm. An arm is `model`, or `model@effort` where there are several efforts."""

    def __init__(self, options: LLMOptions) -> None:
        """Make a client for each model; nothing is sent yet.

        Raises:
            ConfigError: a model is named twice, there is no key, or litellm is missing.
            DataError: a cassette cannot be read.
        """
        each, till = options.each(), Till()
        recorded = Recorded.open(options.replay) if options.replay else None
        self._clients: dict[str, ModelClient | RecordedModel] = {
            one.model: RecordedModel(one.model, recorded) if recorded else ModelClient(one, till)
            for one in each
        }
        self._prices = {one.model: price_of(one.model, one.prices) for one in each}
        self._arms = options.arms()

    @property
    def arms(self) -> Sequence[str]:
        """Names of all arms."""
        return tuple(self._arms)

    @property
    def priced(self) -> bool:
        """Whether the price of every model is known."""
        return all(price is not None for price in self._prices.values())

    def require_prices(self, budget_usd: float | None) -> None:
        """Refuse a dollar budget that cannot be held.

        Raises:
            ConfigError: a dollar budget is set and a model's price is unknown.
        """
        for model, price in self._prices.items():
            require_price(model, price, budget_usd)

    async def ask(
        self, arm: str, messages: Sequence[Message], role: str, ledger: Ledger, *, budget: float | None
    ) -> str:
        """Return an answer of an arm's model; see `ModelClient.ask`.

        An arm that is not known (the options have changed since it was chosen) means the first.
        """
        model, effort = self._arms.get(arm) or next(iter(self._arms.values()))
        return await self._clients[model].ask(messages, role, ledger, budget=budget, effort=effort)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()
