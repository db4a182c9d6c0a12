from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import types
from typing import Any

import openai
import pytest

from adrs.errors import ConfigError, ProviderError
from adrs.proposer.llm.client import MAX_RETRY_AFTER_S, ModelClient, read_completion
from adrs.proposer.llm.faults import CallFailed, Fault, MalformedAnswer, classify
from adrs.proposer.llm.openai_http import OpenAITransport
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.transport import LiteLLMTransport, transport_for

MESSAGES = [{"role": "user", "content": "hello"}]


def ask(options: dict[str, Any], ledger: Any, budget: float | None = None) -> str:
    async def once() -> str:
        client = ModelClient(LLMOptions.of({"model": "adrs-local", **options}))
        try:
            return await client.ask(MESSAGES, "check", ledger, budget=budget)
        finally:
            await client.close()

    return asyncio.run(once())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("adrs.proposer.llm.client.asyncio.sleep", sleep)
    return slept


def test_waits_double_with_jitter_up_to_a_minute(serve: Any, ledger: Any, waits: list[float]) -> None:
    ask({"base_url": serve(script=("500",) * 9).url, "retries": 9}, ledger)
    bases = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(waits) == 9
    assert all(base / 2 <= wait <= base for base, wait in zip(bases, waits, strict=True))
    assert len({wait / base for base, wait in zip(bases, waits, strict=True)}) > 1


def test_a_server_that_asks_for_patience_gets_it(serve: Any, ledger: Any, waits: list[float]) -> None:
    ask({"base_url": serve(script=("429",), retry_after_s=30).url}, ledger)
    assert 30 <= waits[0] <= 33


def test_a_server_whose_patience_does_not_help_is_asked_ever_more_seldom(
    serve: Any, ledger: Any, waits: list[float]
) -> None:
    ask({"base_url": serve(script=("429",) * 5, retry_after_s=0.01).url}, ledger)
    assert 0.01 <= waits[0] <= 0.011
    bases = [1.0, 2.0, 4.0, 8.0]
    assert all(base / 2 <= wait <= base for base, wait in zip(bases, waits[1:], strict=True))


def test_a_server_is_never_asked_again_earlier_than_it_said(
    serve: Any, ledger: Any, waits: list[float]
) -> None:
    ask({"base_url": serve(script=("429",) * 5, retry_after_s=9).url}, ledger)
    assert len(waits) == 5
    assert all(9 <= wait <= 9.9 for wait in waits)


def test_a_server_that_asks_for_too_much_patience_is_given_up(
    serve: Any, ledger: Any, waits: list[float]
) -> None:
    server = serve(script=("429",), retry_after_s=MAX_RETRY_AFTER_S + 1)
    with pytest.raises(ProviderError, match="It was asked once"):
        ask({"base_url": server.url}, ledger)
    assert waits == []


def test_an_unmetered_answer_counts_its_worst_case_in_a_budget(
    serve: Any, make_ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    free, capped = make_ledger(), make_ledger(limit_usd=5.0)
    body = {"choices": [{"message": {"content": "hi"}}]}

    async def once(ledger: Any, budget: float | None) -> None:
        client = ModelClient(LLMOptions.of({"model": "gpt-5-mini", "base_url": server.url}))

        async def send(*_: object) -> dict[str, Any]:
            return body

        monkeypatch.setattr(client._transport, "send", send)
        await client.ask(MESSAGES, "check", ledger, budget=budget)
        await client.close()

    asyncio.run(once(free, None))
    asyncio.run(once(capped, 5.0))
    assert free.calls[0].cost_usd is None
    assert capped.calls[0].cost_usd == capped.worst_usd[0] > 0


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "hi"}, "hi"),
        ({"content": None}, ""),
        ({"content": None, "refusal": "no"}, "no"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 3]}, "ab"),
        ({"content": "lone \ud800"}, "lone ?"),
        ({"content": 17}, ""),
    ],
)
def test_the_text_of_a_completion(message: dict[str, Any], text: str) -> None:
    assert read_completion({"choices": [{"message": message}]}) == text


@pytest.mark.parametrize(
    "body", [{}, {"choices": []}, {"choices": [1]}, {"choices": [{}]}, {"error": {"code": 500}}]
)
def test_a_body_that_is_no_completion_is_malformed(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        read_completion(body)


def test_a_slash_is_a_provider_only_where_no_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, name = transport_for(LLMOptions(model="meta/llama", base_url="http://localhost/v1"))
    assert isinstance(transport, OpenAITransport)
    assert name == "meta/llama"
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 20)
    transport, name = transport_for(LLMOptions(model="openai/gpt-5"))
    assert isinstance(transport, OpenAITransport)
    assert (name, transport.limit_name) == ("gpt-5", "max_completion_tokens")


