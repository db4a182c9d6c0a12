import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.txn import (
    Chain,
    LockTable,
    Op,
    Transaction,
    commit_ticks,
    conflict_masks,
    execute,
    hot_keys,
    improve,
    key_count,
    lock_chain,
    makespan,
    ordered_makespan,
    pairs,
    parse,
    renumbered,
    serial_ticks,
    shortest_makespan_first,
    show,
    starts,
)

WORDS = st.sampled_from(["*", "r-0", "w-0", "r-1", "w-1", "r-2", "w-2"])
TRANSACTIONS = st.lists(WORDS, min_size=1, max_size=5).map(lambda words: parse(" ".join(words)))
SETS = st.lists(TRANSACTIONS, min_size=1, max_size=5)


def of(*texts):
    return [parse(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "order", "begin", "end"),
    [
        # One write per tick: in [1, 0] the second has to wait until the first wrote in tick 2.
        (["w-1 *", "* w-1"], [0, 1], [1, 1], 2),
        (["w-1 *", "* w-1"], [1, 0], [1, 3], 4),
        # Reads share a tick; a write waits for them; a read waits for a write only.
        (["r-1", "r-1", "w-1"], [0, 1, 2], [1, 1, 2], 2),
        (["r-1", "r-1", "w-1"], [2, 0, 1], [1, 2, 2], 2),
        # No conflict: the one admitted later runs earlier.
        (["* * * w-1", "w-2"], [0, 1], [1, 1], 4),
        # The whole transaction is shifted, so its write of 2 comes in tick 5 though key 2 was free.
        (["* * w-1", "w-1 w-2", "w-2"], [0, 1, 2], [1, 4, 6], 6),
        (["* * w-1", "w-1 w-2", "w-2"], [1, 2, 0], [1, 3, 1], 3),
        # W2 of the published rules: two writers of a warehouse follow each other after two ticks.
        (["r-1 w-1 r-11 w-11 *", "r-1 w-1 r-12 w-12 *"], [0, 1], [1, 3], 7),
        ([], [], [], 0),
    ],
)
def test_schedules_worked_out_by_hand(texts, order, begin, end):
    assert starts(of(*texts), order) == begin
    assert makespan(of(*texts), order) == end


@given(some=SETS, seed=st.integers(0, 999))
def test_conflicts_follow_the_order_and_nothing_starts_later_than_it_must(some, seed):
    order = random.Random(seed).sample(range(len(some)), len(some))
    begin = dict(zip(order, starts(some, order), strict=True))

    def in_order(before, after, shift=0):
        return all(
            begin[before] + a.position < begin[after] - shift + b.position
            for a in some[before].ops
            for b in some[after].ops
            if a.key == b.key and (a.write or b.write)
        )

    for rank, at in enumerate(order):
        assert all(in_order(before, at) for before in order[:rank])
        assert begin[at] == 1 or not all(in_order(before, at, 1) for before in order[:rank])


@given(some=SETS, seed=st.integers(0, 99))
def test_no_order_passes_the_bound_or_is_worse_than_serial(some, seed):
    least = lock_chain(some).ticks

    for order in itertools.permutations(range(len(some))):
        ticks = makespan(some, order)
        assert least <= ticks <= serial_ticks(some)


@pytest.mark.parametrize(
    ("texts", "chain"),
    [
        # Three writes of key 7, least head 1 and least tail 0, of different transactions.
        (["* w-7", "* w-7 *", "* w-7 *"], Chain(4, 7, 3)),
        # The least head and tail are of one transaction, so another's tail of 1 counts.
        (["w-7", "* w-7 *", "* w-7 *"], Chain(4, 7, 3)),
        # Readers share one tick, and it hides in a writer that reads first.
        (["r-7", "r-7", "w-7"], Chain(2, 7, 3)),
        (["r-7", "r-7 w-7", "w-7"], Chain(3, 7, 3)),
        # A reader and a writer of the same key twice: its hold is from its read to its last write.
        (["r-7 * w-7", "r-7 * w-7"], Chain(6, 7, 2)),
        # Only the longest transaction limits.
        (["* * *", "r-1"], Chain(3, -1, 0)),
        ([], Chain(0, -1, 0)),
    ],
)
def test_bounds_worked_out_by_hand(texts, chain):
    assert lock_chain(of(*texts)) == chain


def test_ordered_two_phase_locking_worked_out_by_hand():
    # Strict: the second waits for the first's commit in tick 3 and runs ticks 4 and 5; the third works in
    # tick 1, waits for the second's commit, and reads in tick 6. Otherwise ticks 1, 2 and 3, and 4.
    some = of("w-1 * *", "w-1 w-2", "* r-2")
    assert commit_ticks(some, [0, 1, 2]) == [3, 5, 6]
    assert commit_ticks(some, [0, 1, 2], "operation") == [3, 3, 4]
    assert commit_ticks(some, [2, 1, 0]) == [2, 3, 6]
    assert ordered_makespan(some, [2, 1, 0]) == 6
    assert ordered_makespan([], []) == 0


