import pytest

from adrs.cli.standing import against, to_bound, to_goal
from adrs.model.problem import Objective

COST = Objective(name="cost_usd", unit="USD", direction="minimize")
SPEED = Objective(name="speed", unit="op/s", direction="maximize")


@pytest.mark.parametrize(
    ("value", "words"),
    [(80.0, "20.000 USD (20.0 %) better"), (120.0, "20.000 USD (20.0 %) worse"), (100.0, "equal to it")],
)
def test_less_of_a_cost_is_better(value, words):
    assert against(value, 100.0, COST).plain == words


def test_more_speed_is_better():
    assert against(120.0, 100.0, SPEED).plain == "20.000 op/s (20.0 %) better"
    assert to_goal(80.0, 100.0, SPEED).plain == "20.000 op/s (20.0 %) to go"


def test_a_goal_is_passed_reached_or_ahead():
    assert to_goal(80.0, 100.0, COST).plain == "passed by 20.000 USD (20.0 %)"
    assert to_goal(100.0, 100.0, COST).plain == "reached"


def test_beyond_the_bound_is_called_impossible():
    assert "impossible" in to_bound(50.0, 60.0, COST).plain
    assert to_bound(60.0, 60.0, COST).plain == "reached"
    assert to_bound(90.0, 60.0, COST).plain == "30.000 USD (50.0 %) away"


def test_a_reference_of_zero_has_no_percent():
    assert against(3.0, 0.0, COST).plain == "3.0000 USD worse"
