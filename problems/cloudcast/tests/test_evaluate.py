from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from cloudcast_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid, Workload
from evaluators.schema import Refused, checker
from problems.driver import KEY
from simulators.multicast import Broadcast, Network

OTHER_KEY = bytes([1] * 16)


@pytest.fixture(scope="module")
def cloudcast():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(cloudcast):
    return driver.draw(cloudcast, 12)


@pytest.fixture(scope="module")
def scored(cloudcast, train):
    return {path.stem: driver.score(cloudcast, train, path) for path in driver.programs()}


def test_every_program_is_in_time_on_every_workload_of_every_split(cloudcast, scored):
    for results in scored.values():
        assert all(metrics is not None for _, metrics, _ in results)
    for split in ("validation", "test", "shift"):
        others = driver.draw(cloudcast, 4, split)
        for path in driver.programs():
            assert [reason for _, _, reason in driver.score(cloudcast, others, path) if reason] == []


def test_no_program_passes_the_bound_or_is_worse_than_worst(cloudcast, train, scored):
    for at, workload in enumerate(train[:3]):
        least, most = cloudcast.bound(workload)["cost_usd"], cloudcast.worst(workload)["cost_usd"]
        for results in scored.values():
            assert least <= results[at][1]["cost_usd"] <= most


def test_bounds_are_computed_once(cloudcast, train, monkeypatch):
    before = cloudcast.bound(train[0])
    monkeypatch.setitem(type(cloudcast).bound.__globals__, "least_cost_usd", None)
    assert cloudcast.bound(train[0]) == before
    with pytest.raises(TypeError):
        cloudcast.bound(by_hand(cloudcast, token="not seen before"))


def test_capacity_binds_where_the_deadline_is_tight(scored):
    for results in scored.values():
        tight = [m["deadline_used"] for w, m, _ in results if w.cell.endswith("deadline=1.25")]
        assert min(tight) > 0.75
        assert max(m["deadline_used"] for _, m, _ in results) <= 1 + 1e-9
    # Under the loosest deadline one tree for all partitions is in time.
    single = [m for w, m, _ in scored["takahashi_matsuyama"] if w.cell.endswith("deadline=20")]
    assert {m["trees"] for m in single} == {1.0}
    tight = [m for w, m, _ in scored["takahashi_matsuyama"] if w.cell.endswith("deadline=1.25")]
    assert max(m["trees"] for m in tight) > 4


def test_any_stretch_of_workloads_is_near_to_the_whole(cloudcast):
    drawn = driver.draw(cloudcast, 36)
    for begin in (0, 18):
        part = drawn[begin : begin + 18]
        cells = [each.cell for each in part]
        assert 7 <= sum("clouds=one" in cell for cell in cells) <= 11
        for label in ("deadline=1.25", "deadline=2.5", "deadline=20"):
            assert 4 <= sum(label in cell for cell in cells) <= 8
        sizes = [len(each.data.broadcast.destinations) for each in part]
        assert min(sizes.count(size) for size in (6, 10, 15)) >= 4
        assert {each.data.broadcast.volume_gb for each in part} == {100.0, 300.0, 600.0}
        assert {each.data.broadcast.network.regions for each in part} == {60, 70, 80}


def test_ends_lie_in_one_cloud_where_the_cell_says_so(cloudcast, train):
    for workload in [*train, *driver.draw(cloudcast, 8, "shift")]:
        broadcast = workload.data.broadcast
        ends = [broadcast.source, *broadcast.destinations]
        clouds = set(broadcast.network.cloud[ends].tolist())
        assert len(set(ends)) == len(ends)
        if "clouds=one" in workload.cell:
            assert len(clouds) == 1
        elif len(ends) > 6:
            assert len(clouds) > 1


def test_workloads_depend_on_key_split_and_index_only(cloudcast):
    again = driver.evaluator()
    first = driver.draw(cloudcast, 3)
    driver.draw(again, 2, "shift")
    for one, other in zip(first, driver.draw(again, 3), strict=True):
        assert one.cell == other.cell
        for a, b in zip(cloudcast.given(one), again.given(other), strict=True):
            assert np.array_equal(a, b)
    for changed in (driver.draw(cloudcast, 1, key=OTHER_KEY)[0], driver.draw(cloudcast, 1, split="test")[0]):
        network, other = changed.data.broadcast.network, first[0].data.broadcast.network
        assert (network.price_usd_per_gb != other.price_usd_per_gb).any()
    assert KEY != OTHER_KEY


