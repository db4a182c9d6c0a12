"""No order exceeds the limits: all orders of tiny tables are tried."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefix_cases import every_plan, plan_of, tables

from simulators.prefix import (
    column_trie_limit,
    measure,
    reuse_limit,
    spanning_tree_limit,
    split_by_columns,
    table_of,
)

UNBOUNDED = 10**6


def best(table, block_tokens):
    """Return the most tokens that any order reuses, of all orders."""
    return max(measure(table, *plan, block_tokens, UNBOUNDED).hit_tokens for plan in every_plan(table))


@settings(max_examples=50, deadline=None)
@given(tables(most_rows=4, most_columns=2), st.sampled_from([1, 2, 5, 16]))
def test_no_order_of_a_tiny_table_exceeds_a_limit(table, block_tokens):
    found = best(table, block_tokens)

    assert found <= spanning_tree_limit(table, block_tokens)
    assert found <= column_trie_limit(table)
    assert reuse_limit(table, block_tokens) == min(
        spanning_tree_limit(table, block_tokens), column_trie_limit(table)
    )


@pytest.mark.parametrize("block_tokens", [1, 4])
def test_no_order_of_three_columns_exceeds_a_limit(block_tokens):
    rows = [["the ale", "x", "p"], ["the all", "x", "q"], ["the ale", "y", "q"]]
    table = table_of(["a", "b", "c"], rows)

    assert best(table, block_tokens) <= reuse_limit(table, block_tokens)


@settings(max_examples=100, deadline=None)
@given(tables(), st.integers(0, 99), st.integers(1, 16))
def test_no_random_order_exceeds_a_limit(table, seed, block_tokens):
    found = measure(table, *plan_of(table, seed), block_tokens, UNBOUNDED).hit_tokens

    assert found <= reuse_limit(table, block_tokens)


@pytest.mark.parametrize(
    ("rows", "tokens"),
    [
        # All alike: every row but the first is hit whole (two lines of 9 tokens).
        ([["x", "p"]] * 4, 3 * 18),
        # One column alike, and of the other the 6 tokens before the value.
        ([["x", "p"], ["x", "q"], ["x", "r"]], 2 * (9 + 6)),
        # Two pairs: a hit whole line each, and 6 of the next; between the pairs 6 tokens only.
        ([["x", "p"], ["x", "q"], ["y", "r"], ["y", "s"]], 2 * (9 + 6) + 6),
    ],
)
def test_limits_that_are_reached(rows, tokens):
    table = table_of(["a", "b"], rows)

    assert spanning_tree_limit(table, 1) == best(table, 1) == tokens


def test_a_limit_that_is_not_reached():
    # The middle row has a in common with one and b with the other. With a in front it is hit by 9 + 6 tokens,
    # and the other, with a in front too, by 6. The tree lets each pair have an order of its own.
    table = table_of(["a", "b"], [["x", "p"], ["x", "q"], ["y", "q"]])

    assert best(table, 1) == (9 + 6) + 6
    assert spanning_tree_limit(table, 1) == 2 * (9 + 6)
    # The tries count the 9 + 6 tokens of both columns, with the first token, the quote, of both too.
    assert column_trie_limit(table) == 54 - (9 + 3) - (9 + 3) + 1


def test_values_that_begin_alike_are_in_both_limits():
    alike = table_of(["a"], [["the ale of the north"], ["the ale of the south"]])
    other = table_of(["a"], [["the ale of the north"], ["south, the ale of it"]])

    for limit in (column_trie_limit, lambda table: spanning_tree_limit(table, 1)):
        assert limit(alike) == limit(other) + 4
        assert limit(alike) == best(alike, 1)


def test_blocks_are_rounded_down_in_the_tree():
    table = table_of(["a", "b"], [["x", "p"], ["x", "q"]])

    assert [spanning_tree_limit(table, block) for block in (1, 4, 8, 16)] == [15, 12, 8, 0]


@settings(max_examples=60, deadline=None)
@given(tables())
def test_splitting_orders_every_row_and_column_once(table):
    rows, columns = split_by_columns(table)

    assert sorted(rows.tolist()) == list(range(len(table.cells)))
    assert (columns.argsort(axis=1).argsort(axis=1) == columns).all()
    assert measure(table, rows, columns, 4, UNBOUNDED).hit_tokens <= reuse_limit(table, 4)


def test_splitting_worked_out_by_hand():
    rows = [["x", "p", "1"], ["y", "q", "1"], ["x", "r", "1"], ["y", "q", "2"]]
    table = table_of(["a", "b", "c"], rows, [("a", "b")])
    sent, columns = split_by_columns(table)

    # Column c saves 2 lines (1 comes three times); a saves 2 of its own, and 2 of b, which it implies.
    assert sent.tolist() == [0, 2, 1, 3]
    assert columns.tolist() == [[0, 1, 2]] * 4
