from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.placement import (
    Fleet,
    Infeasible,
    Instance,
    Ranges,
    check,
    draw_scene,
    least_pressure,
    most_pressure,
    moved_gb,
    pressures,
    search,
    solve_exactly,
)
from simulators.placement.generate import LARGEST_SHARD_GB, SMALLEST_GB

PAIR = Instance(
    fleet=Fleet((80.0, 40.0), (0, 0), reserve_gb=2.0),
    size_gb=(20.0, 10.0, 20.0),
    width=(1, 1, 2),
    slo_s=(5.0, 10.0, 5.0),
    current=(0, 0, 0),
    budget_gb=10.0,
)
RATES = (10.0, 40.0, 10.0)


def small(**changed):
    ranges = Ranges(
        models=6,
        node_kinds=((4, 40.0), (4, 80.0)),
        fill=0.7,
        budget_share=0.4,
        swing=0.5,
        walk=0.3,
        burst_share=0.3,
        burst_factor=(2.0, 4.0),
    )
    return replace(ranges, **changed)


SCENES = st.builds(
    lambda seed, models, budget: draw_scene(
        random.Random(seed), small(models=models, budget_share=budget), 6
    ),
    st.integers(0, 10_000),
    st.integers(2, 4),
    st.sampled_from((0.1, 0.4, 1.0)),
)


def every_placement(instance):
    """Yield all allowed placements, by brute force."""

    def grow(placement):
        if len(placement) == instance.models:
            try:
                check(instance, placement)
            except Infeasible:
                return
            yield tuple(placement)
            return
        for first in instance.starts[instance.width[len(placement)]]:
            yield from grow([*placement, first])

    yield from grow([])


def test_pressures_worked_out_by_hand():
    # Loads per GPU: 10/5 = 2, 40/10 = 4, 10/(5*2) = 1. Weights: 20, 10 and 10 on both.
    assert pressures(PAIR, RATES, (0, 0, 0)) == [7 / (80 - 40), 1 / (40 - 10)]
    assert pressures(PAIR, RATES, (0, 1, 0)) == [3 / (80 - 30), 5 / (40 - 20)]


def test_what_is_moved_is_what_stands_elsewhere():
    assert moved_gb(PAIR, (0, 0, 0)) == 0
    assert moved_gb(PAIR, (1, 1, 0)) == 30


def test_groups_are_aligned_within_nodes():
    fleet = Fleet((80.0,) * 7, (0, 0, 0, 0, 1, 1, 1), reserve_gb=2.0)

    assert fleet.starts(1) == tuple(range(7))
    assert fleet.starts(2) == (0, 2, 4)
    assert fleet.starts(4) == (0,)


@pytest.mark.parametrize(
    ("placement", "reason"),
    [
        ((0, 0, 1), "model 2 takes 2 GPUs of one node and cannot begin at GPU 1"),
        ((1, 0, 0), "20 GB are moved, and the budget is 10 GB"),
    ],
)
def test_what_is_not_allowed(placement, reason):
    with pytest.raises(Infeasible, match=reason):
        check(PAIR, placement)


def test_weights_leave_the_reserve_free():
    check(PAIR, (0, 1, 0))
    tight = replace(PAIR, size_gb=(20.0, 29.0, 20.0), budget_gb=100.0)

    with pytest.raises(Infeasible, match="GPU 1 would hold 39 GB of weights, and has room for 38 GB"):
        check(tight, (0, 1, 0))


@pytest.mark.parametrize(
    ("memory", "node", "reserve"), [((80.0,), (0, 0), 2.0), ((80.0, 80.0), (1, 0), 2.0), ((80.0,), (0,), 0.0)]
)
def test_wrong_fleets_are_refused(memory, node, reserve):
    with pytest.raises(ValueError, match=r"GPU has a memory|must be above 0"):
        Fleet(memory, node, reserve)


def test_optimum_worked_out_by_hand():
    # Only model 1 may move: 7/40 = 0.175 where it is, 5/20 = 0.25 where it could go.
    solved = solve_exactly(PAIR, RATES)

    assert solved.exact
    assert solved.placement == (0, 0, 0)
    assert solved.high == 0.175
    # A free hand does no better than model 0 on the small GPU: 5/60 = 0.083 and 3/10 = 0.3, or both there.
    assert solve_exactly(replace(PAIR, budget_gb=50.0), RATES).high == 0.175


@settings(max_examples=40, deadline=None)
@given(scene=SCENES)
def test_exact_search_finds_what_brute_force_finds(scene):
    instance = scene.instance
    best = min(max(pressures(instance, scene.next, one)) for one in every_placement(instance))
    solved = solve_exactly(instance, scene.next)

    assert solved.exact
    assert solved.high == pytest.approx(best, rel=1e-6)
    assert least_pressure(instance, scene.next) <= solved.low <= best * (1 + 1e-9)
    check(instance, solved.placement)


