"""The fault table: whatever a model server does, no trial is lost and nothing is paid twice.

The cap holds too, and a run that cannot go on ends with one clear sentence. The loop, the archive and the
HTTP server are real; evaluation is scripted.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adrs.model.trial import TrialState
from adrs.proposer.llm import LLMProposer
from adrs.run.resume import interrupted
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_pool import Pooled
from adrs.testing.llm_server import LLMServer

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TRIALS = 10
POOL = tuple(Pooled(f"gain = {number / 8}\n", is_program=True) for number in range(1, 400))
CAP_USD = 2.0


def named(request):
    raise AssertionError("no model was asked")


@pytest.fixture
def rig_of(make_rig, tmp_path):
    numbers = count()

    def make(**options):
        rig = make_rig.of(tmp_path / f"rig{next(numbers)}", make=named, limit_usd=CAP_USD, **options)
        rig.archive_calls = lambda: [
            call for number in range(TRIALS + 5) for call in rig.archive.calls(RUN, number)
        ]
        return rig

    return make


def with_server(rig, server, trials=TRIALS, **options):
    """Work with a model at a server, and return why that ended."""
    rig.proposer = LLMProposer(
        {"model": "gpt-5-mini", "base_url": server.url, "backoff_s": 0.001, "retries": 3, "max_tokens": 4000}
        | options
    )
    return rig.work(trials, in_flight=3, proposing=True)


def check_books(rig, server_answers):
    """No answer is recorded twice, what was recorded was answered, and the cap holds."""
    calls = rig.archive_calls()
    asked = Counter(call.request for call in calls)
    assert max(asked.values(), default=1) == 1
    assert len(calls) <= server_answers
    spent = rig.archive.usage(RUN).cost_usd
    assert spent == pytest.approx(sum(call.cost_usd for call in calls))
    assert spent <= CAP_USD
    assert rig.purse.reserved_usd == pytest.approx(0)
    told = [trial for trial in rig.trials().values() if trial.told is not None]
    assert sorted(trial.told for trial in told) == list(range(len(told)))
    for trial in told:
        assert trial.cost_usd == pytest.approx(sum(c.cost_usd for c in rig.archive.calls(RUN, trial.number)))


# What the server does, every how many requests, and how the run ends: every trial told, or a sentence.
TABLE = {
    "429 storm": ({"then": "429", "every": 2, "retry_after_s": 0.001}, None),
    "500 now and then": ({"then": "500", "every": 3}, None),
    "overloaded": ({"then": "503", "every": 2}, None),
    "garbage": ({"then": "garbage", "every": 2}, None),
    "garbage for ever": ({"then": "garbage"}, None),
    "truncated": ({"then": "truncated", "every": 2}, None),
    "empty": ({"then": "empty", "every": 2}, None),
    "no content": ({"then": "null", "every": 2}, None),
    "refusals": ({"then": "refusal", "every": 2}, None),
    "edits that do not apply": ({"then": "bad_edit", "every": 2}, None),
    "wrong format": ({"then": "wrong_format", "every": 3}, None),
    "a page of HTML": ({"then": "html", "every": 3}, None),
    "half a body": ({"then": "cut", "every": 3}, None),
    "connections reset": ({"then": "dead", "every": 3}, None),
    "429 for ever": ({"then": "429", "retry_after_s": 0.001}, "Rate limit reached"),
    "500 for ever": ({"script": ("ok",) * 6, "then": "500"}, "The server had an error"),
    "a revoked key": ({"script": ("ok",) * 6, "then": "401"}, "check the key"),
    "an unknown model": ({"then": "404"}, "check the model's name"),
    "a spent quota": ({"script": ("ok",) * 6, "then": "quota"}, "no quota left"),
}


@pytest.mark.parametrize("name", TABLE)
def test_whatever_a_server_does_no_trial_is_lost_and_nothing_is_paid_twice(rig_of, name):
    faults, said = TABLE[name]
    rig = rig_of()
    with LLMServer(Settings(**faults), pool=POOL) as server:
        reason = with_server(rig, server)
        answers = server.counts.requests
    check_books(rig, answers)
    if said is None:
        assert reason == "trials"
    else:
        assert said in reason
        assert len(reason.splitlines()) == 1
        assert len([t for t in rig.trials().values() if t.told is not None]) < TRIALS
        with LLMServer(pool=POOL[100:]) as server:
            assert with_server(rig, server) == "trials"
            check_books(rig, answers + server.counts.requests)
    states = Counter(trial.state for number, trial in rig.trials().items() if number)
    assert states.keys() <= {TrialState.COMPLETED, TrialState.REJECTED}
    assert states.total() == TRIALS
    assert interrupted(rig.archive, RUN) == []


def test_a_server_that_dies_ends_the_run_and_a_new_one_goes_on(rig_of):
    rig = rig_of()
    server = LLMServer(pool=POOL)
    with server:
        with_server(rig, server, trials=4)
    reason = with_server(rig, server)
    assert "cannot be reached" in reason
    assert len(rig.archive.incidents(RUN)) >= 5
    told = [trial.number for trial in rig.trials().values() if trial.told is not None]
    assert sorted(told) == list(range(5))
    with LLMServer(pool=POOL[50:]) as other:
        assert with_server(rig, other) == "trials"
    check_books(rig, server.counts.requests + other.counts.requests)


FAULTS = ("ok", "ok", "ok", "429", "500", "garbage", "empty", "truncated", "bad_edit", "html", "dead", "401")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    script=st.lists(st.sampled_from(FAULTS), max_size=20),
    cap_usd=st.floats(0.005, 0.08),
    concurrency=st.integers(1, 4),
)
def test_the_cap_is_never_exceeded_and_no_trial_is_lost(rig_of, script, cap_usd, concurrency):
    rig = rig_of()
    rig.limit_usd = cap_usd
    with LLMServer(Settings(script=tuple(script), retry_after_s=0.001), pool=POOL) as server:
        reason = with_server(rig, server, concurrency=concurrency)
    spent = rig.archive.usage(RUN).cost_usd
    assert spent <= cap_usd
    assert reason == "trials" or reason.startswith(("cost_usd", "provider: ")) or "of ours" in reason
    begun, told = rig.trials(), [t for t in rig.trials().values() if t.told is not None]
    left = {job.trial.number for job in interrupted(rig.archive, RUN)}
    assert left | {trial.number for trial in told} == set(begun)
    check_books(rig, server.counts.requests)
    rig.archive.close()
