"""One cheap call to a model: does the key work, what does it cost, how long does it take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from adrs.proposer.contract import Ledger

if TYPE_CHECKING:
    from adrs.cli.doctor import Finding
    from adrs.model.call import ModelCall
    from adrs.proposer.llm.client import ModelClient

_LONGEST_ANSWER_TOKENS = 256
_PATIENCE_S = 60.0


class _Kept(Ledger):
    """Keeps the one call; there is no budget to hold."""

    call: ModelCall | None = None

    def reserve(self, cost_usd: float) -> None:
        """Nothing is set aside."""

    def settle(self, reserved_usd: float, call: ModelCall | None) -> None:
        """Keep the call."""
        self.call = call


def check_model(model: str) -> Iterator[Finding]:
    """Ask a model for one word, and say what came back and what it cost."""
    import asyncio

    from adrs.cli.doctor import Finding
    from adrs.cli.wording import duration, money
    from adrs.errors import ProviderError, UserError
    from adrs.proposer.contract import Rejected
    from adrs.proposer.llm.client import ModelClient
    from adrs.proposer.llm.options import LLMOptions

    name = f"model {model}"
    settings = {"model": model, "max_tokens": _LONGEST_ANSWER_TOKENS, "timeout_s": _PATIENCE_S, "retries": 0}
    try:
        client = ModelClient(LLMOptions.of(settings))
        yield Finding(name, *_price(client))
        call = asyncio.run(_ask(client))
    except (UserError, ProviderError, Rejected) as error:
        yield Finding(name, "bad", str(error))
        return
    if call is None:
        yield Finding(name, "bad", "no answer came")
        return
    yield from _works(name, client, call)
    took_s = (call.ended_us - call.started_us) / 1e6
    cost = "at an unknown price" if call.cost_usd is None else f"for {money(call.cost_usd)}"
    tokens = f"{call.input_tokens} tokens in, {call.output_tokens} out"
    yield Finding(name, "ok", f"answered in {duration(took_s)}, {tokens}, {cost}")


def _price(client: ModelClient) -> tuple[Literal["ok", "note", "bad"], str]:
    if client.price is None:
        return (
            "note",
            "its price is unknown, so no budget in dollars can be held; give it with proposer.options.prices",
        )
    price = client.price
    return "ok", f"list price ${price.input:g} in and ${price.output:g} out per million tokens"


async def _ask(client: ModelClient) -> ModelCall | None:
    kept = _Kept()
    try:
        await client.ask(
            [{"role": "user", "content": "Answer with the word: ready"}], "check", kept, budget=None
        )
    finally:
        await client.close()
    return kept.call


def _works(name: str, client: ModelClient, call: ModelCall) -> Iterator[Finding]:
    """Say what the server was found to take and to state."""
    from adrs.cli.doctor import Finding
    from adrs.cli.wording import safe

    for option, instead in client.learned.items():
        said = f"taken as {instead}" if instead else "not taken; it is left out"
        yield Finding(name, "note", f"the option {option} is {said}")
    if not call.usage:
        yield Finding(name, "note", "it does not say how many tokens it used, so a call's cost is unknown")
    limits = ", ".join(f"{safe(value, 40)} {safe(what, 40)}" for what, value in client.limits.items())
    yield Finding(name, "ok", f"rate limits: {limits}" if limits else "it states no rate limits")
