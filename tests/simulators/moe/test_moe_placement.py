from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moe_cases import LOAD, TINY, slots

from simulators.moe import (
    Cluster,
    balance_limit,
    balance_of,
    gpu_loads,
    hottest_of,
    hottest_replica,
    moved_experts,
    replica_counts,
    sends_per_visit,
    slot_loads,
    unplaced,
)


def test_loads_worked_out_by_hand():
    # Expert 0 has slots on both GPUs, 30 tokens each; expert 1 has two slots on GPU 0, 10 each.
    placement = slots([0, 1, 1, 0, 2, 3])

    assert replica_counts(TINY, placement).tolist() == [[2, 2, 1, 1]]
    assert slot_loads(TINY, placement, LOAD).tolist() == [[30, 10, 10, 30, 12, 8]]
    assert gpu_loads(TINY, placement, LOAD).tolist() == [[50, 50]]
    assert balance_of(TINY, placement, LOAD).gpu == 1.0
    assert balance_of(TINY, placement, LOAD).slot == pytest.approx((100 / 6) / 30)


def test_the_hottest_gpu_and_why():
    # GPU 0 holds all of expert 0 and a half of expert 1: 60 + 10; GPU 1 holds 10 + 12 + 8.
    hottest = hottest_of(TINY, slots([0, 0, 1, 1, 2, 3]), LOAD)

    assert (hottest.layer, hottest.gpu, hottest.expert, hottest.replicas) == (0, 0, 0, 2)
    assert hottest.over_mean == pytest.approx(70 / 50)
    assert hottest.share == pytest.approx(60 / 70)


def test_what_each_form_of_balance_says():
    # Layer 0 is even; layer 1 has a tenth of the tokens, all on GPU 0.
    placement = slots([0, 1, 1, 0, 2, 3], [0, 0, 1, 2, 2, 3])
    balance = balance_of(TINY, placement, np.array([[60, 20, 12, 8], [10, 0, 0, 0]]))

    assert balance.gpu == pytest.approx(55 / 60)
    assert balance.layer_mean == pytest.approx(0.75)
    assert balance.largest == pytest.approx(2.0)


def test_layers_without_tokens_count_nothing():
    placement = slots([0, 1, 1, 0, 2, 3], [0, 1, 1, 0, 2, 3])
    load = np.array([[60, 20, 12, 8], [0, 0, 0, 0]])

    assert balance_of(TINY, placement, load).layer_mean == 1.0
    assert balance_of(TINY, placement, 0 * load).gpu == 1.0
    assert hottest_of(TINY, placement, 0 * load).over_mean == 0.0
    assert sends_per_visit(TINY, placement, 0 * load) == 1.0
    assert balance_limit(TINY, 0 * load) == 1.0


def test_moves_count_experts_that_are_new_on_a_gpu():
    before = slots([0, 1, 1, 0, 2, 3])

    assert moved_experts(TINY, before, slots([1, 0, 1, 3, 2, 0])) == 0  # order on a GPU says nothing
    assert moved_experts(TINY, before, slots([0, 0, 1, 0, 2, 3])) == 0  # a second slot is a local copy
    assert moved_experts(TINY, before, slots([0, 1, 2, 0, 2, 3])) == 1
    assert moved_experts(TINY, before, slots([0, 2, 2, 1, 0, 3])) == 2  # two slots, one send
    assert moved_experts(TINY, slots([0, 0, 0, 1, 2, 3]), slots([1, 2, 3, 0, 0, 0])) == 4


def test_unplaced_names_the_first_expert_without_a_slot():
    assert unplaced(TINY, slots([0, 1, 1, 0, 2, 3])) is None
    assert unplaced(TINY, slots([0, 1, 1, 0, 2, 3], [0, 1, 1, 0, 3, 3])) == (1, 2)


def test_sends_worked_out_by_hand():
    # Group 0 computes 50 of 80 on node 0; group 1 all on node 1. Two experts per visit.
    sends = sends_per_visit(TINY, slots([0, 1, 1, 0, 2, 3]), LOAD)
    group_0 = (1 - (30 / 80) ** 2) + (1 - (50 / 80) ** 2)

    assert sends == pytest.approx(0.8 * group_0 + 0.2 * 1.0)
    assert sends_per_visit(TINY, slots([0, 0, 1, 2, 2, 3]), LOAD) == 1.0  # every group on one node


def test_hottest_replica_worked_out_by_hand():
    # Two further slots: both to expert 0 (60 -> 30 -> 20); then the hottest has 20.
    assert hottest_replica(LOAD[0], 6) == 20.0
    assert hottest_replica(LOAD[0], 4) == 60.0
    # With 5 slots the hottest replica is 30 and the mean of 2 GPUs 50; of 5 GPUs it is 20.
    wide = Cluster(experts=4, slots=5, groups=1, nodes=1, gpus=5, expert_bytes=1, top_k=1, top_groups=1)
    assert balance_limit(wide, LOAD) == pytest.approx(20 / 30)
    assert balance_limit(TINY, LOAD) == pytest.approx(1.0)


LAYER = st.lists(st.integers(0, 50), min_size=4, max_size=4)
PLACED = st.lists(st.integers(0, 3), min_size=2, max_size=2).flatmap(
    lambda spare: st.permutations([0, 1, 2, 3, *spare])
)
CLUSTERS = st.sampled_from([TINY, Cluster(4, 6, 2, 3, 6, 10, 2, 1), Cluster(4, 6, 1, 1, 3, 10, 2, 1)])


@settings(max_examples=200, deadline=None)
@given(cluster=CLUSTERS, load=LAYER, placed=PLACED)
def test_tokens_are_conserved_and_no_placement_passes_the_limit(cluster, load, placed):
    placement, tokens = slots(placed), np.array([load])

    assert gpu_loads(cluster, placement, tokens).sum() == pytest.approx(sum(load))
    balance = balance_of(cluster, placement, tokens).gpu
    assert 1 / cluster.gpus - 1e-12 <= balance <= balance_limit(cluster, tokens)
    most = min(cluster.nodes, cluster.per_visit)
    assert 1.0 - 1e-9 <= sends_per_visit(cluster, placement, tokens) <= most + 1e-9


@settings(max_examples=60, deadline=None)
@given(load=LAYER, before=PLACED, after=PLACED)
def test_moves_are_none_to_itself_and_at_most_a_slot_each(load, before, after):
    assert moved_experts(TINY, slots(before), slots(before)) == 0
    assert 0 <= moved_experts(TINY, slots(before), slots(after)) <= 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"slots": 7}, "7 slots cannot be divided evenly by 2 gpus"),
        ({"nodes": 0}, "2 gpus cannot be divided evenly by 0 nodes"),
        ({"experts": 8}, "6 slots cannot hold 8 experts"),
        ({"top_groups": 4}, "cannot visit 4 of 2 groups"),
    ],
)
def test_a_cluster_that_does_not_add_up_is_refused(change, said):
    fields = dataclasses.asdict(TINY)

    with pytest.raises(ValueError, match=said):
        Cluster(**{**fields, **change})


def test_where_slots_are():
    assert (TINY.slots_per_gpu, TINY.gpus_per_node, TINY.per_visit) == (3, 1, 2)
