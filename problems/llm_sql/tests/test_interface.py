from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from llm_sql_driver import DRIVER as driver

from simulators.prefix import measure, phrase_count, table_of


@pytest.fixture(scope="module")
def llm_sql():
    return driver.evaluator()


@pytest.fixture(scope="module")
def interface(llm_sql):
    return sys.modules["problem.interface"]


@pytest.fixture(scope="module")
def cases(llm_sql, interface):
    return [(each.data, driver.given_of(llm_sql, each, interface)) for each in driver.draw(llm_sql, 5)]


def told(interface, table, block_tokens=4, cache_blocks=100):
    return interface.Given(
        table.columns, table.texts, table.lines, table.cells, table.implies, block_tokens, cache_blocks
    )


def tiny(interface, implies=()):
    """Return a table in which kind repeats most, name is longest, and id never repeats."""
    rows = [
        ["1", "long name", "ale"],
        ["2", "other", "ale"],
        ["3", "long name", "ale"],
        ["4", "third", "stout"],
    ]
    return told(interface, table_of(["id", "name", "kind"], rows, implies))


def test_lengths_worked_out_by_hand(interface):
    given = tiny(interface)

    assert [list(column) for column in interface.characters(given).values] == [[1] * 4, [9, 5, 5], [3, 5]]
    # "name" : blank " long blank-name " and the line feed.
    assert [list(column) for column in interface.tokens(given).values] == [[9] * 4, [10, 9, 9], [9, 9]]
    # All share the six tokens before the value.
    assert [list(column) for column in interface.own_tokens(given).values] == [[3] * 4, [4, 3, 3], [3, 3]]
    half = interface.mixed(interface.characters(given), interface.tokens(given), 0.5)
    assert list(half.values[1]) == [9.5, 7, 7]
    scores = interface.Scores(np.array([0.0, 2.0, 1.0]))
    assert [list(column) for column in interface.scaled(interface.characters(given), scores).values] == [
        [0] * 4,
        [9, 5, 5],
        [1.5, 2.5],
    ]


def test_what_a_table_is_like_worked_out_by_hand(interface):
    given = tiny(interface)

    # Rows of 9, 10 or 9, and 9 tokens; 18, 22 and 24 of 110 tokens are in common.
    assert interface.mean_row_tokens(given) == 110 / 4
    assert interface.repeated_share(given) == pytest.approx(64 / 110)
    assert interface.longest_share(given) == pytest.approx(38 / 110)


def test_scores_worked_out_by_hand(interface):
    given = tiny(interface, [("name", "kind")])

    assert interface.mean_length(given, interface.characters(given)).values.tolist() == [1, 7, 3.5]
    assert interface.distinct_values(given).values.tolist() == [4, 3, 2]
    assert interface.repeats(given).values.tolist() == [0, pytest.approx(1 / 3), 1]
    # Of id three times the heading's 6 tokens; of name 10 once and 6 twice; of kind 9 twice and 6.
    assert interface.repeated_tokens(given).values.tolist() == [18 / 4, 22 / 4, 24 / 4]
    scores = interface.Scores(np.array([1.0, 2.0, 4.0]))
    assert interface.with_implied(given, scores, 0.5).values.tolist() == [1, 4, 4]
    assert interface.times(scores, scores).values.tolist() == [1, 4, 16]
    assert interface.power(scores, 0.5).values.tolist() == [1, pytest.approx(2**0.5), 2]
    assert interface.blend(scores, interface.times(scores, scores), 0.5).values.tolist() == [
        pytest.approx((1 / 4 + 1 / 16) / 2),
        pytest.approx((2 / 4 + 4 / 16) / 2),
        1,
    ]
    assert np.isfinite(interface.power(interface.Scores(np.zeros(3)), -3.0).values).all()
    assert interface.blend(
        interface.Scores(np.zeros(2)), interface.Scores(np.zeros(2)), 2.0
    ).values.tolist() == [0, 0]


def test_columns_worked_out_by_hand(interface):
    given = tiny(interface, [("kind", "id")])
    by = interface.columns_by(interface.Scores(np.array([1.0, 3.0, 3.0])))

    assert by.order.tolist() == [1, 2, 0]
    assert interface.columns_as_given(given).order.tolist() == [0, 1, 2]
    by_kind = interface.columns_by(interface.Scores(np.array([0.0, 1.0, 2.0])))
    assert by_kind.order.tolist() == [2, 1, 0]
    assert interface.implied_behind(given, by_kind).order.tolist() == [2, 0, 1]


def test_plans_worked_out_by_hand(interface):
    given = tiny(interface)
    columns = interface.Columns(np.array([2, 1, 0]))
    plan = interface.as_given(given, columns)

    assert plan.rows.tolist() == [0, 1, 2, 3]
    assert plan.columns.tolist() == [[2, 1, 0]] * 4
    assert interface.sort_rows(given, plan).rows.tolist() == [0, 2, 1, 3]
    by_name = interface.as_given(given, interface.Columns(np.array([1, 2, 0])))
    # Of names, the one that comes twice first, then in their order.
    assert interface.group_rows(given, by_name).rows.tolist() == [0, 2, 1, 3]
    # Rows that begin with another column never come between.
    mixed = interface.Plan(plan.rows, np.array([[2, 1, 0], [1, 2, 0], [2, 1, 0], [1, 2, 0]]))
    assert interface.sort_rows(given, mixed).rows.tolist() == [1, 3, 0, 2]
    assert interface.group_rows(given, mixed).rows.tolist() == [0, 2, 1, 3]


