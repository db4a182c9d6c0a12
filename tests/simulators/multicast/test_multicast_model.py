from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from multicast_cases import drawn, edges, network, random_tree, tiny

from simulators.multicast import Undelivered, check_tree, copies_of, outcome_of, published_outcome

STAR = edges((0, 1), (0, 2))
RELAYED = edges((0, 3), (3, 1), (3, 2))
CHAINED = edges((0, 1), (1, 2))


def test_a_star_worked_out_by_hand():
    # 20 GB at 10 and at 12; edge 0 -> 1 carries 160 Gbit at 4 Gbps; the source sends 320 Gbit at 8.
    found = outcome_of(tiny(), [STAR, STAR])

    assert found.egress_usd == pytest.approx(20 * 10 + 20 * 12)
    assert found.transfer_s == pytest.approx(40.0)
    assert found.instance_usd == pytest.approx(3 * 0.01 * 40)
    assert found.cost_usd == pytest.approx(441.2)
    assert found.used == (0, 1, 2)
    assert found.copies.tolist() == [[0, 2, 2, 0], [0] * 4, [0] * 4, [0] * 4]


def test_two_trees_worked_out_by_hand():
    # One partition over the relay: 10 * (4 + 5 + 6); one along the chain: 10 * (10 + 3). Edge 1 -> 2 takes
    # 80 / 2 = 40 s; the source sends two partitions in 20 s, the relay two in 20 s.
    found = outcome_of(tiny(), [RELAYED, CHAINED])

    assert found.egress_usd == pytest.approx(150 + 130)
    assert found.transfer_s == pytest.approx(40.0)
    assert found.bottleneck == ("edge", 1 * 4 + 2)
    assert found.instance_usd == pytest.approx(4 * 0.01 * 40)


@pytest.mark.parametrize(
    ("limits", "seconds", "bottleneck"),
    [
        ({}, 40.0, ("edge", 3 * 4 + 2)),
        ({"egress": (8.0, 8.0, 8.0, 5.0)}, 64.0, ("egress", 3)),
        ({"ingress": (8.0, 2.0, 8.0, 8.0)}, 80.0, ("ingress", 1)),
    ],
)
def test_what_is_busiest_decides_how_long_it_takes(limits, seconds, bottleneck):
    found = outcome_of(tiny(**limits), [RELAYED, RELAYED])

    assert found.transfer_s == pytest.approx(seconds)
    assert found.bottleneck == bottleneck


def test_least_time_is_what_source_and_destinations_need():
    assert tiny().least_s == 20.0
    assert tiny(egress=(4.0, 8.0, 8.0, 8.0)).least_s == 40.0
    assert tiny(ingress=(1.0, 8.0, 2.0, 1.0)).least_s == 80.0


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (edges((0, 1)), "destination 2 gets nothing"),
        (edges((1, 2), (2, 1)), "destination 1 gets nothing"),
        (edges((0, 1), (0, 2), (1, 2)), "region 2 is entered twice, from 0 and from 1"),
        (edges((0, 1), (0, 2), (0, 2)), "region 2 is entered twice, from 0 and from 0"),
        (edges((0, 1), (1, 2), (2, 0)), "region 0 is the source"),
        (edges((0, 1), (0, 2), (3, 3)), "no edge from region 3 to region 3"),
        ([], "destination 1 gets nothing"),
    ],
)
def test_what_is_no_tree(tree, said):
    with pytest.raises(Undelivered, match=said):
        check_tree(tiny(), tree)


def test_edges_that_hang_in_the_air_and_edges_that_are_missing():
    five = network(
        [[1.0] * 5] * 5, [[0 if a == b else 1 for b in range(5)] for a in range(5)], [8.0] * 5, [8.0] * 5
    )
    broadcast = type(tiny())(five, 0, (1, 2), 20.0, 2, 1e6, 0.01)
    with pytest.raises(Undelivered, match="the edge from 4 to 3 begins where the partition does not come"):
        check_tree(broadcast, edges((0, 1), (0, 2), (4, 3), (3, 4), size=5))
    gbps = [[0, 4, 0, 8], [8, 0, 2, 8], [8, 8, 0, 8], [8, 8, 4, 0]]
    with pytest.raises(Undelivered, match="no edge from region 0 to region 2"):
        check_tree(tiny(gbps=gbps), STAR)


def test_order_says_nothing_and_idle_branches_are_paid_for():
    check_tree(tiny(), RELAYED[::-1])
    idle = [*STAR, *edges((2, 3))]
    check_tree(tiny(), idle)
    assert outcome_of(tiny(), [idle, STAR]).egress_usd == pytest.approx(440 + 10 * 9)


# The published cost model


