import json
import os
import random
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import simulators
from simulators.txn import (
    PUBLISHED_POSITIONS,
    OutOfRange,
    WorkloadError,
    hot_keys,
    lock_chain,
    makespan,
    orders,
    pairs,
    parse,
    read_workloads,
    run,
    shortest_makespan_first,
    show,
    smallbank,
    taobench,
    tpcc,
    ycsb,
)
from simulators.txn.benchmarks import Zipf

MAKERS = {
    "W1": lambda rng: hot_keys(rng, 100, PUBLISHED_POSITIONS),
    "W2": lambda rng: orders(rng, 100),
    "W3": lambda rng: pairs(rng, 100),
    "hot_keys": lambda rng: hot_keys(rng, 100),
    "tpcc": lambda rng: tpcc(rng, 100),
    "ycsb": lambda rng: ycsb(rng, 100),
    "smallbank": lambda rng: smallbank(rng, 100),
    "taobench": lambda rng: taobench(rng, 100),
}


def users(transactions):
    return Counter(key for each in transactions for key in {op.key for op in each.ops})


@pytest.mark.parametrize("name", MAKERS)
def test_draws_are_well_formed_and_follow_from_the_random_numbers_alone(name):
    drawn = MAKERS[name](random.Random(1))

    assert drawn == MAKERS[name](random.Random(1))
    assert drawn != MAKERS[name](random.Random(2))
    assert len(drawn) == 100
    for each in drawn:
        positions = [op.position for op in each.ops]
        assert positions == sorted(set(positions))
        assert 1 <= positions[0] <= positions[-1] <= each.length


def test_w1_has_the_published_statistics():
    drawn = [each for seed in range(20) for each in hot_keys(random.Random(seed), 100, PUBLISHED_POSITIONS)]
    shares = {key: count / 2000 for key, count in users(drawn).items()}
    ops = [op for each in drawn for op in each.ops]

    assert all(each.length == len(each.ops) == len({op.key for op in each.ops}) == 16 for each in drawn)
    assert max(shares) <= 165
    assert statistics.mean(op.write for op in ops) == pytest.approx(0.555, abs=0.01)
    for key, share in {1: 1.0, 4: 1.0, 5: 0.92, 9: 0.70, 13: 0.43, 19: 0.09}.items():
        assert shares[key] == pytest.approx(share, abs=0.04)
    for key, place in {3: 2, 6: 6, 7: 8.5, 1: 10, 8: 11.7, 2: 13}.items():
        assert statistics.mean(op.position for op in ops if op.key == key) == pytest.approx(place, abs=1.6)


def test_w2_follows_its_rule():
    drawn = orders(random.Random(1), 100)

    assert Counter(each.length for each in drawn) == {21: 50, 5: 50}
    for each in drawn:
        warehouse, district = each.ops[0].key, each.ops[-1].key
        assert 1 <= warehouse <= 4
        assert 1 <= district - 10 * warehouse <= 10
        tail = " *" * 18 if each.length == 21 else " *"
        middle = "" if each.length == 21 else f" w-{warehouse}"
        assert show(each) == f"r-{warehouse}{middle} r-{district} w-{district}{tail}"


def test_w3_follows_its_rule():
    for each in pairs(random.Random(1), 100):
        read, write = each.ops
        assert show(each) == f"r-{read.key} * * * * * * * w-{write.key}"
        assert {read.key <= 5, write.key <= 5} == {True, False}


