from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from simulators.spot import POOLS, ZONES, draw_market
from simulators.spot.generate import renewal

TICK_S = 720
TICKS = 12_000
DIGEST = """
import hashlib
from random import Random
from simulators.spot import ZONES, draw_market
print(hashlib.sha256(repr(draw_market(Random(5), list(ZONES.values()), 300, 720, 3.06)).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def long_market():
    """All nine zones over 2,400 hours, 15 times, one under the other; shape (ticks, zones)."""
    zones = list(ZONES.values())
    drawn = [draw_market(Random(seed), zones, TICKS, TICK_S, 3.06) for seed in range(15)]
    up = np.concatenate([np.array(market.available) for market in drawn])
    usd = np.concatenate([np.array(market.spot_usd_per_h) for market in drawn])
    return up, usd


def test_availability_is_the_measured_one(long_market):
    measured = np.array([zone.availability for zone in ZONES.values()])

    assert np.abs(long_market[0].mean(axis=0) - measured).max() < 0.03


def test_any_zone_is_up_nearly_always(long_market):
    assert 0.985 < long_market[0].any(axis=1).mean() < 1.0


def test_zones_of_a_region_are_correlated_and_others_hardly(long_market):
    regions = np.array([zone.region for zone in ZONES.values()])
    correlation = np.corrcoef(long_market[0].T)
    same = (regions[:, None] == regions[None]) & ~np.eye(len(regions), dtype=bool)

    assert correlation[same].mean() == pytest.approx(0.22, abs=0.04)
    assert 0 < correlation[regions[:, None] != regions[None]].mean() < 0.1


def test_up_times_have_a_heavy_tail(long_market):
    for zone in range(len(ZONES)):
        edges = np.flatnonzero(np.diff(long_market[0][:, zone].astype(int)))
        runs = np.diff(edges)[long_market[0][edges[:-1] + 1, zone]]
        # An exponential law has a median of 0.69 of its mean.
        assert np.median(runs) < 0.6 * runs.mean()


def test_prices_stay_around_their_mean_and_below_on_demand(long_market):
    means = np.array([zone.spot_usd_per_h for zone in ZONES.values()])
    usd = long_market[1]

    assert usd.mean(axis=0) == pytest.approx(means, rel=0.02)
    assert 0.08 < np.log(usd).std(axis=0).mean() < 0.16
    assert usd.min() > 0
    assert usd.max() <= 3.06


def test_pools_have_the_availability_of_their_fit():
    shares = {name: pool.availability for name, pool in POOLS.items()}

    assert shares == pytest.approx(
        {
            "2a_k80_1": 0.954,
            "2a_k80_8": 0.549,
            "2a_v100_1": 0.685,
            "2a_v100_8": 0.333,
            "2b_k80_1": 0.253,
            "2b_k80_8": 0.586,
            "2b_v100_1": 0.593,
            "2b_v100_8": 0.342,
        },
        abs=0.012,
    )


def test_renewal_is_in_equilibrium_from_its_first_tick():
    rng = Random(1)
    first = [renewal(rng, (0.3, 30.0), (0.5, 12.0), 1)[0] for _ in range(6000)]

    assert np.mean(first) == pytest.approx(9 / 15, abs=0.02)


def test_same_seed_gives_the_same_market_whatever_was_drawn_before():
    zones = [ZONES["us-east-1a"], ZONES["us-west-2b"]]
    alone = draw_market(Random(3), zones, 200, TICK_S, 3.06)
    draw_market(Random(4), zones, 200, TICK_S, 3.06)

    assert draw_market(Random(3), zones, 200, TICK_S, 3.06) == alone
    assert draw_market(Random(4), zones, 200, TICK_S, 3.06) != alone


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_hash_seed_changes_nothing(hash_seed):
    ran = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = repr(draw_market(Random(5), list(ZONES.values()), 300, TICK_S, 3.06))

    assert ran.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_zone_that_is_up_more_than_its_shocks_let_it_is_refused():
    zone = replace(ZONES["us-east-1a"], availability=0.9)

    with pytest.raises(ValueError, match="does not fit with its shocks"):
        draw_market(Random(0), [zone], 10, TICK_S, 3.06)
