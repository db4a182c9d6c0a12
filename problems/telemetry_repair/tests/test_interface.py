from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from telemetry_driver import DRIVER as driver

from simulators.telemetry import Demand, abilene, balanced, exact, germany50, gravity, routed


@pytest.fixture(scope="module")
def interface():
    with driver.program(driver.folder / "initial" / "repair.py") as (_, found):
        yield found


@pytest.fixture(scope="module")
def telemetry():
    return driver.evaluator()


def triangle(interface, **changed):
    """Return three routers: 6 from A to B and 10 to C by way of B, 4 from C to A; all counters right."""
    # Interfaces: A to B 0, B to A 1, B to C 2, C to B 3, A to C 4, C to A 5.
    tx, peer, router = (16.0, 4.0, 10.0, 4.0, 0.0, 0.0), (1, 0, 3, 2, 5, 4), (0, 1, 1, 2, 0, 2)
    fields = {
        "router": router,
        "peer": peer,
        "length_km": (1.0, 1.0, 1.0, 1.0, 3.0, 3.0),
        "rx_mbps": tuple(tx[at] for at in peer),
        "tx_mbps": tx,
        "up": (True,) * 6,
        "entering_mbps": tuple((16.0, 0.0, 4.0)[at] for at in router),
        "leaving_mbps": tuple((4.0, 6.0, 10.0)[at] for at in router),
        "noise_share": 0.02,
        "tolerance_share": 0.05,
        "floor_mbps": 0.1,
    }
    return interface.Given(**{**fields, **changed})


def test_flows_worked_out_by_hand(interface):
    given = triangle(interface, tx_mbps=(8.0, 4.0, 10.0, 4.0, 0.0, 0.0), up=(False, *(True,) * 5))
    flow = interface.flows(given)[0]

    assert flow == interface.Flow(0, 1, 8.0, 16.0, False, True)
    assert interface.mean_mbps(flow) == 12.0
    assert (interface.larger_mbps(flow), interface.smaller_mbps(flow)) == (16.0, 8.0)
    assert interface.ends_gap_share(flow) == 0.5
    assert interface.reverse_flow(given, flow) == interface.flows(given)[1]
    assert not interface.both_up(flow)
    assert not interface.both_down(flow)
    assert not interface.one_reads_zero(flow)
    assert interface.one_reads_zero(flow._replace(tx_mbps=0.0))
    assert interface.both_down(flow._replace(rx_up=False))
    assert interface.both_up(flow._replace(tx_up=True))


def test_votes_worked_out_by_hand(interface):
    assert interface.gap_share(0.0, 0.0) == 0.0
    assert interface.gap_share(-5.0, 5.0) == 2.0
    assert interface.agree(95.0, 100.0, 0.05)
    assert not interface.agree(94.0, 100.0, 0.05)
    assert interface.votes([100.0, 98.0, 50.0], 99.0, 0.05) == 2
    assert interface.most_voted([50.0, 100.0, 98.0], 0.05) == 99.0
    assert interface.most_voted([50.0, 100.0], 0.05) == 50.0


def test_conservation_worked_out_by_hand(interface):
    given = triangle(interface)
    for at in range(6):
        assert interface.own_surplus_mbps(given, at) == 0.0
        assert interface.surplus_mbps(given, given.tx_mbps, at) == 0.0
        assert interface.imbalance_share(given, at) == interface.disputed_share(given, at) == 0.0
    # A says that it sends 8 to B, not 16: 8 too many stay there, of 20 that reach it.
    half = triangle(interface, tx_mbps=(8.0, 4.0, 10.0, 4.0, 0.0, 0.0))
    flow = interface.flows(half)[0]

    assert interface.own_surplus_mbps(half, 4) == 8.0
    assert interface.imbalance_share(half, 0) == 8.0 / 20.0
    assert interface.implied_by_sender_mbps(half, flow) == 16.0
    assert interface.implied_by_receiver_mbps(half, flow) == 16.0
    assert interface.evidence_mbps(half, flow) == [8.0, 16.0, 16.0, 16.0]
    assert interface.majority_mbps(half, flow, 0.05) == 16.0
    assert interface.support_share(half, flow, 16.0, 0.05) == 0.75
    assert interface.majority_rates(half, 0.05) == list(given.tx_mbps)
    assert interface.mean_rates(half)[0] == 12.0
    assert interface.surplus_mbps(half, interface.mean_rates(half), 0) == 4.0
    # Of A's two counters on its other link none is disputed; of B's on its link to A one is.
    assert interface.disputed_share(half, 0) == 0.0
    assert interface.disputed_share(half, 4) == 0.5
    assert interface.disputed_share(half, 2) == 0.5
    assert interface.beside(half, 4) == [0, 4]
    assert interface.edge_rates(half) == ([16.0, 0.0, 4.0], [4.0, 6.0, 10.0])


def test_conserving_worked_out_by_hand(interface):
    # The first flow is not known; all else says 16.
    given = triangle(interface)
    rates = (0.0, *given.tx_mbps[1:])
    deviations = (1e3, 0.01, 0.01, 0.01, 0.01, 0.01)
    found = interface.conserve(given, rates, deviations)

    assert [each.mbps for each in found] == pytest.approx(given.tx_mbps, abs=0.01)
    assert found[0].confidence > 0.9
    assert interface.sure(given, 100.0, 5.1 / 1.96) == pytest.approx(0.95, abs=1e-3)


