"""Proposals end to end against a real HTTP server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.errors import ConfigError, ProviderError, ProviderRefused
from adrs.model.budget import Budget
from adrs.model.program import Program
from adrs.model.trial import Candidate
from adrs.proposer.contract import BudgetSpent, ProposalRequest, Rejected
from adrs.proposer.llm import LLMProposer
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_server import LLMServer

GPT = {"model": "gpt-5-mini"}


async def propose(
    connect: Any, server: Any, request: ProposalRequest, ledger: Any, **options: Any
) -> Candidate:
    async with connect(server, **options) as proposer:
        candidate: Candidate = await proposer.propose(request, ledger)
        return candidate


@pytest.fixture
def run(connect: Any, make_request: Any, ledger: Any) -> Callable[..., Candidate]:
    """Propose once, with the request's fields in `request` and everything else an option."""

    def once(server: Any, request: dict[str, Any] | None = None, **options: Any) -> Candidate:
        return asyncio.run(propose(connect, server, make_request(**(request or {})), ledger, **options))

    return once


@pytest.mark.parametrize("edit", ["auto", "search_replace", "rewrite"])
def test_a_proposal_is_a_changed_program_that_parses(
    run: Any, serve: Any, ledger: Any, policy: str, edit: str
) -> None:
    server = serve()
    candidate = run(server, edit=edit)
    text = candidate.program.text("policy.py")
    assert text != policy
    compile(text, "policy.py", "exec")
    assert candidate.edit == ("search_replace" if edit == "search_replace" else "rewrite")
    assert candidate.summary
    assert ledger.events == ["reserve", "record propose"]
    assert server.counts.requests == 1