def test_shift_is_nowhere_in_train(cloudcast):
    def seen(split):
        drawn = [each.data.broadcast for each in driver.draw(cloudcast, 24, split)]
        return [{getattr(each, name) for each in drawn} for name in ("volume_gb", "partitions")] + [
            {each.network.regions for each in drawn},
            {len(each.destinations) for each in drawn},
        ]

    for train, shift in zip(seen("train"), seen("shift"), strict=True):
        assert train
        assert shift
        assert not train & shift


def by_hand(cloudcast, token="by hand", deadline_s=40.0):
    """Source 0, destinations 1 and 2, relay 3; 20 GB in 2 partitions; see tests/simulators/multicast."""
    inf = np.inf
    price = np.array([[inf, 10, 12, 4], [9, inf, 3, 9], [9, 9, inf, 9], [9, 5, 6, inf]])
    gbps = np.array([[0, 4, 8, 8], [8, 0, 2, 8], [8, 8, 0, 8], [8, 8, 4, 0.0]])
    limit = np.full(4, 8.0)
    network = Network(tuple("abcd"), np.array([0, 0, 1, 2]), price, gbps, limit, limit)
    broadcast = Broadcast(network, 0, (1, 2), 20.0, 2, deadline_s, 0.01)
    return Workload(type(driver.draw(cloudcast, 1)[0].data)(token, broadcast), "clouds=all,deadline=2")


RELAYED, CHAINED, STAR = [3, 13, 14], [1, 6], [1, 2]


def test_a_tiny_workload_worked_out_by_hand(cloudcast):
    workload = by_hand(cloudcast)
    # 10 * (4 + 5 + 6) + 10 * (10 + 3); 80 Gbit at 2 Gbps take longest; four regions at 0.01 for 40 s.
    found = cloudcast.score(workload, [RELAYED, CHAINED])

    assert found["egress_usd"] == pytest.approx(280)
    assert found["transfer_s"] == pytest.approx(40)
    assert found["instance_usd"] == pytest.approx(1.6)
    assert found["cost_usd"] == pytest.approx(281.6)
    assert found["deadline_used"] == pytest.approx(1.0)
    assert (found["relays"], found["trees"], found["source_copies"]) == (1.0, 2.0, 1.0)
    assert (found["bottleneck_kind"], found["bottleneck"]) == (0.0, 6.0)
    # 0 -> 1 is the dearest: 100 of 280, at 10, where 5 is the least for region 1.
    assert (found["dearest_edge"], found["dearest_over_cheapest"]) == (1.0, 2.0)
    assert found["dearest_share"] == pytest.approx(100 / 280)
    # Dearest edges into 1, 2 and 3 at 20 GB, and four regions for 40 s.
    assert cloudcast.worst(workload)["cost_usd"] == pytest.approx(20 * (10 + 12 + 9) + 1.6)
    # The published rules: the source's 4 + 8 Gbps share 8, so 0 -> 1 keeps 4; 1 -> 2 still needs 40 s.
    assert found["published_transfer_s"] == pytest.approx(40)
    assert found["published_usd"] == pytest.approx(281.6)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([STAR, [3, 13]], "partition 1: destination 2 gets nothing"),
        ([[6, 9], STAR], "partition 0: destination 1 gets nothing"),
        ([[1, 2, 6], STAR], "partition 0: region 2 is entered twice"),
        ([[1, 2, 0], STAR], "partition 0: there is no edge from region 0 to region 0"),
        ([[1, 6, 8], STAR], "partition 0: region 0 is the source"),
        ([CHAINED, CHAINED], r"takes 80.0 s and the deadline is 40.0 s: the edge from region 1 to 2"),
    ],
)
def test_plans_that_are_not_feasible(cloudcast, plan, said):
    with pytest.raises(Invalid, match=said):
        cloudcast.score(by_hand(cloudcast), plan)


def test_the_busiest_region_is_named(cloudcast):
    with pytest.raises(Invalid, match=r"the egress of region 0 \(a\) is too busy"):
        cloudcast.score(by_hand(cloudcast, deadline_s=29.0), [[2, 9], STAR])


