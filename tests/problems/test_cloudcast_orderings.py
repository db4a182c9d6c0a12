"""What the literature says of broadcast trees, and whether it holds here: paired, with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from adrs import bundle
from adrs.stats.paired import Verdict, paired_difference
from problems.driver import Driver

FOLDER = bundle.root() / "problems" / "cloudcast"
PUBLISHED = {
    "regions": [71],
    "destinations": [6],
    "clouds": ["one", "all"],
    "volume_gb": [300.0],
    "deadline": [1e6],
    "partitions": [10],
    "price_sd": 0.08,
    "throughput_factor": 1.0,
}
"""What is published: 300 GB in 10 partitions to 6 destinations, no deadline."""


driver = Driver(FOLDER)


@pytest.fixture(scope="module")
def published():
    return scores(driver.evaluator(search=PUBLISHED), 40)


@pytest.fixture(scope="module")
def mixed():
    return scores(driver.evaluator(), 36)


def scores(cloudcast, count):
    """Return every program's results by name, on the same workloads."""
    workloads = driver.draw(cloudcast, count)
    return {path.stem: driver.score(cloudcast, workloads, path) for path in driver.programs()}


def column(found, program, metric="cost_usd"):
    return [metrics[metric] for _, metrics, _ in found[program]]


def compared(found, program, other, metric="cost_usd"):
    values = (column(found, each, metric) for each in (program, other))
    return paired_difference(*values, direction="minimize", rng=np.random.default_rng(0))


def test_the_published_order_holds_in_the_published_setting(published):
    for metric in ("cost_usd", "published_usd"):
        for better, other in (
            ("dijkstra", "direct"),
            ("takahashi_matsuyama", "dijkstra"),
            ("striped_steiner", "takahashi_matsuyama"),
        ):
            assert compared(published, better, other, metric).verdict is Verdict.BETTER


def test_published_shares_are_near(published):
    # Sums over five broadcasts, published: direct 1199, Dijkstra 1046, Takahashi-Matsuyama 751, striped 626.
    costs = {name: np.mean(column(published, name, "published_usd")) for name in published}
    assert 0.45 < costs["takahashi_matsuyama"] / costs["direct"] < 0.75
    assert 0.40 < costs["striped_steiner"] / costs["direct"] < 0.65
    # Here Dijkstra gains less: few prices of the generator make a detour pay. The README says so.
    assert 0.9 < costs["dijkstra"] / costs["direct"] < 1.0


def test_under_deadlines_the_order_holds_but_for_dijkstra(mixed):
    assert compared(mixed, "takahashi_matsuyama", "dijkstra").verdict is Verdict.BETTER
    assert compared(mixed, "striped_steiner", "takahashi_matsuyama").verdict is Verdict.BETTER
    assert compared(mixed, "dijkstra", "direct").verdict is not Verdict.WORSE
    assert np.mean(column(mixed, "dijkstra")) < np.mean(column(mixed, "direct"))


def test_the_initial_program_is_dijkstra(mixed):
    assert column(mixed, "planner") == column(mixed, "dijkstra")


def test_a_tight_deadline_takes_several_trees(mixed):
    def trees(label):
        found = [
            metrics["trees"] for each, metrics, _ in mixed["striped_steiner"] if each.cell.endswith(label)
        ]
        return np.mean(found)

    assert trees("deadline=1.25") > trees("deadline=2.5") > trees("deadline=20") == 1.0


def test_published_and_fluid_rates_rank_programs_alike(mixed):
    means = {
        metric: sorted(mixed, key=lambda program: np.mean(column(mixed, program, metric)))
        for metric in ("cost_usd", "published_usd")
    }
    assert means["cost_usd"][:2] == means["published_usd"][:2]
    for program in mixed:
        dearer = np.array(column(mixed, program, "published_usd")) / column(mixed, program)
        assert (dearer > 1 - 1e-4).all()
        assert dearer.mean() < 1.05


def test_what_another_aggregate_would_say(mixed):
    # The field sums dollars, which is the mean: large volumes to many destinations weigh most. The geometric
    # mean counts every broadcast alike; programs rank the same, and gains are another share.
    def ranks(aggregate):
        return sorted(mixed, key=lambda program: aggregate(column(mixed, program)))

    def geometric(values):
        return float(np.exp(np.mean(np.log(values))))

    assert ranks(np.mean)[:2] == ranks(geometric)[:2] == ["striped_steiner", "takahashi_matsuyama"]
    gains = [
        1 - aggregate(column(mixed, "striped_steiner")) / aggregate(column(mixed, "direct"))
        for aggregate in (np.mean, geometric, np.median)
    ]
    assert max(gains) - min(gains) > 0.02
    dear = np.sort(column(mixed, "direct"))[::-1]
    assert dear[:9].sum() > 0.5 * dear.sum()
