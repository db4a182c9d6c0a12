from dataclasses import replace

import pytest

from adrs.cli.claims import cell, claim
from adrs.cli.measured import Against, Measured, measured
from adrs.model.problem import Objective

COST = Objective(name="cost_usd", unit="USD", direction="minimize")
BETTER = Against("greedy", 10.0, 8.0, 12.5, (9.5, 7.0, 11.0), "better", 200)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "10.000 USD (9.5 %) better, 95 % interval 8.0000 to 12.500 USD"),
        ({"percent": None}, "10.000 USD better, 95 % interval 8.0000 to 12.500 USD"),
        (
            {"verdict": "worse", "better": -10.0, "low": -12.5, "high": -8.0, "percent": (-9.5, -11.0, -7.0)},
            "10.000 USD (9.5 %) worse, 95 % interval 8.0000 to 12.500 USD",
        ),
        (
            {"verdict": "tie", "better": 1.0, "low": -2.0, "high": 4.0},
            "a tie (+1.0000 USD better, 95 % interval -2.0000 to +4.0000 USD holds 0)",
        ),
        (
            {"verdict": "tie", "better": 1.0, "low": float("-inf"), "high": float("inf")},
            "a tie (+1.0000 USD better; one workload gives no interval)",
        ),
    ],
)
def test_a_claim_says_no_more_than_its_interval(change, words):
    assert claim("best found", replace(BETTER, **change), COST).plain == f"best found against greedy: {words}"


def test_what_failed_is_said_beside_the_number():
    value = Measured(93.21, 90.0, 96.0, 200, {"timeout": 2, "memory": 3})

    assert cell(value).plain == "93.210 [90.00, 96.00]\nfailed: memory 3 · timeout 2"
    assert cell(None).plain == "-"
    assert measured(None, COST) is None
