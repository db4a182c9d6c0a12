from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from multicast_cases import drawn, edges, network, random_tree, tiny

from simulators.multicast import (
    Mesh,
    distances,
    draw_network,
    least_cost_usd,
    outcome_of,
    relaxation,
    relaxed_usd,
    steiner_price,
    uncapacitated_usd,
)

INF = np.inf


def brute_force(weights, source, terminals):
    """The cheapest tree by trying every choice of an entering edge for every subset of relays."""
    size = len(weights)
    relays = [r for r in range(size) if r != source and r not in terminals]
    best = INF
    for count in range(len(relays) + 1):
        for chosen in itertools.combinations(relays, count):
            nodes = [*terminals, *chosen]
            for tails in itertools.product([source, *nodes], repeat=len(nodes)):
                parent = dict(zip(nodes, tails, strict=True))
                if all(_ends_at(parent, node, source) for node in nodes):
                    best = min(best, sum(weights[tail, node] for node, tail in parent.items()))
    return best


def _ends_at(parent, node, source):
    for _ in range(len(parent) + 1):
        if node == source:
            return True
        node = parent[node]
    return False


def test_a_steiner_tree_worked_out_by_hand():
    # To 1 and 2: star 22, chain 13, relay 15. To 1, 2 and 3 a chain and the relay's edge: 4 + 5 + 3.
    prices = tiny().network.price_usd_per_gb
    assert steiner_price(prices, 0, (1, 2)) == 12.0  # 0 -> 3 -> 1 -> 2
    assert steiner_price(prices, 0, (1, 2, 3)) == 12.0
    assert steiner_price(prices, 0, (3,)) == 4.0


@settings(max_examples=15, deadline=None)
@forall(seed=st.integers(0, 10_000), terminals=st.integers(1, 3))
def test_steiner_trees_are_the_cheapest_there_are(seed, terminals):
    weights = np.random.default_rng(seed).integers(0, 9, (5, 5)).astype(float)
    weights[np.random.default_rng(seed + 1).random((5, 5)) < 0.2] = INF
    np.fill_diagonal(weights, INF)
    chosen = tuple(range(1, 1 + terminals))
    assert steiner_price(weights, 0, chosen) == pytest.approx(brute_force(weights, 0, chosen))


def test_distances_take_free_edges_and_no_missing_ones():
    weights = np.array([[INF, 0.0, 5.0], [INF, INF, 2.0], [INF, INF, INF]])
    assert distances(weights) == pytest.approx(np.array([[0, 0, 2], [INF, 0, 2], [INF, INF, 0]]))


def test_steiner_refuses_many_terminals():
    with pytest.raises(ValueError, match="13 terminals: at most 12"):
        steiner_price(np.ones((20, 20)), 0, tuple(range(1, 14)))


def test_bounds_worked_out_by_hand():
    # No capacity binds: 20 GB on the tree 0 -> 3 -> 1 -> 2 at 12, three regions for at least 20 s.
    broadcast = tiny()
    assert uncapacitated_usd(broadcast) == pytest.approx(240 + 3 * 0.01 * 20)
    # The program knows more: 1 -> 2 takes 80 s at 2 Gbps, and the relay is paid for 20 s of them.
    best = min(outcome_of(broadcast, [a, b]).cost_usd for a, b in itertools.product(trees(), repeat=2))
    assert best == pytest.approx(240 + 4 * 0.01 * 80)
    assert relaxed_usd(broadcast) == pytest.approx(240 + 3 * 0.01 * 80 + 0.01 * 20)


def trees():
    """Every tree of the tiny network."""
    found = []
    for relay in (False, True):
        nodes = [1, 2, *([3] if relay else [])]
        for tails in itertools.product([0, *nodes], repeat=len(nodes)):
            parent = dict(zip(nodes, tails, strict=True))
            if all(_ends_at(parent, node, 0) for node in nodes):
                found.append(edges(*((tail, node) for node, tail in parent.items())))
    return found


@pytest.mark.parametrize("deadline_s", [80.0, 60.0, 41.0, 40.0, 30.0])
@pytest.mark.parametrize("partitions", [1, 2, 3])
def test_the_bound_is_below_every_plan_in_time_and_rises_as_time_runs_out(deadline_s, partitions):
    broadcast = tiny(deadline_s, partitions)
    plans = itertools.combinations_with_replacement(trees(), partitions)
    outcomes = [outcome_of(broadcast, plan) for plan in plans]
    costs = [each.cost_usd for each in outcomes if each.transfer_s <= deadline_s]
    bound = least_cost_usd(broadcast)

    assert bound <= min(costs, default=INF)
    assert bound >= least_cost_usd(tiny(1e6, partitions)) - 1e-6


def test_a_capacity_that_binds_lifts_the_bound_above_the_cheapest_tree():
    loose, tight = tiny(1e6), tiny(30.0)
    # In 30 s edge 1 -> 2 carries 60 of 160 Gbit: the rest of 2's copies comes at a higher price.
    assert relaxed_usd(tight) > relaxed_usd(loose) + 20.0
    assert uncapacitated_usd(tight) == uncapacitated_usd(loose)


