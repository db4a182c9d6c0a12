from __future__ import annotations

import sys

import numpy as np
import pytest
from eplb_driver import DRIVER as driver
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from simulators.moe import Cluster, balance_of, gpu_loads, hottest_replica, moved_experts, replica_counts

LOADS = np.array(
    [
        [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
        [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
    ]
)
PUBLISHED = [
    [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
    [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1],
]
"""The public example of DeepSeek's load balancer: 16 slots, 4 groups, 2 nodes, 8 GPUs."""


@pytest.fixture(scope="module")
def eplb():
    return driver.evaluator()


@pytest.fixture(scope="module")
def interface(eplb):
    return sys.modules["problem.interface"]


@pytest.fixture(scope="module")
def cases(eplb, interface):
    return [(each.data, driver.given_of(eplb, each, interface)) for each in driver.draw(eplb, 12)]


@pytest.fixture
def public(interface):
    return interface.Given(LOADS[None], np.zeros((2, 16), np.int64), 4, 2, 8, 10, 1000)


def tiny(interface, placement, budget=100, gpus=2, loads=((60, 20, 12, 8),)):
    tokens = np.array(loads, dtype=np.int64)[None]
    return interface.Given(tokens, np.array(placement), 2, gpus, gpus, 10, budget)


def test_the_public_example_comes_out_to_the_slot(interface, public):
    assert interface.hierarchical(public, interface.last_window(public)).slots.tolist() == PUBLISHED


def test_groups_that_do_not_divide_are_placed_on_all_gpus_at_once(interface, public):
    odd = public._replace(nodes=8, groups=4)
    loads = interface.last_window(odd)
    overall = interface.pack(odd, loads, interface.replicate(odd, loads))

    assert (interface.hierarchical(odd, loads).slots == overall.slots).all()
    assert overall.slots.tolist() != PUBLISHED


def test_forecasts_worked_out_by_hand(interface):
    given = tiny(interface, [[0, 1, 1, 0, 2, 3]])
    given = given._replace(loads=np.array([[[100, 0]], [[0, 100]], [[0, 200]]]))

    assert interface.last_window(given).tokens.tolist() == [[0, 200]]
    assert interface.mean_window(given, 2).tokens.tolist() == [[0, 150]]
    assert interface.mean_window(given, 0).tokens.tolist() == [[0, 200]]
    assert interface.ewma(given, 0.5).tokens.tolist() == [[25, 125]]
    assert interface.ewma(given, 9.0).tokens.tolist() == [[0, 200]]
    assert interface.log_ewma(given, 0.5).tokens[0] == pytest.approx([101**0.25, 101**0.25 * 201**0.5])
    older = interface.Loads(np.array([[8.0, 0.0]]))
    assert interface.blend(older, interface.last_window(given), 0.25).tokens.tolist() == [[6, 50]]
    assert interface.even_out(interface.Loads(np.array([[9.0, 0.0]])), 0.5).tokens.tolist() == [[3, 1]]
    assert interface.drift(given) == pytest.approx(100 / 300)
    assert interface.drift(given._replace(loads=given.loads[:1])) == 0.0
    assert interface.skew(given) == 2.0


def test_replicas_worked_out_by_hand(interface):
    given = tiny(interface, [[0, 1, 2, 3, 0, 0]])
    loads = interface.last_window(given)

    assert interface.replicate(given, loads).counts.tolist() == [[3, 1, 1, 1]]
    # Of two further slots, in proportion: 1.2, 0.4, 0.24, 0.16: one to expert 0, the rest to expert 1.
    assert interface.replicate_in_proportion(given, loads).counts.tolist() == [[2, 2, 1, 1]]
    assert interface.replicate_evenly(given, loads).counts.tolist() == [[2, 2, 1, 1]]


def test_placements_worked_out_by_hand(interface):
    given = tiny(interface, [[0, 1, 2, 3, 0, 0]])
    loads, replicas = interface.last_window(given), interface.Replicas(np.array([[3, 1, 1, 1]]))

    # Replicas of 20, 20, 20, 20, 12 and 8: 20 to each GPU in turn, then 12 and 8.
    assert interface.pack(given, loads, replicas).slots.tolist() == [[0, 0, 2, 1, 0, 3]]
    assert interface.snake(given, loads, replicas).slots.tolist() == [[0, 0, 2, 1, 0, 3]]
    assert interface.in_order(given, replicas).slots.tolist() == [[0, 0, 0, 1, 2, 3]]


def test_helpers_agree_with_the_evaluator(interface, cases):
    for case, given in cases:
        loads = interface.last_window(given)
        for placed in (
            interface.hierarchical(given, loads),
            interface.pack(given, loads, interface.replicate_in_proportion(given, loads)),
            interface.in_order(given, interface.replicate_evenly(given, loads)),
        ):
            even = balance_of(case.cluster, placed.slots, case.past[-1]).gpu
            assert interface.balance(given, loads, placed) == pytest.approx(even)
            assert interface.moves(given, placed) == moved_experts(case.cluster, case.placement, placed.slots)
        assert interface.budget_moves(given) == case.budget
        assert 0 < interface.budget_share(given) <= 1
        assert interface.moves(given, interface.current(given)) == 0


def test_replicate_reaches_the_least_hottest_replica(interface, cases):
    for case, given in cases:
        loads = interface.last_window(given)
        counts = interface.replicate(given, loads).counts
        hottest = (loads.tokens / counts).max(axis=1)
        least = [hottest_replica(row, case.cluster.slots) for row in case.past[-1]]
        assert hottest == pytest.approx(least)


def test_relabelling_keeps_what_every_gpu_holds_and_moves_no_more(interface, cases):
    for case, given in cases:
        loads = interface.last_window(given)
        placed = interface.hierarchical(given, loads)
        renamed = interface.relabel(given, placed)
        width = case.cluster.slots_per_gpu

        def gpus(each, width=width):
            return [sorted(map(tuple, np.sort(row.reshape(-1, width)).tolist())) for row in each.slots]

        assert gpus(renamed) == gpus(placed)
        assert interface.moves(given, renamed) <= interface.moves(given, placed)
    assert (interface.relabel(given, interface.current(given)).slots == given.placement).all()


def test_a_placement_of_other_gpu_names_needs_no_moves(interface):
    given = tiny(interface, [[0, 1, 1, 0, 2, 3]], gpus=2)
    swapped = interface.Placement(np.array([[0, 2, 3, 0, 1, 1]]))

    assert interface.moves(given, swapped) == 3
    assert interface.moves(given, interface.relabel(given, swapped)) == 0


def test_within_budget_takes_the_layer_that_gains_most_per_move(interface):
    # Both layers gain by the same two moves (0 to GPU 1, and back 2), layer 1 more.
    loads = ((30, 20, 12, 8), (60, 20, 12, 8))
    given = tiny(interface, [[0, 0, 1, 1, 2, 3]] * 2, budget=20, loads=loads)
    target = interface.Placement(np.array([[0, 1, 2, 0, 1, 3]] * 2))
    found = interface.within_budget(given, interface.last_window(given), target).slots

    assert interface.moves(given, target) == 4
    assert found.tolist() == [[0, 0, 1, 1, 2, 3], [0, 1, 2, 0, 1, 3]]
    plenty = given._replace(budget_bytes=40)
    assert (
        interface.within_budget(plenty, interface.last_window(plenty), target).slots == target.slots
    ).all()


def test_exchange_worked_out_by_hand(interface):
    # GPU 0 holds 60 + 20, GPU 1 12 + 8. Swapping 60 for 12 leaves 32 and 68, as good as 20 for 8 and better
    # than any other swap; nothing helps after it.
    given = tiny(interface, [[0, 1, 2, 3]], budget=20)
    loads = interface.last_window(given)

    assert interface.exchange(given, loads, interface.current(given), 9).slots.tolist() == [[2, 1, 0, 3]]
    assert interface.exchange(given, loads, interface.current(given), 0).slots.tolist() == [[0, 1, 2, 3]]
    poor = given._replace(budget_bytes=10)
    assert interface.exchange(poor, loads, interface.current(poor), 9).slots.tolist() == [[0, 1, 2, 3]]


def test_exchange_helps_and_stays_within_the_budget(interface, cases):
    for case, given in cases:
        loads = interface.last_window(given)
        begun = interface.current(given)
        ended = interface.exchange(given, loads, begun, 100)

        assert interface.balance(given, loads, ended) > interface.balance(given, loads, begun)
        assert interface.moves(given, ended) <= case.budget
        assert (replica_counts(case.cluster, ended.slots) == replica_counts(case.cluster, begun.slots)).all()
        assert (begun.slots == case.placement).all()


SHAPES = st.sampled_from(
    [(4, 6, 2, 2, 2), (4, 8, 2, 2, 4), (6, 6, 3, 1, 3), (6, 12, 3, 3, 6), (5, 8, 1, 2, 4)]
)


@settings(max_examples=80, deadline=None)
@forall(
    shape=SHAPES, seed=st.integers(0, 9999), scale=st.sampled_from([0, 1, 1000]), moves=st.integers(0, 30)
)
def test_every_helper_gives_feasible_placements(interface, shape, seed, scale, moves):
    experts, slots, groups, nodes, gpus = shape
    cluster = Cluster(experts, slots, groups, nodes, gpus, 10, 1, 1)
    rng = np.random.default_rng(seed)
    tokens = (scale * rng.exponential(size=(3, 2, experts))).astype(np.int64)
    blank = interface.Given(tokens, np.zeros((2, slots), np.int64), groups, nodes, gpus, 10, 10 * moves)
    start = interface.hierarchical(blank, interface.ewma(blank, 0.5)).slots
    given = blank._replace(placement=start)
    loads = interface.last_window(given)

    for replicas in (interface.replicate, interface.replicate_in_proportion, interface.replicate_evenly):
        counts = replicas(given, loads)
        assert (counts.counts.sum(axis=1) == slots).all()
        for place in (interface.pack, interface.snake):
            placed = place(given, loads, counts)
            assert (replica_counts(cluster, placed.slots) == counts.counts).all()
            fitting = interface.within_budget(given, loads, placed)
            moved = interface.exchange(given, loads, fitting, 20)
            assert (replica_counts(cluster, moved.slots) >= 1).all()
            assert moved_experts(cluster, start, moved.slots) <= moves
            assert moved.slots.dtype == np.int64
            assert gpu_loads(cluster, moved.slots, tokens[-1]).sum() == pytest.approx(tokens[-1].sum())