def test_published_anchors_come_out_near():
    """The published instances: random orders 437 / 53 / 171 in the mean, SMF (k = 10) 244 + 55 + 53 = 352."""
    chance, shortest, bound = {}, {}, {}
    for name in ("W1", "W2", "W3"):
        drawn = [MAKERS[name](random.Random(seed)) for seed in range(6)]
        rng = random.Random(0)
        chance[name] = statistics.mean(
            makespan(each, rng.sample(range(100), 100)) for each in drawn for _ in range(10)
        )
        shortest[name] = statistics.mean(
            makespan(each, shortest_makespan_first(each, rng, 10)) for each in drawn
        )
        bound[name] = statistics.mean(lock_chain(each).ticks for each in drawn)

    assert chance["W1"] == pytest.approx(437, rel=0.04)
    assert chance["W2"] == pytest.approx(53, rel=0.12)
    assert chance["W3"] == pytest.approx(171, rel=0.05)
    assert sum(shortest.values()) == pytest.approx(352, rel=0.12)
    assert bound["W1"] == pytest.approx(67, rel=0.12)
    assert bound["W3"] == pytest.approx(18, rel=0.15)


def test_zipf_prefers_small_numbers():
    law, rng = Zipf(50, 1.0), random.Random(1)
    drawn = Counter(law.draw(rng) for _ in range(20000))

    assert drawn[0] / drawn[9] == pytest.approx(10, rel=0.25)
    assert set(drawn) <= set(range(50))
    assert sorted(law.distinct(rng, 99)) == list(range(50))


def test_tpcc_has_its_mix_and_contends_on_warehouses():
    drawn = tpcc(random.Random(1), 4000, 2)
    payments = [each for each in drawn if each.length == 7]
    new_orders = [each for each in drawn if (each.length - 5) % 4 == 0 and each.length >= 25]

    assert len(payments) / 4000 == pytest.approx(0.43, abs=0.03)
    assert len(new_orders) / 4000 == pytest.approx(0.45, abs=0.03)
    assert sum(each.length == 30 for each in drawn) / 4000 == pytest.approx(0.04, abs=0.015)
    assert all(not op.write for each in drawn if each.length in (12, 16) for op in each.ops)
    assert users(drawn)[0] > 1000


def test_levels_of_contention_do_what_they_say():
    def chain(make, *levels):
        return [
            statistics.mean(lock_chain(make(random.Random(seed), level)).ticks for seed in range(8))
            for level in levels
        ]

    for make, calm, hot in (
        (lambda rng, level: hot_keys(rng, 100, writes=level), 0.25, 0.8),
        (lambda rng, level: orders(rng, 100, level), 10, 2),
        (lambda rng, level: pairs(rng, 100, level), 24, 6),
        (lambda rng, level: tpcc(rng, 100, level), 8, 1),
        (lambda rng, level: ycsb(rng, 100, level), 0.5, 0.99),
        (lambda rng, level: smallbank(rng, 100, level), 50, 4),
    ):
        low, high = chain(make, calm, hot)
        assert low < high


def test_smallbank_has_its_kinds():
    drawn = Counter(
        "".join("w" if op.write else "r" for op in each.ops)
        for each in smallbank(random.Random(1), 4000, hot=10, hot_share=0.5)
    )

    assert drawn["rwrw"] / 4000 == pytest.approx(0.25, abs=0.03)
    assert drawn["rr"] / 4000 == pytest.approx(0.15, abs=0.03)
    assert drawn["rw"] / 4000 == pytest.approx(0.30, abs=0.03)
    assert set(drawn) == {"rrwwrw", "rr", "rw", "rwrw", "rrw"}


def test_taobench_reads_and_writes():
    drawn = taobench(random.Random(1), 2000, writes=0.35)
    kinds = [{op.write for op in each.ops} for each in drawn]

    assert all(len(kind) == 1 for kind in kinds)
    assert kinds.count({True}) / 2000 == pytest.approx(0.35, abs=0.03)


def test_draws_do_not_depend_on_hash_seeds():
    code = (
        "import random; from simulators.txn import *;"
        "print([hot_keys(random.Random(1), 5), tpcc(random.Random(1), 20), taobench(random.Random(1), 9)])"
    )
    root = str(Path(simulators.__file__).parents[1])
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1