def test_published_model_without_contention_worked_out_by_hand():
    # All flows are their edges' throughputs: 0 -> 1 4 Gbps, 1 -> 2 2 Gbps; two partitions of 80 Gbit on each.
    found = published_outcome(tiny(), [CHAINED, CHAINED])

    assert found.transfer_s == pytest.approx(160 / 2)
    assert found.cost_usd == pytest.approx(20 * 13 + 3 * 0.01 * 80)


def test_published_model_shares_a_limit_equally_by_edges():
    # The source's flows are 4 + 8 > 8 Gbps: each is cut to 8 / 2, and 4 stays 4. Both carry 160 Gbit.
    assert published_outcome(tiny(), [STAR, STAR]).transfer_s == pytest.approx(40.0)
    # With one partition on one edge and two on the other, equal shares do not follow what is carried.
    lopsided = [STAR, edges((0, 2), (2, 1))]
    found = published_outcome(tiny(egress=(6.0, 8.0, 8.0, 8.0)), lopsided)
    # 4 + 8 > 6: 3 each. 0 -> 1 carries 80 Gbit in 26.7 s, 0 -> 2 160 Gbit in 53.3 s, where fluid needs 40.
    assert found.transfer_s == pytest.approx(160 / 3)
    fluid = outcome_of(tiny(egress=(6.0, 8.0, 8.0, 8.0)), lopsided)
    assert fluid.transfer_s == pytest.approx(240 / 6)
    # Relay 3 takes in 5 of 8 Gbps, and sends 8 + 4 > 8: 4 each, on which 160 Gbit take 40 s.
    relayed = published_outcome(tiny(ingress=(8.0, 8.0, 8.0, 5.0)), [RELAYED, RELAYED])
    assert relayed.transfer_s == pytest.approx(160 / 4)
    assert relayed.cost_usd == pytest.approx(20 * 15 + 4 * 0.01 * 40)


def test_published_model_rounds_the_duration_that_machines_are_paid_for():
    found = published_outcome(tiny(egress=(6.0, 8.0, 8.0, 8.0)), [STAR, edges((0, 2), (2, 1))])
    assert found.cost_usd == pytest.approx(10 * (10 + 12 + 12 + 9) + 3 * 0.01 * 53.33, abs=1e-9)


def test_published_model_does_not_pay_for_idle_branches():
    idle = [*STAR, *edges((2, 3))]
    assert published_outcome(tiny(), [idle, STAR]) == published_outcome(tiny(), [STAR, STAR])


@settings(max_examples=60, deadline=None)
@forall(seed=st.integers(0, 10_000), relays=st.integers(0, 5))
def test_random_plans_conserve_flow_and_respect_every_capacity(seed, relays):
    broadcast, _ = drawn(seed)
    rng = np.random.default_rng(seed)
    trees = [random_tree(rng, broadcast, relays) for _ in range(broadcast.partitions)]
    for tree in trees:
        check_tree(broadcast, tree)
    found, net = outcome_of(broadcast, trees), broadcast.network
    copies = copies_of(broadcast, trees)
    # Every destination takes in each partition once, the source none; a relay never sends without receiving.
    assert (copies.sum(axis=0)[list(broadcast.destinations)] == broadcast.partitions).all()
    assert copies[:, broadcast.source].sum() == 0
    sends, takes = copies.sum(axis=1) > 0, copies.sum(axis=0) > 0
    assert not (sends & ~takes)[np.arange(net.regions) != broadcast.source].any()
    # Rates of exactly copies * partition / T respect all capacities, and one of them is reached.
    rates = copies * 8 * broadcast.partition_gb / found.transfer_s
    with np.errstate(invalid="ignore"):
        loads = [
            np.where(net.edges, rates / net.gbps, 0),
            rates.sum(1) / net.egress_gbps,
            rates.sum(0) / net.ingress_gbps,
        ]
    assert max(load.max() for load in loads) == pytest.approx(1.0)
    # The published sharing is never faster, and never cheaper but for what it rounds.
    published = published_outcome(broadcast, trees)
    assert published.transfer_s >= found.transfer_s * (1 - 1e-9)
    assert published.cost_usd >= found.cost_usd - 0.005 * net.regions * broadcast.region_usd_per_s - 1e-9


@settings(max_examples=40, deadline=None)
@forall(seed=st.integers(0, 10_000), drop=st.integers(0, 30))
def test_a_tree_without_one_of_its_edges_does_not_deliver(seed, drop):
    broadcast, _ = drawn(seed)
    tree = random_tree(np.random.default_rng(seed), broadcast, 3)
    with pytest.raises(Undelivered):
        check_tree(broadcast, [edge for at, edge in enumerate(tree) if at != drop % len(tree)])