def test_a_plan_is_one_list_of_different_edges_per_partition(cloudcast):
    check = checker(cloudcast.plan_schema(by_hand(cloudcast)), "plan")

    assert check([RELAYED, STAR]) == [RELAYED, STAR]
    for wrong in (
        [STAR],
        [STAR] * 3,
        [STAR, [1]],
        [STAR, [1, 1]],
        [STAR, [1, 2, 3, 4]],
        [STAR, [-1, 2]],
        [STAR, [1, 16]],
        [STAR, [True, 2]],
        [STAR, [1.0, 2]],
        [STAR, [(1, 0.0), (2, 0.0)]],
        (STAR, {"cost_usd": 0.0}),
        None,
    ):
        with pytest.raises(Refused):
            check(wrong)


def test_prices_are_ours_whatever_the_candidate_does(cloudcast, train):
    given = cloudcast.given(train[0])
    assert np.isfinite(given[0]).all()
    assert (given[0][given[1] == 0.0] == 1e6).all()
    kept = train[0].data.broadcast.network.price_usd_per_gb.copy()
    given[0][...] = -1.0
    assert (train[0].data.broadcast.network.price_usd_per_gb == kept).all()


def test_measures_are_shares(cloudcast, scored):
    places = {
        name: cloudcast.measures([(workload, metrics) for workload, metrics, _ in results])
        for name, results in scored.items()
    }
    assert all(0.0 <= value <= 1.0 for place in places.values() for value in place.values())
    assert places["direct"]["relayed"] == 0.0
    assert places["striped_steiner"]["relayed"] > 0.0
    assert cloudcast.measures([(scored["direct"][0][0], None)]) == {"deadline_used": 1.0, "relayed": 1.0}


def test_feedback_names_the_three_that_pay_most_above_a_cheap_tree(cloudcast, scored):
    results = scored["direct"]
    lines = cloudcast.feedback(results).splitlines()
    over = [m["cost_usd"] / cloudcast._cheap_usd(w) for w, m, _ in results]
    worst = results[int(np.argmax(over))][1]

    assert len(lines) == 3
    assert f"${worst['cost_usd']:.2f}" in lines[0]
    assert all("Takahashi-Matsuyama tree" in line and "used." in line for line in lines)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"deadline_used": 0.99}, "The deadline binds: the edge from region 1 to 2 is busiest."),
        ({"source_copies": 4.0}, "The source sends every partition 4.0 times."),
        ({}, "at $10.000 per GB, 2.0 times the cheapest edge into that region; there is time to spare."),
        ({"dearest_over_cheapest": 1.0}, "2 different trees over 1 relays, time to spare."),
        ({"deadline_used": 1.0, "bottleneck_kind": 2.0}, "the ingress of region 2 (c) is busiest"),
    ],
)
def test_feedback_says_why(cloudcast, told, said):
    workload = by_hand(cloudcast, deadline_s=80.0)
    metrics = cloudcast.score(workload, [RELAYED, CHAINED])
    if told.get("bottleneck_kind"):
        told = {**told, "bottleneck": 2.0}
    assert said in cloudcast.feedback([(workload, {**metrics, **told}, "")])


def test_feedback_names_failures_first(cloudcast, train, scored):
    results = [(train[0], None, "exception: too hard"), *scored["direct"][1:5]]
    lines = cloudcast.feedback(results).splitlines()

    assert lines[0] == "Failed on 1 of 5 workloads."
    assert lines[1].endswith("exception: too hard")
    assert len(lines) == 5


# Published files


def profiles(folder, names):
    rng = np.random.default_rng(0)
    pairs = [(a, b) for a in names for b in names if a != b]
    cost = "".join(f"{a},{b},{rng.uniform(0.02, 0.2):.3f}\n" for a, b in pairs)
    sent = "".join(f"{a},PREMIUM,{b},{rng.uniform(2e9, 9e9):.0f}\n" for a, b in pairs)
    (folder / "cost.csv").write_text("src,dest,cost\n" + cost)
    (folder / "throughput.csv").write_text("src_region,src_tier,dst_region,throughput_sent\n" + sent)


