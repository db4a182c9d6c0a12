from dataclasses import replace

import pytest

from adrs.cli.status import Moment, money_line, picture, share_spent
from adrs.model.budget import Budget, Usage

NOW = Moment(seconds=75.0, trials_per_s=2.0)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(progress, render, width):
    lines = render(picture(progress, NOW), width=width).splitlines()

    assert all(len(line) <= width for line in lines)
    assert len(lines) <= 18


def test_everything_that_matters_is_there(progress, render):
    text = render(picture(progress, NOW), width=120)

    assert "spot_multiregion" in text
    assert "151 of 300 trials" in text
    assert "80.000 USD  trial 143" in text
    assert "best is 20.000 USD (20.0 %) better" in text
    assert "passed by 10.000 USD (11.1 %)  Uniform Progress" in text
    assert "60.000 USD  20.000 USD (33.3 %) away" in text
    assert "trial 120, won on validation" in text
    assert "completed 120 · pruned 25 · failed 6 · in flight 4" in text
    assert "duplicate 41 · syntax 3" in text
    assert "2.0 trials/s · 3 of 4 workers busy" in text
    assert "$0.4215 of $5.00 · 123,400 tokens" in text
    assert "cells 34 · islands 4" in text
    assert "█" in text
    assert "▁" in text


def test_where_train_grew_it_says_when(progress, render):
    grown = replace(progress, train=300, grown=57)
    assert "300 workloads since trial 57" in render(picture(grown, NOW), width=120)
    assert "since trial" not in render(picture(progress, NOW), width=120)
    waiting = render(picture(replace(grown, phase="growing"), NOW), width=120)
    assert "measuring the best again on a larger train set" in waiting


def test_nothing_is_known_at_first(progress, render):
    fresh = replace(
        progress,
        usage=Usage(),
        states={},
        rejected={},
        initial=None,
        best=None,
        best_trial=None,
        history=[],
        baselines={},
        bound=None,
        champion_trial=None,
        in_flight=0,
        health={},
        phase="starting",
    )

    text = render(picture(fresh, Moment(0.0)))

    assert "measuring the initial program and the baselines" in text
    assert "none yet" in text


def test_what_a_candidate_or_a_plug_in_wrote_cannot_act(progress, render):
    hostile = replace(
        progress,
        baselines={"[bold red]x[/]\x1b[2J": 90.0},
        rejected={"kind\x1b]0;title\x07": 3},
        health={"\u202eevil": 1.0},
    )

    text = render(picture(hostile, NOW), width=120)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[bold red]x[/]" in text


def test_draining_says_how_many_are_under_way(progress, render):
    text = render(picture(replace(progress, phase="draining"), NOW))

    assert "draining 4 trials; Ctrl-C again stops at once" in text


def test_the_bar_follows_the_limit_that_is_nearest():
    usage = Usage(trials=30, seconds=90.0, cost_usd=4.0)
    budget = Budget(trials=300, seconds=100.0, cost_usd=5.0)

    assert share_spent(usage, budget, 95.0) == (0.95, "1:35 of 1:40")
    assert share_spent(usage, Budget(trials=20), 95.0)[0] == 1.0
    assert share_spent(usage, Budget(), 95.0) == (0.0, "30 trials")


def test_a_call_without_a_price_is_unknown_and_not_free():
    line = money_line(Usage(cost_usd=0.5, input_tokens=10, unpriced_calls=2), 1.0)

    assert line == "$0.5000 of $1.00 + unknown (2 calls without a price) · 10 tokens"


def test_without_a_model_there_is_no_money():
    assert money_line(Usage(trials=3), None) == ""
