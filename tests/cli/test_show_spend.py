import json

import pytest

from adrs.archive.store import Archive
from adrs.cli.preview import preview
from adrs.model.call import ModelCall
from adrs.plugins import registry
from adrs.plugins.problems import find_problem
from adrs.run.config import resolve


def call(model="gpt-5-mini", role="propose", cost_usd=0.25, request='{"messages":[],"model":"m"}'):
    return ModelCall(model, role, request, "an answer", 1000, 200, cost_usd, {"prompt_tokens": 1000}, 1, 2)


@pytest.fixture
def spent(recorded):
    """Trial 1 was repaired and trial 2 applied at once; trial 3 never did, by a model without a price."""
    with Archive.open(recorded.where) as archive:
        for number, attempt, made in (
            (1, 0, call()),
            (1, 0, call(role="repair", cost_usd=0.125)),
            (2, 0, call()),
            (3, 0, call("nobody-knows", cost_usd=None)),
        ):
            archive.record_call(recorded.id, number, attempt, made)
    return recorded


def test_spend_is_split_by_role_and_by_model_and_unknown_is_not_nothing(invoke, spent):
    plain = json.loads(invoke("show", "last", "--json").output)["spend"]

    assert plain["by_role"]["repair"]["cost_usd"] == 0.125
    assert plain["by_role"]["propose"]["cost_usd"] is None
    assert plain["by_role"]["propose"]["known_usd"] == 0.5
    known, unknown = plain["by_model"]["gpt-5-mini"], plain["by_model"]["nobody-knows"]
    assert (known["cost_usd"], known["calls"], known["input_tokens"]) == (0.625, 3, 3000)
    assert (known["attempts"], known["applied"], known["repaired"], known["apply_rate"]) == (2, 1, 1, 0.5)
    assert (unknown["cost_usd"], unknown["unpriced_calls"], unknown["apply_rate"]) == (None, 1, 0.0)


def test_the_table_names_every_model_with_its_apply_rate(invoke, spent):
    output = invoke("show", "last").output

    assert "1 of 2 (50%)" in output
    assert "0 of 1 (0%)" in output
    assert "Spent by role: propose $0.5000 + unknown, repair $0.1250" in output
    assert "$0.00" not in output


def test_a_run_without_a_model_says_nothing_of_models(invoke, recorded):
    assert "apply" not in invoke("show", "last").output
    assert json.loads(invoke("show", "last", "--json").output)["spend"] == {
        "by_role": {},
        "by_model": {},
        "curve": [],
        "arms": {},
    }


def test_the_curve_says_what_was_best_after_how_many_dollars(invoke, spent):
    plain = json.loads(invoke("show", "last", "--json").output)

    curve = plain["spend"]["curve"]
    best = [point["best"] for point in curve]
    assert [point["trial"] for point in curve] == [0, 1, 2, 3]
    assert best[0] > best[1] > best[2] == best[3]


@pytest.mark.parametrize(
    ("model", "budget", "said"),
    [
        ("gpt-5-mini", {"cost_usd": 1.0}, r"\$1.00 buys about"),
        ("gpt-5-mini", {"trials": 50}, "50 trials cost"),
        ("nobody-knows", {"trials": 50}, "unknown, so what is spent will be unknown too"),
    ],
)
def test_what_a_run_will_cost_is_said_before_it_begins(render, model, budget, said):
    config = resolve(
        {
            "problem": "flow_shop",
            "budget": budget,
            "proposer": {"name": "llm", "options": {"model": model, "base_url": "http://localhost/v1"}},
        }
    )

    text = " ".join(
        render(
            preview(config, find_problem("flow_shop"), registry.sandbox("none"), assumed=False), width=200
        ).split()
    )

    assert said.replace("\\", "") in text
