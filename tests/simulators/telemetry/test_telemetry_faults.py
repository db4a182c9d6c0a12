from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telemetry_cases import ALL_UP, FIELDS, PAIR, TRAFFIC, TRIANGLE, random_scene

from simulators.telemetry import (
    KINDS,
    NETWORKS,
    Damage,
    Estimate,
    Fault,
    Flows,
    Scene,
    balanced,
    exact,
    inject,
    known_mask,
    routed,
    within,
)

SCENES = {
    "name": st.sampled_from(sorted(NETWORKS)),
    "seed": st.integers(0, 9999),
    "failed": st.integers(0, 3),
    "share": st.sampled_from([0.01, 0.1, 0.3]),
}
MIXES = st.dictionaries(st.sampled_from(KINDS), st.sampled_from([0.02, 0.1, 0.3]), min_size=1)


def changed(before, after):
    """Return every entry that differs."""
    return {
        (field, at)
        for field in FIELDS
        for at in np.flatnonzero(getattr(before, field) != getattr(after, field)).tolist()
    }


@settings(max_examples=120, deadline=None)
@given(name=SCENES["name"], seed=SCENES["seed"], failed=SCENES["failed"], mix=MIXES)
def test_faults_touch_what_they_declare_only(name, seed, failed, mix):
    scene, _ = random_scene(name, seed, failed)
    kept = scene.now.copy()
    damage = inject(np.random.default_rng(seed), scene, mix)
    declared = [touched for fault in damage.faults for touched in fault.touches]

    assert changed(scene.now, damage.readings) <= set(declared)
    assert len(declared) == len(set(declared))  # no two faults touch the same counter
    assert {fault.kind for fault in damage.faults} <= set(mix)
    assert not changed(kept, scene.now)
    for field in FIELDS:
        assert damage.mask(field).sum() == sum(name == field for name, _ in declared)


def only(kind, name="geant", seed=0, failed=0, share=0.2):
    scene, _ = random_scene(name, seed, failed)
    damage = inject(np.random.default_rng(seed), scene, {kind: share})
    assert {fault.kind for fault in damage.faults} == {kind}
    return scene, damage


def test_dropped_counters_read_zero():
    _, damage = only("drop")

    assert len(damage.faults) == 14  # a fifth of 72 interfaces
    for fault in damage.faults:
        assert len({at for _, at in fault.touches}) == 1
        assert all(getattr(damage.readings, field)[at] == 0.0 for field, at in fault.touches)
    assert {len(fault.touches) for fault in damage.faults} == {1, 2}


def test_scaled_counters_are_off_by_a_fifth_to_a_half():
    scene, damage = only("scale")
    factors = [
        getattr(damage.readings, field)[at] / getattr(scene.now, field)[at]
        for fault in damage.faults
        for field, at in fault.touches
    ]

    assert all(0.5 <= factor <= 0.8 or 1.2 <= factor <= 1.5 for factor in factors)
    assert min(factors) < 1.0 < max(factors)


def test_stale_counters_show_what_was_before():
    scene, damage = only("stale")

    for fault in damage.faults:
        assert {field for field, _ in fault.touches} == {"rx", "tx"}
        for field, at in fault.touches:
            assert getattr(damage.readings, field)[at] == getattr(scene.before, field)[at]


def test_swapped_counters_are_those_of_one_router():
    scene, damage = only("swap")
    sizes = {len(fault.touches) for fault in damage.faults}

    assert sizes == {2, 4}
    for fault in damage.faults:
        was = sorted(float(getattr(scene.now, field)[at]) for field, at in fault.touches)
        now = sorted(float(getattr(damage.readings, field)[at]) for field, at in fault.touches)
        assert was == now
        assert len({int(scene.network.router_of[at]) for _, at in fault.touches}) == 1


