from __future__ import annotations

import sys

import numpy as np
import pytest
from cloudcast_driver import DRIVER as driver
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from simulators.multicast import check_tree, outcome_of, steiner_price

INF = np.inf


@pytest.fixture(scope="module")
def cloudcast():
    return driver.evaluator()


@pytest.fixture(scope="module")
def interface(cloudcast):
    return sys.modules["problem.interface"]


@pytest.fixture(scope="module")
def cases(cloudcast, interface):
    drawn = [*driver.draw(cloudcast, 6), *driver.draw(cloudcast, 3, "shift")]
    return [(each.data.broadcast, driver.given_of(cloudcast, each, interface)) for each in drawn]


def tiny(interface, **changed):
    """Source 0, destinations 1 and 2, relay 3; 20 GB in 2 partitions: 80 Gbit each."""
    price = np.array([[1e6, 10, 12, 4], [9, 1e6, 3, 9], [9, 9, 1e6, 9], [9, 5, 6, 1e6]])
    gbps = np.array([[0, 4, 8, 8], [8, 0, 2, 8], [8, 8, 0, 8], [8, 8, 4, 0.0]])
    limit = np.full(4, 8.0)
    cloud = np.array([0, 0, 1, 2])
    told = interface.Given(price, gbps, limit, limit, cloud, 0, (1, 2), 20.0, 2, 40.0, 0.01)
    return told._replace(**changed)


def pairs(tree):
    return [divmod(edge, 4) for edge in tree.edges]


def tree(interface, *edges):
    return interface.Tree(tuple(tail * 4 + head for tail, head in edges))


def test_costs_worked_out_by_hand(interface):
    given = tiny(interface)
    prices = interface.prices(given)

    assert prices.by_pair[0].tolist() == [INF, 10, 12, 4]
    # The mean price is 88 / 12; edges of 8 Gbps cost less than that, of 4 twice and of 2 four times as much.
    slow = interface.slowness(given).by_pair
    assert slow[0, 1] == pytest.approx(2 * slow[0, 2])
    assert slow[1, 2] == pytest.approx(4 * slow[0, 2])
    assert slow[given.gbps > 0].mean() == pytest.approx(given.price_usd_per_gb[given.gbps > 0].mean())
    both = interface.blend(prices, interface.Costs(np.zeros((4, 4))), 0.25).by_pair
    assert both[0].tolist() == [INF, 7.5, 9, 3]
    dearer = interface.with_relay_cost(given, prices, 2.0).by_pair
    assert dearer[0].tolist() == [INF, 10, 12, 6]
    assert dearer[3].tolist() == [11, 5, 6, INF]
    none = interface.clustered(given, prices, 0).by_pair
    assert none[0].tolist() == [INF, 10, 12, INF]
    assert (interface.clustered(given, prices, 1).by_pair == prices.by_pair).all()


def test_trees_worked_out_by_hand(interface):
    given = tiny(interface)
    prices = interface.prices(given)

    assert sorted(pairs(interface.direct_tree(given))) == [(0, 1), (0, 2)]
    # Cheapest paths: to 1 over 3 at 9, to 2 over 3 at 10; 1 -> 2 would make 12.
    assert sorted(pairs(interface.path_tree(given, prices))) == [(0, 3), (3, 1), (3, 2)]
    # Nearest first: 1 over 3 at 9, then 2 from 1 at 3.
    steiner = interface.steiner_tree(given, prices)
    assert sorted(pairs(steiner)) == [(0, 3), (1, 2), (3, 1)]
    assert interface.tree_cost(given, prices, steiner) == 12
    assert interface.relays_of(given, steiner) == [3]
    # Without relays: 1 at 10, then 2 from 1 at 3.
    greedy = interface.greedy_tree(given, prices)
    assert sorted(pairs(greedy)) == [(0, 1), (1, 2)]
    assert sorted(pairs(interface.improved(given, prices, greedy, 5))) == sorted(pairs(steiner))
    assert interface.improved(given, prices, greedy, 0) == greedy
    assert interface.hub_tree(given, prices, 3) == steiner


def test_a_hub_is_found_that_the_nearest_destination_hides(interface):
    # All edges from the source cost 10: the nearest destination is 1, and from 1 the rest is dear. Over 3 it
    # is cheap, but no path to a single destination is.
    price = np.array([[1e6, 10, 10, 10], [9, 1e6, 9, 9], [9, 9, 1e6, 9], [9, 1, 1, 1e6]])
    given = tiny(interface, price_usd_per_gb=price)
    prices = interface.prices(given)

    assert interface.tree_cost(given, prices, interface.steiner_tree(given, prices)) == 19
    assert interface.tree_cost(given, prices, interface.hub_tree(given, prices, 1)) == 12