def test_a_lock_that_is_kept_is_exclusive_from_the_first_operation_if_the_key_is_written():
    some = of("r-1 w-1", "r-1")

    assert commit_ticks(some, [0, 1]) == [2, 3]
    assert commit_ticks(some, [1, 0], "operation") == [1, 2]


@settings(max_examples=25, deadline=None)
@given(some=SETS, seed=st.integers(0, 99), release=st.sampled_from(["commit", "operation"]))
def test_threads_under_a_lock_manager_do_what_is_computed(some, seed, release):
    order = random.Random(seed).sample(range(len(some)), len(some))

    done = execute(some, order, release)

    assert done.commit_ticks == commit_ticks(some, order, release)
    assert done.makespan == ordered_makespan(some, order, release)
    for uses in done.uses.values():
        for (one, wrote), (other, writes) in itertools.combinations(uses, 2):
            assert one <= other or not (wrote or writes)


@pytest.mark.parametrize("release", ["commit", "operation"])
def test_a_hundred_threads_agree_too(release):
    some = hot_keys(random.Random(3), 100)
    order = random.Random(4).sample(range(100), 100)

    assert execute(some, order, release).commit_ticks == commit_ticks(some, order, release)


def test_a_tick_can_take_real_time():
    some = of("w-1 *", "* w-1 *", "r-1")

    assert execute(some, [0, 1, 2], tick_s=0.001).wall_s >= 0.001 * ordered_makespan(some, [0, 1, 2])


@given(some=SETS)
def test_waiting_in_the_middle_only_helps(some):
    order = list(range(len(some)))

    assert ordered_makespan(some, order, "operation") <= makespan(some, order)


def test_a_table_tells_starts_without_changing():
    table = LockTable(2)
    table.append(parse("* w-1"))

    assert [table.start(parse("w-1")) for _ in range(2)] == [3, 3]
    assert (table.makespan, table.last_any, table.last_write) == (2, [0, 2], [0, 2])


def test_a_short_read_does_not_make_a_key_free_earlier():
    # The second reads key 1 in tick 1, long before the first read it in tick 3.
    assert starts(of("* * r-1", "r-1", "w-1"), [0, 1, 2]) == [1, 1, 4]


@given(transaction=TRANSACTIONS)
def test_notation_goes_back_and_forth(transaction):
    assert parse(show(transaction)) == transaction


@pytest.mark.parametrize("text", ["", "  ", "x-1", "r-", "r-1w", "w--1", "r-1 **"])
def test_other_notation_is_refused(text):
    with pytest.raises(ValueError, match="operation"):
        parse(text)


def test_keys_are_numbered_as_they_appear():
    some = renumbered(of("r-70 w-9", "w-9 * r-3"))

    assert some == (
        Transaction(2, (Op(0, 1, False), Op(1, 2, True))),
        Transaction(3, (Op(1, 1, True), Op(2, 3, False))),
    )
    assert key_count(some) == 3
    assert key_count([]) == 0


def test_conflicts_are_symmetric_and_need_a_write():
    assert conflict_masks(of("r-1", "r-1 w-2", "w-1", "w-2", "*")) == (0b100, 0b1100, 0b11, 0b10, 0)


def test_shortest_makespan_first_takes_what_adds_least():
    # After any of the first two, the third slides in at no cost and comes next.
    some = of("w-1 w-1 w-1", "w-1 w-1 w-1", "w-2")

    for seed in range(6):
        order = shortest_makespan_first(some, random.Random(seed))
        assert sorted(order) == [0, 1, 2]
        assert order[1] == 2 or order[0] == 2
    assert shortest_makespan_first([], random.Random(0)) == []


def test_sampling_looks_at_so_many():
    some = pairs(random.Random(1), 40)
    orders = {k: shortest_makespan_first(some, random.Random(2), k) for k in (1, 10, 40, None)}

    assert all(sorted(order) == list(range(40)) for order in orders.values())
    assert orders[40] == orders[None]
    assert makespan(some, orders[10]) < makespan(some, orders[1])


def test_improving_never_makes_worse():
    some = hot_keys(random.Random(5), 30)
    before = list(range(30))
    after = improve(some, before, random.Random(6), 60)

    assert sorted(after) == before
    assert makespan(some, after) < makespan(some, before)
    assert improve(some, before, random.Random(6), 0) == before