def test_correlated_faults_take_all_counters_of_a_router():
    seen = set()
    for seed in range(12):
        scene, damage = only("correlated", seed=seed)
        for fault in damage.faults:
            (router,) = {at for field, at in fault.touches if field == "entering"}
            own = scene.network.of_router(router)
            assert {at for field, at in fault.touches if field == "rx"} == set(own.tolist())
            assert len(fault.touches) == 2 * len(own) + 2
            at = int(own[0])
            ratio = damage.readings.tx[at] / scene.now.tx[at]
            stale = damage.readings.tx[at] == scene.before.tx[at]
            seen.add("stale" if stale else "zero" if ratio == 0 else "scaled")
            if not stale and ratio:
                entering = damage.readings.entering[router] / scene.now.entering[router]
                assert entering == pytest.approx(ratio)
    assert seen == {"stale", "zero", "scaled"}


def test_a_vendors_routers_share_one_factor_and_agree_with_each_other():
    scene, damage = only("vendor", share=0.4)
    rx, tx = damage.readings.rx / scene.now.rx, damage.readings.tx / scene.now.tx
    hit = damage.mask("tx")
    both = hit & hit[scene.network.peer]

    assert len(damage.faults) == 9
    assert np.ptp(tx[hit]) == pytest.approx(0.0, abs=1e-9)
    assert both.any()
    assert tx[both] == pytest.approx(rx[scene.network.peer][both])


def test_liars_say_the_contrary_and_their_other_end_does_not():
    intact = zeroed = risen = 0
    for seed in range(8):
        scene, damage = only("lying", seed=seed, failed=3, share=0.1)
        true_up = np.repeat(scene.up, 2)
        liars = damage.mask("up")
        assert (damage.readings.up[liars] != true_up[liars]).all()
        assert (damage.readings.up[~liars] == true_up[~liars]).all()
        dead = liars & ~true_up
        assert not (dead & dead[scene.network.peer]).any()
        assert damage.readings.tx[dead].tolist() == scene.before.tx[dead].tolist()
        risen += int(dead.sum())
        alive = liars & true_up
        zeroed += int((damage.readings.tx[alive] == 0.0).sum())
        intact += int((damage.readings.tx[alive] == scene.now.tx[alive]).sum())
    assert min(intact, zeroed, risen) > 5


def test_few_liars_need_no_link_that_is_up():
    scene, _ = random_scene("abilene", 0, failed=2)
    damage = inject(np.random.default_rng(0), scene, {"lying": 0.01})

    assert [len(fault.touches) for fault in damage.faults] == [3]


def test_faults_are_the_same_for_the_same_numbers_and_others_for_others():
    scene, _ = random_scene("abilene", 1)
    mix = dict.fromkeys(KINDS, 0.1)
    one, again, other = (inject(np.random.default_rng(seed), scene, mix) for seed in (1, 1, 2))

    assert not changed(one.readings, again.readings)
    assert one.faults == again.faults
    assert changed(one.readings, other.readings)


def test_faults_end_where_nothing_is_left_to_hit():
    scene, _ = random_scene("abilene", 1)
    damage = inject(np.random.default_rng(0), scene, {"correlated": 1.0, "swap": 1.0, "drop": 1.0})

    assert {fault.kind for fault in damage.faults} == {"correlated"}
    assert damage.mask("rx").all()


def test_an_unknown_fault_is_named():
    scene, _ = random_scene("abilene", 1)
    with pytest.raises(ValueError, match="there is no fault 'gremlin'; known are drop, scale"):
        inject(np.random.default_rng(0), scene, {"gremlin": 0.1})


# What can be done when the faults are known


