from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.proposer.llm.client import ModelClient
from adrs.proposer.llm.gate import Gate
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.transport import stated_limits


def test_a_refusal_halves_and_answers_widen_again_up_to_what_was_asked_for() -> None:
    async def live() -> list[int]:
        gate = Gate(8)
        tickets = [await gate.enter() for _ in range(8)]
        widths = []
        for ticket in tickets:  # all in flight together: they say the same thing once
            gate.refused(ticket)
            gate.leave()
        widths.append(int(gate.width))
        gate.refused(await gate.enter())
        widths.append(int(gate.width))
        for _ in range(100):
            gate.answered()
        return [*widths, int(gate.width)]

    assert asyncio.run(live()) == [4, 2, 8]


def test_one_call_may_always_be_made() -> None:
    async def live() -> float:
        gate = Gate(4)
        for _ in range(20):
            gate.refused(await gate.enter())
            gate.leave()
        return gate.width

    assert asyncio.run(live()) == 1.0


def test_places_are_given_in_the_order_of_asking_and_none_is_lost_to_one_who_gave_up() -> None:
    async def live() -> list[int]:
        gate, order = Gate(1), []

        async def call(number: int) -> None:
            await gate.enter()
            order.append(number)
            await asyncio.sleep(0)
            gate.leave()

        first = await gate.enter()
        tasks = [asyncio.create_task(call(number)) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        gate.leave()
        tasks[0].cancel()  # its place was given to it just now
        await asyncio.gather(*tasks, return_exceptions=True)
        assert first == 1
        assert gate.in_flight == 0
        return order

    assert asyncio.run(live()) == [2, 3]


@given(
    st.lists(st.sampled_from(["enter", "leave", "answered", "refused", "cancel"]), max_size=80),
    st.integers(1, 6),
)
def test_there_are_never_more_in_flight_than_the_gate_is_wide_when_they_enter(
    steps: list[str], most: int
) -> None:
    async def live() -> None:
        gate = Gate(most)
        tasks: list[asyncio.Task[int]] = []
        inside: list[asyncio.Task[int]] = []
        for step in steps:
            before = gate.in_flight
            if step == "enter":
                tasks.append(asyncio.create_task(gate.enter()))
            elif step == "leave" and inside:
                inside.pop(0)
                gate.leave()
            elif step == "answered":
                gate.answered()
            elif step == "refused" and inside:
                gate.refused(inside[-1].result())
            elif step == "cancel" and tasks:
                tasks.pop().cancel()
            for _ in range(3):
                await asyncio.sleep(0)
            inside += [task for task in tasks if task.done() and not task.cancelled()]
            tasks = [task for task in tasks if not task.done()]
            assert 1 <= gate.width <= most
            assert gate.in_flight == len(inside) <= max(before, int(gate.width))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(live())


@pytest.mark.parametrize("concurrency", [2, 6])
def test_a_storm_of_429_narrows_the_client_and_loses_no_call(
    serve: Any, make_ledger: Any, concurrency: int
) -> None:
    server = serve(script=("429",) * 12, retry_after_s=0.001, latency_s=0.005)
    ledger, widths = make_ledger(limit_usd=2.0), []

    async def many() -> list[str]:
        settings = {"model": "gpt-5-mini", "base_url": server.url, "backoff_s": 0.001, "retries": 20}
        client = ModelClient(LLMOptions.of({**settings, "concurrency": concurrency}))

        async def ask(number: int) -> str:
            said = await client.ask([{"role": "user", "content": str(number)}], "check", ledger, budget=2.0)
            widths.append(client.width)
            return said

        try:
            return await asyncio.gather(*(ask(number) for number in range(30)))
        finally:
            await client.close()

    assert len(asyncio.run(many())) == 30
    assert len(ledger.calls) == 30
    assert ledger.reserved_usd == pytest.approx(0)
    assert server.counts.requests == 30 + 12
    assert min(widths) <= 2
    assert max(widths) == concurrency
    assert server.counts.in_flight_max <= concurrency


def test_money_that_waits_for_a_place_does_not_keep_the_place_waiting_for_money(
    serve: Any, make_ledger: Any
) -> None:
    server = serve(script=("429", "429"), retry_after_s=0.001)
    ledger = make_ledger(limit_usd=0.05)  # one worst case of 3.3 cents at a time

    async def many() -> list[str]:
        client = ModelClient(
            LLMOptions.of(
                {"model": "gpt-5-mini", "base_url": server.url, "concurrency": 1, "backoff_s": 0.001}
            )
        )
        asked = [
            client.ask([{"role": "user", "content": str(n)}], "check", ledger, budget=0.05) for n in range(6)
        ]
        try:
            return await asyncio.wait_for(asyncio.gather(*asked), 20)
        finally:
            await client.close()

    assert len(asyncio.run(many())) == 6


def test_the_rate_limits_that_a_server_states() -> None:
    headers = {
        "X-RateLimit-Limit-Requests": "500",
        "x-ratelimit-limit-tokens": "30000",
        "x-ratelimit-remaining-tokens": "29000",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "server": "x",
    }
    assert stated_limits(headers) == {"requests": "50", "tokens": "30000"}
