from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telemetry_cases import ALL_UP, TRAFFIC, TRIANGLE, random_flows

from simulators.telemetry import (
    NETWORKS,
    Demand,
    Network,
    abilene,
    connected,
    diurnal,
    exact,
    fail_links,
    gravity,
    great_circle_km,
    measured,
    next_interface,
    routed,
    shuffled,
)


@pytest.mark.parametrize(
    ("name", "routers", "links", "largest_degree", "mean_km"),
    [("abilene", 12, 15, 4, 935.6), ("geant", 22, 36, 8, 1054.1), ("germany50", 50, 88, 5, 100.7)],
)
def test_networks_are_as_published(name, routers, links, largest_degree, mean_km):
    network = NETWORKS[name]()

    assert (len(network.routers), len(network.links)) == (routers, links)
    assert np.bincount(network.router_of).max() == largest_degree
    assert sum(network.length_km) / links == pytest.approx(mean_km, rel=1e-3)
    assert connected(network, np.ones(links, dtype=np.bool_))
    assert network.interfaces == 2 * links


def test_distances_worked_out_by_hand():
    assert great_circle_km((0.0, 0.0), (90.0, 0.0)) == pytest.approx(6371 * np.pi / 2)
    assert great_circle_km((13.0, 52.0), (13.0, 52.0)) == 0.0
    # Atlanta's two routers, 132.4 km apart in the published description.
    assert abilene().length_km[0] == pytest.approx(132.4, rel=2e-3)


@pytest.mark.parametrize(
    ("links", "lengths", "said"),
    [
        (((0, 0),), (1.0,), "two different routers"),
        (((0, 2),), (1.0,), "two different routers"),
        (((0, 1), (1, 0)), (1.0, 1.0), "stands once"),
        (((0, 1),), (1.0, 2.0), "has one length"),
    ],
)
def test_a_network_that_does_not_add_up_is_refused(links, lengths, said):
    with pytest.raises(ValueError, match=said):
        Network("bad", ("A", "B"), links, lengths)


def test_interfaces_worked_out_by_hand():
    assert TRIANGLE.router_of.tolist() == [0, 1, 1, 2, 0, 2]
    assert TRIANGLE.peer.tolist() == [1, 0, 3, 2, 5, 4]
    assert TRIANGLE.of_router(1).tolist() == [1, 2]
    # Flow 0 leaves A and reaches B; what enters B counts for it, what leaves against it.
    assert TRIANGLE.balance[1].tolist() == [1, -1, -1, 1, 0, 0, 0, 1, 0, 0, -1, 0]


def test_flows_worked_out_by_hand():
    flows = routed(TRIANGLE, ALL_UP, TRAFFIC)

    assert next_interface(TRIANGLE, ALL_UP)[0].tolist() == [-1, 0, 0]
    assert flows.link.tolist() == [16, 4, 10, 4, 0, 0]
    assert flows.entering.tolist() == [16, 0, 4]
    assert flows.leaving.tolist() == [4, 6, 10]


def test_traffic_goes_round_a_link_that_is_down():
    flows = routed(TRIANGLE, np.array([True, False, True]), TRAFFIC)

    assert flows.link.tolist() == [6, 0, 0, 0, 10, 4]


def test_traffic_that_no_path_carries_is_refused():
    with pytest.raises(ValueError, match="no path joins"):
        routed(TRIANGLE, np.array([True, False, False]), TRAFFIC)


def test_counters_worked_out_by_hand():
    true = exact(TRIANGLE, routed(TRIANGLE, ALL_UP, TRAFFIC), ALL_UP)

    assert true.tx.tolist() == [16, 4, 10, 4, 0, 0]
    assert true.rx.tolist() == [4, 16, 4, 10, 0, 0]
    assert true.up.all()
    read = true.copy()
    read.tx[0] = 0.0
    assert true.tx[0] == 16.0


CASES = {"name": st.sampled_from(sorted(NETWORKS)), "seed": st.integers(0, 9999), "failed": st.integers(0, 3)}


@settings(max_examples=60, deadline=None)
@given(**CASES)
def test_true_counters_conserve_traffic_at_every_router(name, seed, failed):
    network, up, flows, matrix = random_flows(name, seed, failed)
    true = exact(network, flows, up)
    routers = len(network.routers)
    received = np.bincount(network.router_of, true.rx, minlength=routers)
    sent = np.bincount(network.router_of, true.tx, minlength=routers)

    assert received + true.entering == pytest.approx(sent + true.leaving, rel=1e-9)
    assert network.balance @ np.concatenate((flows.link, flows.entering, flows.leaving)) == pytest.approx(
        np.zeros(routers), abs=1e-6
    )
    assert true.rx[network.peer].tolist() == true.tx.tolist()
    assert flows.entering == pytest.approx(matrix.sum(axis=1))
    assert flows.leaving == pytest.approx(matrix.sum(axis=0))
    assert not flows.link[np.repeat(~up, 2)].any()
    assert (flows.link[np.repeat(up, 2)] > 0).sum() >= network.interfaces - 2 * failed - 4


@settings(max_examples=40, deadline=None)
@given(**CASES)
def test_links_fail_only_where_the_network_stays_connected(name, seed, failed):
    network, up, _, _ = random_flows(name, seed, failed)

    assert connected(network, up)
    assert (~up).sum() == failed


def test_a_tree_loses_no_link():
    tree = Network("tree", ("A", "B", "C"), ((0, 1), (1, 2)), (1.0, 1.0))

    assert fail_links(np.random.default_rng(0), tree, 2).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9999))
def test_a_shuffled_network_is_the_same_network(seed):
    network = abilene()
    other = shuffled(network, np.random.default_rng(seed))

    def named(each):
        ends = ((frozenset(each.routers[end] for end in link)) for link in each.links)
        return dict(zip(ends, each.length_km, strict=True))

    assert named(other) == named(network)
    assert sorted(other.routers) == sorted(network.routers)


def test_gravity_and_the_day():
    rng = np.random.default_rng(0)
    matrix = gravity(rng, 20, Demand(50.0, skew=0.5, deviation=0.0))
    rows = matrix[:2, 5:] / matrix[:2, 5:].sum(axis=1, keepdims=True)

    assert matrix.sum() == pytest.approx(50.0 * 20)
    assert not np.diag(matrix).any()
    assert rows[0] == pytest.approx(rows[1])  # where traffic goes does not depend on where it comes from
    assert diurnal(15.0, 0.5) == 1.5
    assert diurnal(3.0, 0.5) == pytest.approx(0.5)
    assert np.mean([diurnal(hour, 0.5) for hour in range(24)]) == pytest.approx(1.0)


def test_noise_is_that_of_the_published_counters():
    network, up, flows, _ = random_flows("germany50", 3, 0)
    true = exact(network, flows, up)
    read = measured(np.random.default_rng(1), true, 0.02)
    apart = np.abs(read.tx - read.rx[network.peer]) / true.tx

    assert np.abs(read.tx / true.tx - 1.0).max() <= 0.02
    assert apart.mean() == pytest.approx(0.013, abs=0.002)
    assert apart.max() <= 0.04
    assert measured(np.random.default_rng(1), true, 0.0).rx.tolist() == true.rx.tolist()