def test_greedy_group_recursion_worked_out_by_hand(interface):
    given = tiny(interface)
    plan = interface.greedy_groups(given, interface.characters(given), 2.0)

    # "long name" gains 81 once, "ale" 9 twice: rows 0 and 2 come first with the name in front, then the kind,
    # which they have in common. Of the others none repeats, so they have statistics order: all gains are 0,
    # and columns and rows come as they are.
    assert plan.rows.tolist() == [0, 2, 1, 3]
    assert plan.columns.tolist() == [[1, 2, 0], [0, 1, 2], [1, 2, 0], [0, 1, 2]]
    # By length alone "ale" gains 6 and "long name" 9; without length "ale" 2 and "long name" 1.
    plan = interface.greedy_groups(given, interface.characters(given), 0.0)
    assert plan.rows.tolist() == [0, 2, 1, 3]
    assert plan.columns[:3].tolist() == [[2, 1, 0], [2, 0, 1], [2, 1, 0]]


def test_implied_columns_count_and_come_along(interface):
    rows = [["u", "aaaa", "long"], ["u", "bbbb", "long"], ["v", "bbbb", "else"], ["w", "bbbb", "else"]]
    plain = told(interface, table_of(["key", "word", "info"], rows))
    tied = told(interface, table_of(["key", "word", "info"], rows, [("key", "info")]))

    # "bbbb" gains 16 twice. With what it implies "u" gains 1 + 16 once, and less: still "bbbb".
    for given in (plain, tied):
        assert interface.greedy_groups(given, interface.characters(given), 2.0).columns[1].tolist()[0] == 1
    longer = [[key, word, info * 2] for key, word, info in rows]
    tied = told(interface, table_of(["key", "word", "info"], longer, [("key", "info")]))
    # Now "longlong" gains 64 once, and "u", which brings it along, 65.
    plan = interface.greedy_groups(tied, interface.characters(tied), 2.0)
    assert plan.columns[0].tolist() == plan.columns[1].tolist() == [0, 2, 1]
    assert plan.rows.tolist()[:2] == [0, 1]


def test_early_stops_leave_statistics_order(interface, cases):
    for _, given in cases:
        lengths = interface.characters(given)
        expected = interface.times(
            interface.power(interface.mean_length(given, lengths), 2.0), interface.repeats(given)
        )
        fixed = interface.sort_rows(given, interface.as_given(given, interface.columns_by(expected)))
        for stops in ((0, 9, 0.0), (9, 0, 0.0), (9, 9, 1e12)):
            stopped = interface.greedy_groups(given, lengths, 2.0, *stops)
            assert (stopped.rows == fixed.rows).all()
            assert (stopped.columns == fixed.columns).all()


def test_the_recursion_finds_more_phrases_than_one_order_of_columns(interface, cases):
    for case, given in cases:
        lengths = interface.characters(given)
        recursion = interface.greedy_groups(given, lengths, 2.0)
        fixed = interface.greedy_groups(given, lengths, 2.0, 0, 0)

        assert phrase_count(case.table, *recursion)[0] >= phrase_count(case.table, *fixed)[0]


def test_the_helper_computes_the_objective(interface, cases):
    rng = np.random.default_rng(0)
    for case, given in cases:
        rows, columns = given.cells.shape
        any_order = interface.Plan(
            rng.permutation(rows), np.array([rng.permutation(columns) for _ in range(rows)])
        )
        plain = interface.as_given(given, interface.columns_as_given(given))
        for plan in (plain, any_order, interface.sort_rows(given, plain)):
            reuse = measure(case.table, *plan, case.block_tokens, case.cache_blocks)
            assert interface.hit_rate(given, plan) == reuse.hit_tokens / reuse.tokens


def test_the_better_of_two(interface, cases):
    _, given = cases[0]
    plain = interface.as_given(given, interface.columns_as_given(given))
    good = interface.greedy_groups(given, interface.tokens(given), 1.0)

    assert interface.better(given, plain, good) is good
    assert interface.better(given, good, plain) is good
    assert interface.better(given, plain, interface.Plan(*plain)) is plain


@settings(max_examples=60, deadline=None)
@forall(
    rows=st.lists(st.lists(st.sampled_from("abcd"), min_size=3, max_size=3), min_size=1, max_size=9),
    exponent=st.floats(-9, 9),
    depths=st.tuples(st.integers(-1, 3), st.integers(-1, 3)),
    share=st.floats(-2, 2),
    pair=st.sampled_from([(), (("x", "y"),), (("x", "y"), ("y", "x"))]),
)
def test_every_helper_gives_feasible_plans(interface, rows, exponent, depths, share, pair):
    given = told(interface, table_of(["x", "y", "z"], rows, pair))
    before = given.cells.copy()
    scores = interface.with_implied(given, interface.repeated_tokens(given), share)
    scores = interface.blend(interface.power(scores, exponent), interface.repeats(given), share)
    columns = interface.implied_behind(given, interface.columns_by(scores))
    lengths = interface.mixed(interface.own_tokens(given), interface.characters(given), share)
    lengths = interface.scaled(lengths, scores)
    plans = [
        interface.sort_rows(given, interface.as_given(given, columns)),
        interface.group_rows(given, interface.as_given(given, columns)),
        interface.greedy_groups(given, lengths, exponent, *depths),
        interface.greedy_groups(given, lengths, exponent),
    ]
    plans += [interface.sort_rows(given, plans[3]), interface.group_rows(given, plans[3])]

    for plan in plans:
        assert sorted(plan.rows.tolist()) == list(range(len(rows)))
        assert (np.sort(plan.columns, axis=1) == np.arange(3)).all()
        assert plan.columns.shape == given.cells.shape
        assert plan.rows.dtype == plan.columns.dtype == np.int64
        assert 0.0 <= interface.hit_rate(given, plan) <= 1.0
    assert (given.cells == before).all()