def test_known_faults_on_one_link_worked_out_by_hand():
    up = np.ones(1, dtype=np.bool_)
    flows = Flows(np.array([100.0, 0.0]), np.array([100.0, 0.0]), np.array([0.0, 100.0]))
    readings = exact(PAIR, flows, up)
    readings.rx[1], readings.entering[0], readings.leaving[1] = 102.0, 99.0, 100.0
    readings.tx[0] = 0.0
    damage = Damage(readings, (Fault("drop", frozenset({("tx", 0)})),))
    found = known_mask(PAIR, damage, up, 0.02)
    # Three readings of one flow, 102, 99 and 100, each weighed by 1 / reading^2; nothing flows back.
    weights = np.array([1 / 102**2, 1 / 99**2, 1 / 100**2])

    assert found.link[0] == pytest.approx(weights @ [102, 99, 100] / weights.sum(), rel=1e-4)
    assert found.link[1] == pytest.approx(0.0, abs=1e-6)
    assert found.deviation[0] == pytest.approx(0.02 / math.sqrt(3) / math.sqrt(weights.sum()), rel=1e-3)


def test_what_no_counter_reads_follows_from_conservation():
    true = exact(TRIANGLE, routed(TRIANGLE, ALL_UP, TRAFFIC), ALL_UP)
    read = true.copy()
    read.tx[0] = read.rx[1] = 0.0
    damage = Damage(read, (Fault("drop", frozenset({("tx", 0), ("rx", 1)})),))
    found = known_mask(TRIANGLE, damage, ALL_UP, 0.02)

    assert found.link == pytest.approx([16, 4, 10, 4, 0, 0], abs=1e-2)


def test_balanced_worked_out_by_hand():
    # 10 enter A and 8 are counted on the link; both are as sure, and what leaves is not known.
    mean = np.array([8.0, 0.0, 10.0, 0.0, 0.0, 0.0])
    variance = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1e9])
    variance[3] = variance[4] = 1e-12
    fitted, left = balanced(PAIR, mean, variance)

    assert fitted == pytest.approx([9, 0, 9, 0, 0, 9], abs=1e-5)
    assert left[0] == pytest.approx(0.5, abs=1e-5)


def test_within_worked_out_by_hand():
    # 5 % of 100 is 1.96 deviations; of nothing the floor is one.
    sure = within(Estimate(np.array([100.0, 0.0]), np.array([5.0 / 1.96, 0.1])), 0.05, 0.0)
    floor = within(Estimate(np.array([0.0]), np.array([0.1])), 0.05, 0.1)

    assert sure == pytest.approx([0.95, 0.0], abs=1e-4)
    assert floor == pytest.approx([0.6827], abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(**SCENES)
def test_the_known_mask_is_nearly_always_right_without_faults(name, seed, failed, share):
    scene, flows = random_scene(name, seed, failed)
    found = known_mask(scene.network, Damage(scene.now, ()), scene.up, 0.02)

    assert (np.abs(found.link - flows.link) <= 0.05 * flows.link + 1e-9).all()
    assert not found.link[np.repeat(~scene.up, 2)].any()


def test_known_mask_beats_every_reading_and_knows_how_sure_it_is():
    right, expected, believed = [], [], []
    for seed in range(40):
        scene, flows = random_scene("geant", seed, failed=1)
        damage = inject(np.random.default_rng(seed), scene, {"swap": 0.1, "correlated": 0.1})
        found = known_mask(scene.network, damage, scene.up, 0.02)
        right.append(np.abs(found.link - flows.link) <= 0.05 * flows.link + 0.1)
        believed.append(np.abs(damage.readings.tx - flows.link) <= 0.05 * flows.link + 0.1)
        expected.append(within(found, 0.05, 0.1))

    assert np.mean(right) > np.mean(believed) + 0.05
    assert np.mean(expected) == pytest.approx(np.mean(right), abs=0.01)


def test_a_scene_of_one_router_pair_has_faults_of_every_kind():
    up = np.ones(1, dtype=np.bool_)
    flows = Flows(np.array([100.0, 50.0]), np.array([100.0, 50.0]), np.array([50.0, 100.0]))
    true = exact(PAIR, flows, up)
    scene = Scene(PAIR, up, true, true)
    for kind in KINDS:
        assert len(inject(np.random.default_rng(0), scene, {kind: 0.5}).faults) == 1
