from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefix_cases import as_is, plain_hits, plan_of, tables

from simulators.prefix import (
    character_hit_rate,
    line,
    measure,
    paths,
    phrase_count,
    prompts,
    serve,
    table_of,
)
from simulators.prefix.measure import common_tokens


def numbers(*tokens):
    return np.array(tokens, dtype=np.int32).tobytes()


def test_a_cache_worked_out_by_hand():
    # Blocks of two tokens: a is 1 2 | 3 4 | 5, b is 1 2 | 9 9, c is 3 4 | 1 2. Equal tokens elsewhere are
    # no hit.
    a, b, c = numbers(1, 2, 3, 4, 5), numbers(1, 2, 9, 9), numbers(3, 4, 1, 2)

    assert paths([a, b, c, a], 2) == [[0, 1], [0, 2], [3, 4], [0, 1]]
    served = serve([a, b, c, a], 2, 10)
    assert served.hit_blocks == served.known_blocks == (0, 1, 0, 2)
    assert served.evicted == 0
    # With room for four: c drives out 1, the oldest, so of the second a only block 0 is hit.
    small = serve([a, b, c, a], 2, 4)
    assert small.hit_blocks == (0, 1, 0, 1)
    assert small.known_blocks == (0, 1, 0, 2)
    assert small.evicted == 2
    # With room for three: c drives out 1, then 2, and block 0 stays.
    assert serve([a, b, c, a], 2, 3).hit_blocks == (0, 1, 0, 1)
    assert serve([a, b, c, a], 2, 2).hit_blocks == (0, 1, 0, 0)


def test_a_cache_must_hold_the_longest_prompt():
    with pytest.raises(ValueError, match="a cache of 1 blocks does not hold a prompt of 2"):
        serve([numbers(1, 2, 3, 4)], 2, 1)
    assert serve([numbers(1)], 2, 1).hit_blocks == (0,)
    assert serve([], 2, 1).hit_blocks == ()


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(0, 99), st.integers(1, 9), st.integers(0, 12))
def test_the_cache_agrees_with_a_plain_one(table, seed, block_tokens, room):
    rows, columns = plan_of(table, seed)
    texts = [
        "".join(line(table.columns[at], table.texts[at][table.cells[row, at]]) for at in columns[row])
        for row in rows
    ]
    capacity = max(1, table.longest_blocks(block_tokens)) + room
    served = serve(prompts(table, rows, columns), block_tokens, capacity)

    assert list(served.hit_blocks) == plain_hits(texts, block_tokens, capacity)
    assert list(served.known_blocks) == plain_hits(texts, block_tokens, 10**6)
    assert all(hit <= known for hit, known in zip(served.hit_blocks, served.known_blocks, strict=True))


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 99), st.integers(1, 9))
def test_without_a_limit_the_order_of_rows_says_nothing(table, seed, block_tokens):
    rows, columns = plan_of(table, seed)
    one = measure(table, rows, columns, block_tokens, 10**6)
    other = measure(table, rows[::-1], columns, block_tokens, 10**6)

    assert one.hit_tokens == one.unbounded_hit_tokens == other.hit_tokens
    assert one.shared_tokens == other.shared_tokens
    blocks = {block for path in paths(prompts(table, rows, columns), block_tokens) for block in path}
    full = sum(len(prompt) // 4 // block_tokens for prompt in prompts(table, rows, columns))
    assert one.hit_tokens == block_tokens * (full - len(blocks))


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 99), st.integers(1, 9))
def test_sorted_prompts_need_room_for_one_only(table, seed, block_tokens):
    rows, columns = plan_of(table, seed)
    rows = np.array(sorted(rows, key=prompts(table, np.arange(len(rows)), columns).__getitem__))
    reuse = measure(table, rows, columns, block_tokens, max(1, table.longest_blocks(block_tokens)))

    assert reuse.hit_tokens == reuse.unbounded_hit_tokens


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 99), st.integers(1, 9), st.integers(0, 9))
def test_larger_blocks_and_smaller_caches_never_help(table, seed, block_tokens, room):
    rows, columns = plan_of(table, seed)
    capacity = max(1, table.longest_blocks(block_tokens)) + room
    reuse = measure(table, rows, columns, block_tokens, capacity)
    larger = measure(table, rows, columns, block_tokens, capacity + 1)

    assert reuse.hit_tokens <= larger.hit_tokens <= reuse.unbounded_hit_tokens
    assert reuse.unbounded_hit_tokens <= reuse.shared_tokens <= reuse.tokens
    single = measure(table, rows, columns, 1, 10**6)
    assert single.hit_tokens == single.shared_tokens == reuse.shared_tokens
    assert all(lost >= 0 for lost in reuse.lost_by_column)