def test_what_a_scheduler_sees_worked_out_by_hand():
    some = [parse(text) for text in ("w-0 w-1", "r-0 *", "* w-1 *", "w-2")]
    steps = run(some, 3)

    first = next(steps)
    assert first.pending == (0, 1, 2)
    assert (first.step, first.left, first.makespan_ticks) == (0, 4, 0)
    assert first.waited == (0, 0, 0)
    assert first.start_ticks == (1, 1, 1)
    assert first.length_ticks == (2, 2, 3)
    assert first.gap_ticks == (0 + 1, 0, 1)
    assert first.writes == (2, 0, 1)
    assert first.conflicts == (2, 1, 1)
    assert first.heat == (2, 2, 2)
    assert first.arrived == tuple(some[:3])

    second = steps.send(0)  # writes key 0 in tick 1 and key 1 in tick 2
    assert second.pending == (1, 2, 3)
    assert (second.step, second.left, second.makespan_ticks) == (1, 3, 2)
    assert second.waited == (1, 1, 0)
    assert second.start_ticks == (2, 2, 1)
    assert second.gap_ticks == (0, 0, 0)
    assert second.conflicts == (0, 0, 0)
    assert second.heat == (1, 1, 1)
    assert second.arrived == (some[3],)

    third = steps.send(2)
    assert (third.pending, third.makespan_ticks, third.arrived) == ((1, 2), 2, ())
    steps.send(0)
    with pytest.raises(StopIteration) as end:
        steps.send(0)
    assert end.value.value == ([0, 3, 1, 2], 4, 4, pytest.approx(0.25))


def test_a_place_where_nothing_is_pending_is_refused():
    steps = run([parse("w-1"), parse("*")], 2)
    next(steps)
    assert steps.send(1).heat == (1,)

    with pytest.raises(OutOfRange, match="place 1 was chosen; places 0 to 0"):
        steps.send(1)


@pytest.mark.parametrize("pool", [1, 7, 40])
def test_the_schedule_is_what_the_order_costs(pool):
    some = ycsb(random.Random(1), 40)
    rng, steps = random.Random(2), run(some, pool)
    view = next(steps)
    while True:
        assert len(view.pending) == min(pool, view.left)
        try:
            view = steps.send(rng.randrange(len(view.pending)))
        except StopIteration as end:
            outcome = end.value
            break

    assert sorted(outcome.order) == list(range(40))
    assert outcome.makespan == makespan(some, outcome.order)
    assert 0 <= outcome.greedy <= 40
    assert 0 <= outcome.passed <= 1


def test_published_files_are_read(tmp_path):
    (tmp_path / "one.json").write_text(json.dumps({"txn0": "w-17 r-5 *", "txn1": "r-17"}))
    (tmp_path / "two.json").write_text(json.dumps({"txn0": "*"}))

    found = read_workloads(tmp_path)

    assert [name for name, _ in found] == ["one.json", "two.json"]
    assert [show(each) for each in found[0][1]] == ["w-17 r-5 *", "r-17"]
    assert read_workloads(tmp_path / "two.json")[0][1][0].length == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be an object of transactions"),
        ("{}", "must be an object of transactions"),
        ('{"txn0": 3}', "'txn0' must be text"),
        ('{"txn0": "r-1 x"}', "'x' is not an operation"),
        ('{"txn0": ""}', "has no operations"),
    ],
)
def test_other_files_are_named(tmp_path, text, said):
    (tmp_path / "bad.json").write_text(text)

    with pytest.raises(WorkloadError, match=said):
        read_workloads(tmp_path / "bad.json")


def test_missing_and_huge_files_are_named(tmp_path, monkeypatch):
    with pytest.raises(WorkloadError, match="cannot be read: No such file"):
        read_workloads(tmp_path / "none.json")
    with pytest.raises(WorkloadError, match=r"holds no \.json file"):
        read_workloads(tmp_path)
    (tmp_path / "big.json").write_text("{}")
    monkeypatch.setattr("simulators.txn.recorded._FILE_BYTES", 1)
    with pytest.raises(WorkloadError, match="larger than"):
        read_workloads(tmp_path / "big.json")
