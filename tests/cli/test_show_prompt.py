import json
from dataclasses import replace

import pytest

from adrs.archive.store import Archive
from adrs.model.call import ModelCall
from adrs.model.trial import Selection, Trial, TrialState


def call(text, answer, role="propose"):
    request = json.dumps(
        {"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}], "temperature": 0.5}
    )
    return ModelCall("gpt-5-mini", role, request, answer, 100, 20, 0.01, {}, 1, 2)


@pytest.fixture
def asked(recorded):
    """Trial 4 was rejected at once, and its second attempt hid something in its prompt."""
    with Archive.open(recorded.where) as archive:
        target = {"island": 2, "arm": "gpt-5-mini", "kind": "crossover"}
        selection = Selection(recorded.parent.digest, (recorded.best.digest,), target)
        trial = Trial(recorded.id, 4, TrialState.RUNNING, selection, asked_after=2)
        archive.begin_trial(trial)
        archive.record_call(recorded.id, 4, 0, call("the first {prompt}", "no code"))
        archive.record_proposal(recorded.id, 4, 0, None, reason="no_code: the answer holds no code")
        archive.record_call(
            recorded.id, 4, 1, call("the \u001b[31msecond [red]prompt[/red]", "x = 1", "repair")
        )
        archive.record_proposal(recorded.id, 4, 1, None, reason="unchanged: the same")
        archive.record(replace(trial, state=TrialState.REJECTED, reason="unchanged: the same", attempt=1))
    return recorded


def test_every_prompt_of_a_trial_is_printed_as_it_was_sent(invoke, asked):
    result = invoke("show", "last", "--trial", 4, "--prompt")

    assert result.exit_code == 0
    for said in (
        "the first {prompt}",
        "no code",
        "attempt 0 was rejected: no_code: the answer holds no code",
        "attempt 1, repair: gpt-5-mini",
        "[31msecond [red]prompt[/red]",
        '"temperature": 0.5',
    ):
        assert said in result.output
    assert "\u001b" not in result.output


def test_why_these_parents_is_said(invoke, asked):
    output = " ".join(invoke("show", "last", "--trial", 4, "--prompt").output.split())

    assert "when 2 trials had been told, by the strategy map_elites, for island 2." in output
    assert "one program from the parent and the inspirations" in output
    assert "Parent: trial 1, makespan_s" in output
    assert "number 2 of 3 then" in output
    assert "Inspiration: trial 2" in output
    assert "the best of 3 then" in output


def test_as_json_it_is_the_requests_themselves(invoke, asked):
    plain = json.loads(invoke("show", "last", "--trial", 4, "--prompt", "--json").output)

    assert [attempt["rejected"].partition(":")[0] for attempt in plain["attempts"]] == [
        "no_code",
        "unchanged",
    ]
    request = plain["attempts"][0]["calls"][0]["request"]
    assert request["messages"] == [{"role": "user", "content": "the first {prompt}"}]
    assert plain["selection"]["target"]["island"] == 2


def test_a_trial_without_a_model_says_so(invoke, recorded):
    assert "No model was asked" in invoke("show", recorded.best.digest[:12], "--prompt").output
    baseline = recorded.problem.spec.baseline[0]
    from adrs.plugins.problems import baseline_program

    digest = baseline_program(recorded.problem, baseline).digest
    result = invoke("show", digest[:12], "--prompt")
    assert (result.exit_code, "came from no trial" in result.output) == (2, True)