def test_no_sdk_is_imported_on_the_way_to_a_server() -> None:
    script = (
        "import sys\n"
        "import adrs.run.session, adrs.cli.model_check\n"
        "from adrs.proposer.llm.options import LLMOptions\n"
        "from adrs.proposer.llm.transport import transport_for\n"
        "transport_for(LLMOptions(model='m', base_url='http://localhost/v1'))\n"
        "print(sorted({'openai', 'litellm', 'httpx', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "['aiohttp']\n"


def test_litellm_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(ConfigError, match=r"pip install 'adrs\[litellm\]'"):
        transport_for(LLMOptions(model="anthropic/claude-haiku-4-5"))


def test_litellm_is_asked_without_retries_of_its_own(monkeypatch: pytest.MonkeyPatch, ledger: Any) -> None:
    asked: list[dict[str, Any]] = []
    body = {
        "choices": [{"message": {"role": "assistant", "content": "hi"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1},
    }

    class Answer:
        def model_dump_json(self) -> str:
            return json.dumps(body)

    async def acompletion(**request: Any) -> Answer:
        asked.append(request)
        if len(asked) == 1:
            raise openai.APIConnectionError(request=None)  # type: ignore[arg-type]  # litellm's errors are these
        return Answer()

    module = types.ModuleType("litellm")
    module.acompletion = acompletion  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "litellm", module)
    options = {"model": "anthropic/claude-haiku-4-5", "backoff_s": 0, "temperature": 1.0, "timeout_s": 9}
    assert ask(options, ledger) == "hi"
    assert asked[1] == {
        "model": "anthropic/claude-haiku-4-5",
        "messages": MESSAGES,
        "temperature": 1.0,
        "timeout": 9,
        "num_retries": 0,
        "max_retries": 0,
    }
    assert ledger.calls[0].cost_usd == pytest.approx((10 * 1.0 + 1 * 5.0) / 1e6)
    assert isinstance(transport_for(LLMOptions(model="a/b"))[0], LiteLLMTransport)


def error_of(kind: type[openai.APIError], status: int = 0, body: object = None, **headers: str) -> Exception:
    """Return what litellm raises: its errors are of these kinds."""
    if issubclass(kind, openai.APIStatusError):
        response: Any = types.SimpleNamespace(status_code=status, headers=headers, request=None)
        return kind("temperature is unsupported", response=response, body=body)
    return kind(request=None)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (error_of(openai.APIConnectionError), Fault("passing", "P cannot be reached.")),
        (error_of(openai.APITimeoutError), Fault("passing", "P gave no answer in time.")),
        (openai.OpenAIError("odd"), Fault("passing", "P answered out of form: odd.")),
        (
            error_of(openai.RateLimitError, 429, **{"retry-after": "7"}),
            Fault("passing", "P answered 429: temperature is unsupported.", 7.0, crowded=True),
        ),
        (
            error_of(openai.BadRequestError, 400),
            Fault("parameter", "P answered 400: temperature is unsupported.", parameter="temperature"),
        ),
        (
            error_of(openai.BadRequestError, 400, {"message": "no", "param": "temperature"}),
            Fault("parameter", "P answered 400: no.", parameter="temperature"),
        ),
        (
            error_of(openai.AuthenticationError, 401, {"message": "who?"}),
            Fault("refused", "P answered 401: who?; check the key in KEY."),
        ),
    ],
)
def test_what_litellm_raises_is_told_apart_like_what_a_server_says(
    monkeypatch: pytest.MonkeyPatch, error: Exception, fault: Fault
) -> None:
    async def acompletion(**_: object) -> None:
        raise error

    module = types.ModuleType("litellm")
    module.acompletion = acompletion  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "litellm", module)
    with pytest.raises((CallFailed, TimeoutError)) as caught:
        asyncio.run(LiteLLMTransport("p/m").send({"model": "p/m", "messages": MESSAGES}, 5.0))
    assert classify(caught.value, ["temperature"], "P", "KEY") == fault


def test_litellm_is_given_no_longer_than_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def acompletion(**_: object) -> None:
        await asyncio.sleep(30)

    module = types.ModuleType("litellm")
    module.acompletion = acompletion  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "litellm", module)
    with pytest.raises(TimeoutError):
        asyncio.run(LiteLLMTransport("p/m").send({"model": "p/m", "messages": MESSAGES}, 0.05))