def test_reuse_worked_out_by_hand():
    # Lines of 9 tokens: " a " : blank " x " and the line feed; x and y are the same up to the seventh token.
    table = table_of(["a", "b"], [["x", "p"], ["x", "q"], ["y", "p"]])
    reuse = measure(table, *as_is(table), 4, 100)

    assert reuse.tokens == 54
    assert reuse.shared_tokens == (9 + 6) + 6
    assert reuse.unbounded_hit_tokens == reuse.hit_tokens == 12 + 4
    # Of column a 9 tokens repeat for x and 6 for y; 9 and 4 of them are hit. Of b the same, 3 are.
    assert reuse.lost_by_column == (2, 12)


def test_phrases_worked_out_by_hand():
    table = table_of(["a", "b"], [["long one", "p"], ["long one", "p"], ["long one", "q"], ["x", "q"]])
    rows, columns = as_is(table)

    # The second row is hit in both cells, the third in the first, the fourth in none.
    assert phrase_count(table, rows, columns) == (64 + 1 + 64, 3 * 65 + 2)
    turned = columns[:, ::-1].copy()
    # Now q leads: the second row is hit in both, the third in none, the fourth in q.
    assert phrase_count(table, rows, turned) == (65 + 1, 197)
    # A cell is hit at the same place only: the column has to be the same, not the text alone.
    mixed = columns.copy()
    mixed[1] = [1, 0]
    assert phrase_count(table, rows, mixed) == (0, 197)
    same = table_of(["a", "b"], [["x", "x"], ["x", "x"]])
    assert phrase_count(same, np.arange(2), np.array([[0, 1], [1, 0]])) == (0, 4)


def test_a_phrase_count_knows_nothing_of_values_that_begin_alike():
    begin = "the same long beginning of a sentence about ale, number "
    table = table_of(["a"], [[f"{begin}{at}"] for at in range(9)])
    rows, columns = as_is(table)

    assert phrase_count(table, rows, columns)[0] == 0
    reuse = measure(table, rows, columns, 4, 100)
    assert reuse.hit_tokens / reuse.tokens > 0.6


def plain_characters(texts):
    shared = 0
    for at, text in enumerate(texts):
        common = [
            next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), None)
            for other in texts[:at]
        ]
        pairs = zip(common, texts[:at], strict=True)
        shared += max((min(len(text), len(other)) if n is None else n for n, other in pairs), default=0)
    return shared / max(1, sum(map(len, texts)))


def test_characters_worked_out_by_hand():
    assert character_hit_rate(["abc", "abx", "xbd", "abcx"]) == pytest.approx((0 + 2 + 0 + 3) / 13)
    assert character_hit_rate([]) == 0.0
    # Without separators cells run into one another: "ab" + "c" hits "a" + "bc".
    assert character_hit_rate(["abc", "abc"]) == 0.5
    # A constant table is nearly free in that measure; that is why rows are checked to be the table's own.
    assert character_hit_rate(["x" * 50] * 100) == 0.99


@settings(deadline=None)
@given(st.lists(st.text("ab", max_size=6), max_size=12))
def test_characters_agree_with_all_pairs(texts):
    assert character_hit_rate(texts) == pytest.approx(plain_characters(texts))


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(0, 2), max_size=6))
def test_common_tokens(one, other):
    common = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )

    assert common_tokens(numbers(*one), numbers(*other)) == common
