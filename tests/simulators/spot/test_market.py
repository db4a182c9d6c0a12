from __future__ import annotations

import pytest

from simulators.spot import Job, Market, between_zones

STILL = ((0,),)


def test_between_zones_tells_regions_apart():
    assert between_zones((0, 0, 1), 1, 5) == ((0, 1, 5), (1, 0, 5), (5, 5, 0))


def test_rows_must_have_every_zone():
    with pytest.raises(ValueError, match="2 zones"):
        Market(600, (0, 1), ((True,),), ((1.0,),), 3.0)


def test_tables_must_have_the_same_length():
    with pytest.raises(ValueError, match="one row per tick"):
        Market(600, (0,), ((True,), (False,)), ((1.0,),), 3.0)


@pytest.mark.parametrize(
    ("work", "deadline", "restart", "moves", "usd", "reason"),
    [
        (0, 5, 1, STILL, STILL, "at least 1"),
        (3, 5, 0, STILL, STILL, "at least 1"),
        (5, 5, 1, STILL, STILL, "do not fit"),
        (3, 5, 1, ((-1,),), STILL, "negative"),
        (3, 5, 1, STILL, ((1.0,),), "moves nothing"),
    ],
)
def test_impossible_jobs_are_refused(work, deadline, restart, moves, usd, reason):
    with pytest.raises(ValueError, match=reason):
        Job(work, deadline, restart, moves, usd)


def test_slack_is_what_may_pass_without_work():
    assert Job(3, 8, 1, STILL, STILL).slack_ticks == 5