def test_published_profiles_become_workloads(cloudcast, tmp_path):
    source, *rest = ["gcp:asia-southeast1-a", "azure:australiaeast", "azure:eastasia", "azure:brazilsouth"]
    names = [
        source,
        *rest,
        "aws:ap-southeast-2",
        "aws:sa-east-1",
        "gcp:australia-southeast1-a",
        "aws:x",
        "gcp:y",
    ]
    profiles(tmp_path, names)
    found = list(cloudcast.recorded(tmp_path))

    # Of the five published broadcasts one has all its regions here; each deadline comes once.
    assert [each.cell for each in found] == [f"recorded,deadline={x}" for x in ("1.25", "2.5", "20")]
    assert {each.shares for each in found} == {str(tmp_path)}
    assert [each.data.broadcast.deadline_s for each in found] == sorted(
        each.data.broadcast.deadline_s for each in found
    )
    broadcast = found[0].data.broadcast
    named = broadcast.network.names
    assert named[broadcast.source] == source
    assert [named[at] for at in broadcast.destinations] == names[1:7]
    assert (broadcast.volume_gb, broadcast.partitions) == (300.0, 10)
    for path in driver.programs():
        assert [reason for _, _, reason in driver.score(cloudcast, found, path) if reason] == []
    for metrics in driver.values(
        driver.score(cloudcast, found, driver.programs()[0]), cloudcast, "published_usd"
    ):
        assert metrics > 0


def test_own_configurations_go_before_the_published_ones(cloudcast, tmp_path):
    profiles(tmp_path, ["aws:a", "aws:b", "gcp:c", "azure:d"])
    with pytest.raises(BadData, match="lacks regions of all 5 configurations, such as 'aws:ap-northeast-1'"):
        cloudcast.recorded(tmp_path)
    told = {"source_node": "aws:a", "dest_nodes": ["gcp:c", "azure:d"], "data_vol": 20, "num_partitions": 3}
    (tmp_path / "mine.json").write_text(json.dumps({**told, "egress_limit": {"aws": 1}}))
    first = next(iter(cloudcast.recorded(tmp_path))).data.broadcast
    assert (first.volume_gb, first.partitions) == (20.0, 3)
    assert first.network.egress_gbps[first.source] == 2.0
    with pytest.raises(BadData, match="cannot be read: No such file"):
        cloudcast.recorded(tmp_path / "missing")


def test_profiles_without_a_way_and_without_prices(cloudcast, tmp_path):
    told = {"source_node": "aws:a", "dest_nodes": ["gcp:c", "azure:d"], "data_vol": 20, "num_partitions": 3}
    (tmp_path / "mine.json").write_text(json.dumps(told))
    profiles(tmp_path, ["aws:a", "aws:b", "gcp:c", "azure:d"])
    cost = (tmp_path / "cost.csv").read_text().splitlines()
    only_b = [line for line in cost if not line.startswith(("aws:a,gcp", "aws:a,azure"))]
    (tmp_path / "cost.csv").write_text("\n".join(only_b))
    with pytest.raises(
        BadData, match=r"among source and destinations of 'mine' there is no edge from region 0"
    ):
        list(cloudcast.recorded(tmp_path))
    free = ["src,dest,cost", *(f"{line.rsplit(',', 1)[0]},0" for line in cost[1:])]
    (tmp_path / "cost.csv").write_text("\n".join(free))
    results = driver.score(cloudcast, list(cloudcast.recorded(tmp_path)), driver.programs()[0])
    assert {metrics["egress_usd"] for _, metrics, _ in results} == {0.0}
    assert all(metrics["cost_usd"] >= cloudcast.bound(each)["cost_usd"] > 0 for each, metrics, _ in results)
    assert len(cloudcast.feedback(results).splitlines()) == 3


def test_a_program_may_leave_regions_out_but_no_one_pays_less_for_it(cloudcast, train):
    # An idle branch costs egress and machines, and nothing else changes.
    workload = by_hand(cloudcast, deadline_s=80.0)
    plain = cloudcast.score(workload, [STAR, CHAINED])
    idle = cloudcast.score(workload, [[*STAR, 3], CHAINED])
    assert idle["egress_usd"] == pytest.approx(plain["egress_usd"] + 40)
    assert idle["cost_usd"] > plain["cost_usd"] + 40


def test_a_later_deadline_lowers_the_bound(cloudcast, train):
    for workload in train[:2]:
        broadcast = workload.data.broadcast
        later = replace(
            workload.data, token="later", broadcast=replace(broadcast, deadline_s=9 * broadcast.deadline_s)
        )
        found = driver.evaluator()
        assert found.bound(Workload(later))["cost_usd"] <= found.bound(workload)["cost_usd"] * (1 + 1e-4)