def test_drafts_worked_out_by_hand(interface):
    given = tiny(interface)
    draft = interface.blank_draft(given)
    relayed, chained = tree(interface, (0, 3), (3, 1), (3, 2)), tree(interface, (0, 1), (1, 2))
    assert interface.time_s(draft) == interface.cost_usd(draft) == 0.0
    assert interface.add(draft, relayed)
    assert interface.add(draft, chained)
    assert not interface.add(draft, chained)

    # Worked out in test_evaluate.py: 280 USD of egress, 40 s, four regions.
    assert interface.time_s(draft) == pytest.approx(40.0)
    assert interface.cost_usd(draft) == pytest.approx(281.6)
    assert interface.busiest_share(draft) == pytest.approx(1.0)
    assert interface.answer(draft) == [[3, 13, 14], [1, 6]]
    assert interface.put(draft, 0, chained)
    assert interface.time_s(draft) == pytest.approx(80.0)
    assert draft.copies.tolist() == [[0, 2, 0, 0], [0, 0, 2, 0], [0] * 4, [0] * 4]
    assert not interface.put(draft, 2, chained)
    assert not interface.put(draft, 0, interface.Tree(()))
    rest = interface.without(draft, 0)
    assert rest.trees == [chained]
    assert (draft.copies == 2 * rest.copies).all()
    assert [part.before_share for part in interface.parts(given)] == [0.0, 0.5]


def test_room_worked_out_by_hand(interface):
    given = tiny(interface)
    draft, chained = interface.blank_draft(given), tree(interface, (0, 1), (1, 2))
    interface.add(draft, chained)

    # Edge 1 -> 2 takes the 40 s that there are; 0 -> 1 half of them.
    room = interface.with_room(draft, interface.prices(given)).by_pair
    assert room[1, 2] == INF
    assert room[0, 1] == 10
    crowded = interface.crowded(draft, interface.prices(given), 2.0).by_pair
    assert crowded[1, 2] == pytest.approx(3 * 3)
    assert crowded[0, 1] == pytest.approx(10 * 2)
    # The source is busy for 10 s, which counts for all that leaves it.
    assert crowded[0, 2] == pytest.approx(12 * 1.5)
    assert not interface.fits(draft, chained)
    assert interface.fits(draft, tree(interface, (0, 1), (0, 2)))
    assert not interface.fits(draft, interface.Tree(()))
    assert sorted(pairs(interface.fitting_tree(draft, interface.prices(given)))) == [(0, 3), (3, 1), (3, 2)]


def test_the_source_keeps_time_for_what_is_to_come(interface):
    # 30 s: the source sends three times; a star now would leave it no time for the second partition.
    given = tiny(interface, deadline_s=30.0)
    star = tree(interface, (0, 1), (0, 2))
    draft = interface.blank_draft(given)
    assert interface.fits(draft, star)
    short = interface.blank_draft(given._replace(deadline_s=29.0))
    assert not interface.fits(short, star)
    assert interface.fits(short, tree(interface, (0, 3), (3, 1), (3, 2)))


def test_a_fitting_tree_goes_anywhere_where_there_is_no_room(interface):
    draft = interface.blank_draft(tiny(interface, deadline_s=1.0))
    assert sorted(pairs(interface.fitting_tree(draft, interface.prices(draft.given)))) == [
        (0, 3),
        (1, 2),
        (3, 1),
    ]


def test_the_fast_plan_worked_out_by_hand(interface):
    # First partition: 0 -> 2 takes 10 s (0 -> 1 20 s), then 2 -> 1 10 s. Second: 0 -> 1 and 0 -> 2 both take
    # 20 s, and 0 -> 1 is cheaper; then 0 -> 2 keeps the source busy for 30 s, where 1 -> 2 would take 40.
    given = tiny(interface)
    fast = interface.fastest_draft(given)
    assert pairs(fast.trees[0]) == [(0, 2), (2, 1)]
    assert pairs(fast.trees[1]) == [(0, 1), (0, 2)]
    assert interface.time_s(fast) == pytest.approx(30.0)


def test_within_deadline_replaces_as_little_as_it_must(interface):
    given, chained = tiny(interface), tree(interface, (0, 1), (1, 2))
    draft = interface.blank_draft(given)
    interface.add(draft, chained)
    interface.add(draft, chained)
    cut = interface.within_deadline(given, draft)
    assert interface.time_s(draft) == pytest.approx(80.0)
    assert interface.time_s(cut) <= 40.0
    assert sorted(tree == chained for tree in cut.trees) == [False, True]
    assert (
        interface.within_deadline(given, interface.blank_draft(given)).trees
        == interface.fastest_draft(given).trees
    )
    loose = interface.within_deadline(given._replace(deadline_s=80.0), draft)
    assert loose.trees == draft.trees