@settings(max_examples=40, deadline=None)
@given(scene=SCENES)
def test_no_allowed_placement_is_beyond_bound_or_worst(scene):
    instance = scene.instance
    least, most = least_pressure(instance, scene.next), most_pressure(instance, scene.next)

    for placement in every_placement(instance):
        assert least <= max(pressures(instance, scene.next, placement)) * (1 + 1e-9)
        assert max(pressures(instance, scene.next, placement)) <= most * (1 + 1e-9)


def test_relaxation_counts_what_must_move():
    # GPU 0 has all the load; a tenth of the weights may move, so that it keeps most of the load.
    fleet = Fleet((80.0, 80.0), (0, 0), reserve_gb=2.0)
    instance = Instance(fleet, (10.0,) * 4, (1,) * 4, (1.0,) * 4, (0, 0, 0, 0), budget_gb=10.0)
    alone = replace(instance, budget_gb=9.0)

    assert least_pressure(instance, (1.0,) * 4) == pytest.approx(3 / 50)
    # No model is small enough to move: the current placement is all there is.
    assert least_pressure(alone, (1.0,) * 4) == pytest.approx(4 / 40)
    assert least_pressure(replace(instance, budget_gb=40.0), (1.0,) * 4) == pytest.approx(4 / 120)
    # One model that is loaded most cannot be shared.
    assert least_pressure(replace(instance, budget_gb=40.0), (9.0, 1.0, 1.0, 1.0)) == pytest.approx(9 / 70)


def test_giving_up_leaves_limits_that_hold():
    scene = draw_scene(random.Random(4), small(models=40, budget_share=1.0), 6)
    solved = solve_exactly(scene.instance, scene.next, max_nodes=50)

    assert not solved.exact
    assert least_pressure(scene.instance, scene.next) <= solved.low < solved.high
    assert solved.high == max(pressures(scene.instance, scene.next, solved.placement))
    check(scene.instance, solved.placement)


@pytest.mark.parametrize("seed", range(4))
def test_search_keeps_the_rules_and_never_loses(seed):
    scene = draw_scene(random.Random(seed), small(models=30, budget_share=0.2), 6)
    instance = scene.instance
    short, long = search(instance, scene.next, 200), search(instance, scene.next, 20_000)
    stay, soon, late = (max(pressures(instance, scene.next, one)) for one in (instance.current, short, long))

    check(instance, long)
    assert late <= soon <= stay
    assert late < stay
    assert search(instance, scene.next, 200) == short


@pytest.mark.parametrize("seed", range(6))
def test_scenes_are_allowed_and_shaped_as_asked(seed):
    ranges = small(models=60, fill=0.75)
    scene = draw_scene(random.Random(seed), ranges, 12)
    instance = scene.instance

    check(instance, instance.current)
    assert (instance.models, len(scene.rates), len(scene.seen)) == (60, 13, 12)
    assert sum(instance.size_gb) <= 0.75 * sum(instance.fleet.memory_gb)
    assert max(instance.shard_gb) <= LARGEST_SHARD_GB
    assert min(instance.size_gb) >= SMALLEST_GB
    assert max(instance.width) > 1
    assert set(instance.fleet.memory_gb) == {80.0, 40.0}
    assert instance.budget_gb == pytest.approx(0.4 * sum(instance.size_gb), abs=1)
    assert all(rate > 0 for row in scene.rates for rate in row)


def test_nodes_that_are_too_small_for_the_models_are_refused():
    with pytest.raises(ValueError, match="a node of 4 GPUs or more"):
        draw_scene(random.Random(0), small(node_kinds=((2, 80.0),)), 6)


def test_scenes_follow_from_their_random_numbers_alone():
    def drawn(seed):
        return draw_scene(random.Random(seed), small(), 6)

    first = drawn(1)
    assert drawn(2) != first
    assert drawn(1) == first


def test_small_models_are_asked_more_often():
    scene = draw_scene(random.Random(0), small(models=400), 6)
    pairs = sorted(zip(scene.instance.size_gb, scene.next, strict=True))
    low, high = pairs[:100], pairs[300:]

    assert sum(rate for _, rate in low) > 1.3 * sum(rate for _, rate in high)


def test_rates_drift_as_much_as_asked():
    def growth(walk):
        scene = draw_scene(random.Random(3), small(models=200, walk=walk, swing=0.0, burst_share=0.0), 12)
        pairs = zip(scene.seen[-1], scene.next, strict=True)
        return sum(abs(now / before - 1) for before, now in pairs) / 200

    assert growth(0.0) < 1e-3 < growth(0.1) < growth(0.4)