@settings(max_examples=25, deadline=None)
@forall(seed=st.integers(0, 10_000))
def test_no_plan_in_time_costs_less_than_the_bound(seed):
    broadcast, chain = drawn(seed)
    bound = least_cost_usd(broadcast)
    rng = np.random.default_rng(seed)
    plans = [[chain] * broadcast.partitions]
    plans += [
        [random_tree(rng, broadcast, int(rng.integers(3))) for _ in range(broadcast.partitions)]
        for _ in range(30)
    ]
    outcomes = [outcome_of(broadcast, plan) for plan in plans]
    costs = [each.cost_usd for each in outcomes if each.transfer_s <= broadcast.deadline_s]
    assert costs
    assert bound <= min(costs)
    assert bound >= uncapacitated_usd(broadcast)


def test_without_capacities_the_program_comes_to_the_cheapest_tree():
    net = draw_network(np.random.default_rng(3), Mesh(30, 2))
    wide = replace(
        net, gbps=net.gbps * 1e6, egress_gbps=net.egress_gbps * 1e6, ingress_gbps=net.ingress_gbps * 1e6
    )
    broadcast, _ = drawn(3, regions=30, destinations=6)
    broadcast = replace(broadcast, network=wide, deadline_s=10.0)
    assert relaxed_usd(broadcast) == pytest.approx(uncapacitated_usd(broadcast), rel=1e-3)


def test_many_destinations_have_the_relaxation_only(monkeypatch):
    broadcast, _ = drawn(5, regions=20, destinations=14)
    monkeypatch.setattr(relaxation, "uncapacitated_usd", None)
    assert least_cost_usd(broadcast) == relaxed_usd(broadcast) > 0


def test_a_solver_that_gives_up_leaves_a_bound(monkeypatch):
    class Failed:
        status = 4

    monkeypatch.setattr(relaxation, "linprog", lambda *rest, **options: Failed())
    broadcast = tiny(80.0)
    assert relaxed_usd(broadcast) == pytest.approx(3 * 0.01 * 20)
    assert least_cost_usd(broadcast) == uncapacitated_usd(broadcast)


def test_any_multipliers_give_a_bound(monkeypatch):
    # A solver whose multipliers are off: what is returned is still below every plan.
    honest = relaxation.linprog

    def off(*rest, **options):
        found = honest(*rest, **options)
        found.ineqlin.marginals = found.ineqlin.marginals * 1.7 + 0.01
        return found

    broadcast = tiny(41.0)
    right = relaxed_usd(broadcast)
    monkeypatch.setattr(relaxation, "linprog", off)
    assert relaxed_usd(broadcast) <= right + 1e-9


def test_bounds_are_the_same_again():
    broadcast, _ = drawn(8, regions=25, destinations=8)
    assert relaxed_usd(broadcast) == relaxed_usd(drawn(8, regions=25, destinations=8)[0])


def test_a_network_with_few_edges_is_priced_in():
    # Only a ring: the way to every destination is the only one.
    size = 12
    gbps = np.zeros((size, size))
    for tail in range(size):
        gbps[tail, (tail + 1) % size] = 4.0
    price = np.where(gbps > 0, 0.1, INF)
    ring = network(price, gbps, np.full(size, 8.0), np.full(size, 8.0))
    broadcast = replace(tiny(1e5), network=ring, destinations=(2, 5))
    plan = [edges(*((tail, tail + 1) for tail in range(5)), size=size)] * 2
    assert relaxed_usd(broadcast) <= outcome_of(broadcast, plan).cost_usd
    assert relaxed_usd(broadcast) == pytest.approx(20 * 0.5 + 3 * 0.01 * 40 + 3 * 0.01 * 20)


def test_a_bound_that_few_rounds_reach_is_a_bound(monkeypatch):
    broadcast, _ = drawn(8, regions=25, destinations=8)
    whole = relaxed_usd(broadcast)
    monkeypatch.setattr(relaxation, "_ROUNDS", 1)
    assert 0 < relaxed_usd(broadcast) <= whole


def test_a_deadline_that_the_cheapest_edges_cannot_keep():
    # Region 1 is entered cheaply over slow edges, and fast only from region 11, the dearest.
    size = 12
    price = np.full((size, size), 1.0)
    gbps = np.full((size, size), 8.0)
    price[:, 1] = 0.1 + 0.01 * np.arange(size)
    gbps[:11, 1] = 0.01
    np.fill_diagonal(gbps, 0.0)
    slow = network(price, gbps, np.full(size, 8.0), np.full(size, 8.0))
    broadcast = replace(tiny(25.0), network=slow, destinations=(1,))
    # At most 11 * 0.01 of 8 Gbps come another way.
    plan = [edges((0, 11), (11, 1), size=size)] * 2
    cost = outcome_of(broadcast, plan).cost_usd

    assert 0.95 * cost < relaxed_usd(broadcast) <= cost