def test_what_was_sent_and_answered_is_recorded_whole(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    run(server, temperature=0.5, max_tokens=4000, effort="low", **GPT)
    (call,) = ledger.calls
    sent = dict(server.seen[0].body)
    assert json.loads(call.request) == sent
    assert {k: v for k, v in sent.items() if k != "messages"} == {
        "model": "gpt-5-mini",
        "temperature": 0.5,
        "max_tokens": 4000,
        "reasoning_effort": "low",
    }
    assert call.request == json.dumps(sent, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert call.usage["prompt_tokens"] == call.input_tokens > 100
    assert call.usage["completion_tokens"] == call.output_tokens > 10
    assert call.cost_usd == pytest.approx((0.25 * call.input_tokens + 2.0 * call.output_tokens) / 1e6)
    assert 0 < call.started_us <= call.ended_us


def test_only_what_the_user_set_is_sent(run: Any, serve: Any) -> None:
    server = serve()
    run(server)
    assert set(server.seen[0].body) == {"model", "messages"}


def test_the_same_request_and_answer_give_the_same_candidate(run: Any, serve: Any) -> None:
    server = serve()
    assert run(server) == run(server)
    assert run(server, {"rng": np.random.default_rng(99)}) != run(server)


def test_an_answer_is_recorded_before_it_is_parsed(
    run: Any, serve: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        assert ledger.events == ["reserve", "record propose"]
        raise MemoryError("the parser died")

    monkeypatch.setattr("adrs.proposer.llm.proposer.read_answer", crash)
    with pytest.raises(MemoryError):
        run(serve())
    assert ledger.calls[0].answer
    assert ledger.reserved_usd == 0


def test_a_recorded_answer_is_used_and_never_asked_for_again(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    first = run(server)
    answer = ledger.calls[0].answer
    server.stop()
    assert run(server, {"recorded": {"propose": answer}}) == first
    assert ledger.events == ["reserve", "record propose"]


def test_of_a_recorded_bad_edit_only_the_repair_is_asked_for(run: Any, serve: Any, ledger: Any) -> None:
    whole, resumed = serve(script=("bad_edit",)), serve()
    first = run(whole)
    bad, repaired = (call.answer for call in ledger.calls)
    ledger.events.clear()
    assert run(resumed, {"recorded": {"propose": bad}}) == first
    assert ledger.events == ["reserve", "record repair"]
    assert resumed.counts.requests == 1
    assert run(resumed, {"recorded": {"propose": bad, "repair": repaired}}) == first
    assert resumed.counts.requests == 1


def test_a_bad_edit_is_repaired_once_with_the_exact_mismatch(run: Any, serve: Any, ledger: Any) -> None:
    server = serve(script=("bad_edit",))
    run(server)
    assert [call.role for call in ledger.calls] == ["propose", "repair"]
    messages = server.seen[1].body["messages"]
    assert messages[:2] == server.seen[0].body["messages"]
    assert "no such line = 12345" in messages[2]["content"]
    assert "SEARCH part of block 1 of 1 matches nothing" in messages[3]["content"]


def test_after_a_second_bad_edit_the_proposal_is_rejected(run: Any, serve: Any, ledger: Any) -> None:
    server = serve(then="bad_edit")
    with pytest.raises(Rejected, match="bad_edit: the SEARCH part"):
        run(server)
    assert server.counts.requests == 2
    assert ledger.events == ["reserve", "record propose", "reserve", "record repair"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("```python\nclass Policy:\n    def step(self\n```\n", "syntax"),
        (f"```python\nx = {'(' * 3000}{')' * 3000}\n```\n", "syntax"),
        (f"```python\nx = {'-' * 100_000}1\n```\n", "syntax"),
        (f"```python\nx = {'9' * 10_000}\n```\n", "syntax"),
        ("```python\nx = 1\nbreak\n```\n", "syntax"),
        ("Sorry, no.", "refused"),
        ("", "empty_answer"),
    ],
)
def test_no_program_that_does_not_parse_is_ever_proposed(
    run: Any, serve: Any, answer: str, kind: str
) -> None:
    with pytest.raises(Rejected) as caught:
        run(serve(), {"recorded": {"propose": answer, "repair": answer}})
    assert caught.value.kind == kind


def test_of_several_fences_the_largest_that_parses_is_taken(run: Any, serve: Any) -> None:
    answer = (
        "Idea.\n```\n$ run --fast --now | grep something long enough to be larger\n```\n"
        "```\nclass Policy: ...\n```\n"
    )
    assert run(serve(), {"recorded": {"propose": answer}}).program.text("policy.py") == "class Policy: ...\n"


def test_what_the_gate_forbids_is_put_right_by_one_repair(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    forbidden = "```python\nimport os\n\n\nclass Policy: ...\n```\n"
    candidate = run(server, {"recorded": {"propose": forbidden}})
    assert "import os" not in candidate.program.text("policy.py")
    assert ledger.events == ["reserve", "record repair"]
    said = server.seen[0].body["messages"][-1]["content"]
    assert "forbidden: policy.py, line 1: import of os is not allowed" in said


def test_a_program_without_its_entry_is_put_right_by_one_repair(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    run(server, {"recorded": {"propose": "```python\nx = 1\n```\n"}})
    assert ledger.events == ["reserve", "record repair"]
    assert "policy.py does not define Policy" in server.seen[0].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("fault", "kind", "repaired"),
    [
        ("empty", "empty_answer", False),
        ("null", "empty_answer", False),
        ("refusal", "refused", False),
        ("garbage", "no_code", True),
        ("truncated", "truncated", False),
        ("too_long", "prompt_too_long", False),
    ],
)
def test_an_answer_without_an_edit_is_rejected_by_its_kind(
    run: Any, serve: Any, ledger: Any, fault: str, kind: str, repaired: bool
) -> None:
    server = serve(then=fault)
    with pytest.raises(Rejected) as caught:
        run(server, edit="rewrite")
    assert caught.value.kind == kind
    assert server.counts.requests == 1 + repaired
    answered = 0 if fault == "too_long" else server.counts.requests
    assert len(ledger.calls) == answered
    assert ledger.reserved_usd == 0


@pytest.mark.parametrize("fault", ["429", "500", "503", "dead", "html", "cut", "wrong_format"])
def test_a_passing_fault_is_retried_and_paid_once(run: Any, serve: Any, ledger: Any, fault: str) -> None:
    server = serve(script=(fault, fault))
    run(server)
    assert server.counts.requests == 3
    assert ledger.events == ["reserve", "record propose"]


@pytest.mark.parametrize("fault", ["429", "500", "dead", "html"])
def test_a_fault_that_does_not_pass_ends_after_the_retries(
    run: Any, serve: Any, ledger: Any, fault: str
) -> None:
    server = serve(then=fault, retry_after_s=0.001)
    with pytest.raises(ProviderError, match=r"It was asked 3 times\.$"):
        run(server, retries=2)
    assert server.counts.requests == 3
    assert ledger.events == ["reserve", "nothing"]
    assert ledger.reserved_usd == 0


@pytest.mark.parametrize(
    ("fault", "said"), [("401", "check the key"), ("404", "model"), ("quota", "no quota left")]
)
def test_a_permanent_fault_stops_at_once_with_one_sentence(
    connect: Any, make_request: Any, ledger: Any, serve: Any, fault: str, said: str
) -> None:
    server = serve(then=fault)

    async def many() -> list[BaseException | Candidate]:
        async with connect(server) as proposer:
            proposals = [proposer.propose(make_request(), ledger) for _ in range(3)]
            first = await asyncio.gather(*proposals, return_exceptions=True)
            assert server.counts.requests == 3  # all were in flight before the first answer came
            return [
                *first,
                *await asyncio.gather(proposer.propose(make_request(), ledger), return_exceptions=True),
            ]

    refusals = asyncio.run(many())
    assert [type(refusal) for refusal in refusals] == [ProviderRefused] * 4
    assert said in str(refusals[0])
    assert "\n" not in str(refusals[0])
    assert server.counts.requests == 3
    assert ledger.calls == []
    assert ledger.reserved_usd == 0


def test_a_server_that_dies_and_one_that_never_was(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    run(server)
    server.stop()
    with pytest.raises(ProviderError, match="cannot be reached"):
        run(server, retries=1)
    assert len(ledger.calls) == 1


def test_a_slow_answer_is_given_up_and_its_reservation_released(run: Any, serve: Any, ledger: Any) -> None:
    with pytest.raises(ProviderError, match="gave no answer in time"):
        run(serve(latency_s=0.6), timeout_s=0.1, retries=1, **GPT)
    assert ledger.events == ["reserve", "nothing"]
    assert ledger.reserved_usd == 0


def test_a_cancelled_call_releases_its_reservation(
    connect: Any, make_request: Any, ledger: Any, serve: Any
) -> None:
    async def cancel() -> None:
        async with connect(serve(latency_s=0.5), **GPT) as proposer:
            task = asyncio.create_task(proposer.propose(make_request(), ledger))
            while not ledger.events:
                await asyncio.sleep(0.01)
            assert ledger.reserved_usd > 0
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
    assert ledger.events == ["reserve", "nothing"]
    assert ledger.reserved_usd == pytest.approx(0)


def test_a_parameter_that_is_rejected_is_left_out_from_then_on(
    connect: Any, make_request: Any, ledger: Any, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(rejects=("temperature", "reasoning_effort"))

    async def twice() -> None:
        async with connect(server, temperature=0.3, effort="low", retries=0) as proposer:
            await proposer.propose(make_request(), ledger)
            await proposer.propose(make_request(rng=np.random.default_rng(1)), ledger)

    asyncio.run(twice())
    assert server.counts.requests == 4
    assert set(server.seen[-1].body) == {"model", "messages"}
    notices = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert len(notices) == 2
    assert "The option temperature is left out from now on." in " ".join(notices)


def test_the_limit_on_the_answer_is_tried_under_its_other_name(run: Any, serve: Any) -> None:
    server = serve(rejects=("max_tokens",))
    run(server, max_tokens=3000)
    assert server.seen[-1].body["max_completion_tokens"] == 3000
    neither = serve(rejects=("max_tokens", "max_completion_tokens"))
    run(neither, max_tokens=3000)
    assert set(neither.seen[-1].body) == {"model", "messages"}
    assert neither.counts.requests == 3


def test_a_server_that_rejects_everything_is_a_permanent_fault(run: Any, serve: Any) -> None:
    server = serve(then="unknown_parameter")
    with pytest.raises(ProviderRefused, match="temperature"):
        run(server, temperature=0.5)
    assert server.counts.requests == 2


def test_the_worst_case_is_reserved_and_covers_the_cost(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    run(server, {"budget_left": {"cost_usd": 5.0}}, **GPT)
    assert server.seen[0].body["max_tokens"] == 16_384
    assert ledger.worst_usd[0] > 16_384 * 2.0 / 1e6
    assert 0 < ledger.spent_usd < ledger.worst_usd[0]


def test_a_budget_that_does_not_cover_a_call_stops_before_it(
    connect: Any, make_request: Any, make_ledger: Any, serve: Any
) -> None:
    server, ledger = serve(), make_ledger(limit_usd=0.01)
    with pytest.raises(BudgetSpent):
        asyncio.run(propose(connect, server, make_request(budget_left={"cost_usd": 0.01}), ledger, **GPT))
    assert server.counts.requests == 0
    assert ledger.events == ["reserve"]


def test_a_budget_in_dollars_needs_a_price(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    with pytest.raises(ConfigError, match="price of the model 'adrs-local' is not known"):
        LLMProposer({"model": "adrs-local", "base_url": server.url}).check_budget(Budget(cost_usd=5.0))
    with pytest.raises(ConfigError, match="price of the model 'adrs-local' is not known"):
        run(server, {"budget_left": {"cost_usd": 5.0}})
    assert server.counts.requests == 0
    run(server, {"budget_left": {"cost_usd": 5.0}}, prices={"adrs-local": {"input": 1, "output": 4}})
    assert ledger.spent_usd > 0


def test_an_unpriced_model_costs_unknown_and_not_nothing(run: Any, serve: Any, ledger: Any) -> None:
    run(serve())
    assert ledger.calls[0].cost_usd is None


def test_no_more_calls_are_in_flight_than_asked_for(
    connect: Any, make_request: Any, ledger: Any, serve: Any
) -> None:
    server = serve(latency_s=0.05)

    async def many() -> None:
        async with connect(server, concurrency=3) as proposer:
            requests = [make_request(rng=np.random.default_rng(i)) for i in range(9)]
            await asyncio.gather(*(proposer.propose(request, ledger) for request in requests))

    asyncio.run(many())
    assert server.counts.in_flight_max == 3
    assert len(ledger.calls) == 9


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(
    run: Any, serve: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = "sk-very-secret-0123456789"
    server = serve(key=key)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    caplog.set_level("INFO")
    candidate = run(server)
    assert key not in repr((ledger.calls, candidate, caplog.text))
    monkeypatch.setenv("OPENAI_API_KEY", wrong := "hunter2-hunter2-hunter2")
    with pytest.raises(ProviderRefused) as caught:
        run(server)
    assert "Incorrect API key provided: [key]" in str(caught.value)
    assert wrong not in "".join(map(repr, (caught.value, caught.value.__cause__, caplog.text)))


def test_without_a_key_or_a_server_there_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY"):
        LLMProposer({"model": "gpt-5-mini"})


def test_the_server_may_be_named_in_the_environment(
    serve: Any, make_request: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)

    async def once() -> None:
        async with LLMProposer({"model": "some/name"}) as proposer:
            await proposer.propose(make_request(), ledger)

    asyncio.run(once())
    assert server.seen[0].body["model"] == "some/name"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(st.sampled_from(["ok", "ok", "bad_edit", "empty", "500", "html", "dead"]), max_size=12),
    limit_usd=st.floats(0.001, 0.2),
    concurrency=st.integers(1, 8),
)
def test_a_budget_is_never_exceeded_and_used_as_far_as_it_goes(
    connect: Any, make_request: Any, make_ledger: Any, script: list[str], limit_usd: float, concurrency: int
) -> None:
    ledger = make_ledger(limit_usd=limit_usd)

    async def many(server: Any) -> list[Any]:
        options = {"concurrency": concurrency, "retries": 1, "max_tokens": 2000, **GPT}
        async with connect(server, **options) as proposer:
            requests = [
                make_request(rng=np.random.default_rng(i), budget_left={"cost_usd": limit_usd})
                for i in range(12)
            ]
            proposals = (proposer.propose(request, ledger) for request in requests)
            return await asyncio.gather(*proposals, return_exceptions=True)

    with LLMServer(Settings(script=tuple(script))) as server:
        ended = asyncio.run(many(server))
    assert all(isinstance(e, Candidate | BudgetSpent | Rejected | ProviderError) for e in ended)
    assert ledger.spent_usd <= limit_usd
    assert ledger.reserved_usd == pytest.approx(0)
    if any(isinstance(e, BudgetSpent) for e in ended):
        assert limit_usd - ledger.spent_usd < max(ledger.worst_usd)  # one more call could have been too much


def test_calls_in_flight_do_not_end_a_run_that_can_still_pay(
    connect: Any, make_request: Any, make_ledger: Any, serve: Any
) -> None:
    server, ledger = serve(latency_s=0.02), make_ledger(limit_usd=0.05)

    async def many() -> list[Any]:
        async with connect(server, **GPT) as proposer:
            requests = [
                make_request(rng=np.random.default_rng(i), budget_left={"cost_usd": 0.05}) for i in range(8)
            ]
            return await asyncio.gather(*(proposer.propose(request, ledger) for request in requests))

    assert len(asyncio.run(many())) == 8
    assert server.counts.in_flight_max == 1  # 16384 tokens of gpt-5-mini: 3.3 cents


def test_cut_answers_are_said_once(run: Any, serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Rejected, match=r"no_code|truncated"):
        run(serve(), max_tokens=20)
    assert caplog.text.count("are cut") == 1
    assert "cut at 20 tokens, reasoning included; set proposer.options.max_tokens higher" in caplog.text


@pytest.mark.parametrize(("kind", "edit"), [("crossover", "crossover+rewrite"), ("fresh", "fresh+rewrite")])
def test_every_kind_of_edit_is_proposed_and_recorded_as_what_it_is(
    run: Any, serve: Any, ledger: Any, make_trial: Any, policy: str, kind: str, edit: str
) -> None:
    other = make_trial(Program.of({"policy.py": policy.replace("> 2", "> 4")}), 2)
    candidate = run(serve(), {"target": {"kind": kind}, "inspirations": (other,)})
    assert candidate.edit == edit
    assert [call.role for call in ledger.calls] == [kind]


def test_a_fix_edits_the_failed_candidate_and_not_the_parent(
    run: Any, serve: Any, ledger: Any, make_trial: Any, policy: str
) -> None:
    broken = policy.replace("return 0", "return 1 / 0")
    failed = make_trial(Program.of({"policy.py": broken}), 5)
    answer = "Fix.\n<<<<<<< SEARCH\n        return 1 / 0\n=======\n        return 0\n>>>>>>> REPLACE\n"
    request = {"target": {"kind": "fix", "repairs": 5}, "failed": failed, "recorded": {"fix": answer}}
    candidate = run(serve(), request)
    assert candidate.program.text("policy.py") == policy
    assert candidate.edit == "fix+search_replace"
    assert ledger.calls == []


def test_the_model_and_effort_of_the_arm_are_asked(run: Any, serve: Any, ledger: Any) -> None:
    server = serve()
    models = {"model": "", "models": ["one", {"model": "two", "efforts": ["low", "high"]}]}
    run(server, {"target": {"arm": "two@high", "kind": "edit"}}, **models)
    run(server, {"target": {"arm": "gone", "kind": "edit"}}, **models)
    sent = [(dict(seen.body)["model"], dict(seen.body).get("reasoning_effort")) for seen in server.seen]
    assert sent == [("two", "high"), ("one", None)]


def test_models_of_a_run_wait_for_money_that_another_holds(
    connect: Any, make_request: Any, make_ledger: Any, serve: Any
) -> None:
    server, ledger = serve(latency_s=0.02), make_ledger(limit_usd=0.05)

    async def many() -> list[Any]:
        async with connect(server, model="", models=["gpt-5-mini", "gpt-5.4-nano"]) as proposer:
            proposals = []
            for number in range(6):
                arm = ("gpt-5-mini", "gpt-5.4-nano")[number % 2]
                request = make_request(
                    rng=np.random.default_rng(number), budget_left={"cost_usd": 0.05}, target={"arm": arm}
                )
                proposals.append(proposer.propose(request, ledger))
            return await asyncio.gather(*proposals)

    assert len(asyncio.run(many())) == 6
    assert ledger.spent_usd <= 0.05