def test_helpers_agree_with_the_simulator(interface, telemetry):
    for workload in driver.draw(telemetry, 6):
        network = workload.data.network
        given = interface.Given(*telemetry.given(workload))
        rng = np.random.default_rng(0)
        matrix = interface.incidence(given)
        mean = rng.uniform(1, 100, matrix.shape[1])
        deviation = rng.uniform(0.1, 10, matrix.shape[1])
        fitted, left = interface.fit(given, mean, deviation)
        theirs, variance = balanced(network, mean, deviation**2)
        read = workload.data.damage.readings

        assert matrix.tolist() == network.balance.tolist()
        assert fitted == pytest.approx(theirs)
        assert left == pytest.approx(np.sqrt(variance))
        assert matrix @ fitted == pytest.approx(np.zeros(len(matrix)), abs=1e-6)
        own = [interface.own_surplus_mbps(given, int(network.of_router(r)[0])) for r in range(len(matrix))]
        received = np.bincount(network.router_of, read.rx - read.tx)
        assert own == pytest.approx((received + read.entering - read.leaving).tolist())
        assert interface.edge_rates(given) == (read.entering.tolist(), read.leaving.tolist())


@pytest.mark.parametrize("make", [abilene, germany50])
def test_gravity_rates_are_those_of_gravity_without_deviation(interface, telemetry, make):
    network, up = make(), np.ones(len(make().links), dtype=np.bool_)
    up[2] = False
    out, into = np.random.default_rng(1).uniform(1, 9, (2, len(network.routers)))
    matrix = np.outer(out, into * out.sum() / into.sum()) / out.sum()
    flows = routed(network, up, matrix)
    true = exact(network, flows, up)
    case = type(driver.draw(telemetry, 1)[0].data)
    workload = type(driver.draw(telemetry, 1)[0])(case("x", network, up, true, telemetry_damage(true)))
    given = interface.Given(*telemetry.given(workload))
    # What a router would send to itself counts as entering and leaving for the helper.
    own = np.diag(matrix)
    edges = [true.entering + own, true.leaving + own]
    entering, leaving = (tuple(each[network.router_of].tolist()) for each in edges)
    rates = interface.gravity_rates(given._replace(entering_mbps=entering, leaving_mbps=leaving))

    assert rates == pytest.approx(flows.link.tolist())


def telemetry_damage(readings):
    from simulators.telemetry import Damage

    return Damage(readings, ())


def test_gravity_is_near_to_drawn_traffic(interface):
    network, up = abilene(), np.ones(15, dtype=np.bool_)
    matrix = gravity(np.random.default_rng(0), 12, Demand(100.0, deviation=0.0))
    flows = routed(network, up, matrix)
    true = exact(network, flows, up)
    router = network.router_of
    given = triangle(
        interface,
        router=tuple(router.tolist()),
        peer=tuple(network.peer.tolist()),
        length_km=tuple(np.repeat(network.length_km, 2).tolist()),
        up=(True,) * 30,
        entering_mbps=tuple(true.entering[router].tolist()),
        leaving_mbps=tuple(true.leaving[router].tolist()),
    )
    rates = np.array(interface.gravity_rates(given))

    assert np.corrcoef(np.log(rates), np.log(flows.link))[0, 1] > 0.9


def test_answers_say_the_same_at_both_ends_and_stay_in_range(interface):
    given = triangle(interface)
    estimates = [interface.Estimate(float(10 * at), 0.1 * at) for at in range(6)]
    found = interface.answer(given, estimates)

    assert found[0] == interface.Repair(0, 10.0, 0.0, 0.1, 0.0)
    assert found[1] == interface.Repair(1, 0.0, 10.0, 0.0, 0.1)
    assert [each.interface_id for each in interface.answer(given, estimates[:3])] == [0, 1]
    wild = interface.answer(given, [interface.Estimate(-1.0, 2.0)] * 6)
    assert wild[0] == interface.Repair(0, 0.0, 0.0, 1.0, 1.0)


@settings(max_examples=40, deadline=None)
@forall(seed=st.integers(0, 99), share=st.sampled_from([0.01, 0.05, 0.3]))
def test_helpers_stay_in_their_range_on_every_workload(interface, telemetry, seed, share):
    key = seed.to_bytes(16, "big")
    (workload,) = driver.draw(telemetry, 1, "shift" if seed % 2 else "train", key)
    given = interface.Given(*telemetry.given(workload))
    for flow in interface.flows(given)[::7]:
        assert 0.0 <= interface.ends_gap_share(flow) <= 1.0
        assert 0.0 <= interface.disputed_share(given, flow.sender) <= 1.0
        assert interface.imbalance_share(given, flow.receiver) >= 0.0
        chosen = interface.majority_mbps(given, flow, share)
        assert math.isfinite(chosen)
        assert 0.0 <= interface.support_share(given, flow, chosen, share) <= 1.0
    rates = interface.gravity_rates(given)
    assert min(rates) >= 0.0
    conserved = interface.conserve(given, rates, [1.0 + 0.5 * rate for rate in rates])
    surplus = [interface.surplus_mbps(given, [e.mbps for e in conserved], at) for at in range(len(rates))]
    assert all(0.0 <= each.confidence <= 1.0 for each in conserved)
    assert all(map(math.isfinite, surplus))