def test_helpers_agree_with_the_evaluator(interface, cases):
    for broadcast, given in cases:
        draft = interface.within_deadline(given, interface.blank_draft(given))
        interface.put(draft, 0, interface.steiner_tree(given, interface.prices(given)))
        found = outcome_of(broadcast, interface.answer(draft))
        assert interface.time_s(draft) == pytest.approx(found.transfer_s, rel=1e-12)
        assert interface.cost_usd(draft) == pytest.approx(found.cost_usd, rel=1e-12)


def test_the_fast_plan_is_in_time_and_near_the_least_time(interface, cases):
    for broadcast, given in cases:
        fast = interface.fastest_draft(given)
        for each in fast.trees:
            check_tree(broadcast, each.edges)
            assert interface.relays_of(given, each) == []
        assert interface.time_s(fast) <= given.deadline_s
        assert broadcast.least_s <= interface.time_s(fast) * (1 + 1e-9)


def test_every_tree_helper_delivers(interface, cases):
    for broadcast, given in cases:
        prices = interface.prices(given)
        draft = interface.fastest_draft(given)
        rest = interface.without(draft, 0)
        for costs in (
            prices,
            interface.slowness(given),
            interface.blend(prices, interface.slowness(given), 0.5),
            interface.with_relay_cost(given, prices, 0.1),
            interface.clustered(given, prices, 2),
            interface.crowded(rest, prices, 3.0),
        ):
            built = [
                interface.direct_tree(given),
                interface.path_tree(given, costs),
                interface.steiner_tree(given, costs),
                interface.greedy_tree(given, costs),
                interface.hub_tree(given, costs, 4),
                interface.fitting_tree(rest, costs),
            ]
            built.append(interface.improved(given, costs, built[2], 3))
            for each in built:
                check_tree(broadcast, each.edges)
            cheap = interface.tree_cost(given, costs, built[2])
            assert interface.tree_cost(given, costs, built[4]) <= cheap
            assert interface.tree_cost(given, costs, built[6]) <= cheap


def test_steiner_heuristics_lie_between_the_optimum_and_the_paths(interface, cases):
    for broadcast, given in cases:
        if len(broadcast.destinations) > 6:
            continue
        prices = interface.prices(given)
        best = steiner_price(broadcast.network.price_usd_per_gb, broadcast.source, broadcast.destinations)
        hub, steiner, paths = (
            interface.tree_cost(given, prices, each)
            for each in (
                interface.hub_tree(given, prices, 20),
                interface.steiner_tree(given, prices),
                interface.path_tree(given, prices),
            )
        )
        assert best <= hub + 1e-9
        assert hub <= steiner <= paths + 1e-9


@settings(max_examples=60, deadline=None)
@forall(seed=st.integers(0, 9999), destinations=st.integers(1, 5), density=st.sampled_from([0.4, 0.7, 1.0]))
def test_helpers_deliver_or_say_that_they_do_not_on_any_network(interface, seed, destinations, density):
    rng = np.random.default_rng(seed)
    size = 8
    gbps = np.where(rng.random((size, size)) < density, rng.uniform(1, 9, (size, size)), 0.0)
    np.fill_diagonal(gbps, 0.0)
    gbps[0, 1 : 1 + destinations] += 1.0  # at least the direct way
    price = np.where(gbps > 0, rng.integers(0, 20, (size, size)) / 100, 1e6)
    limit = np.full(size, 6.0)
    ends = tuple(range(1, 1 + destinations))
    given = interface.Given(price, gbps, limit, limit, np.arange(size) % 3, 0, ends, 30.0, 3, 1e3, 0.01)
    given = given._replace(deadline_s=1.3 * interface.time_s(interface.fastest_draft(given)))
    prices, draft = interface.prices(given), interface.blank_draft(given)
    for make in (
        lambda: interface.fitting_tree(draft, prices),
        lambda: interface.steiner_tree(given, interface.with_room(draft, prices)),
        lambda: interface.improved(given, prices, interface.path_tree(given, prices), 3),
    ):
        found = make()
        if found.edges:
            assert _delivers(given, found)
        interface.add(draft, found)
    cut = interface.within_deadline(given, draft)
    assert len(cut.trees) == 3
    assert all(_delivers(given, each) for each in cut.trees)
    assert interface.time_s(cut) <= given.deadline_s * (1 + 1e-9)
    assert cut.copies == pytest.approx(sum(_copies(each, size) for each in cut.trees))


def _delivers(given, tree):
    size, reached = len(given.cloud), {given.source}
    heads = [edge % size for edge in tree.edges]
    for edge in tree.edges:
        assert given.gbps.ravel()[edge] > 0
        assert edge // size in reached
        reached.add(edge % size)
    return len(set(heads)) == len(heads) and set(given.destinations) <= reached and given.source not in heads


def _copies(tree, size):
    return np.bincount(list(tree.edges), minlength=size * size).reshape(size, size)
