from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefix_cases import as_is, plan_of, tables

from simulators.prefix import found_dependencies, line, pieces, prompts, table_of
from simulators.prefix.text import common_length, heading

TEXT = st.text(max_size=30)


def test_tokens_worked_out_by_hand():
    assert pieces("The amberish ale, 1234 x_y") == [
        "The", " amberi", "sh", " ale", ",", " ", "123", "4", " x", "_", "y"
    ]  # fmt: skip
    assert line("name", 'a "b"') == '"name": "a \\"b\\""\n'
    assert pieces(line("name", "ale")) == ['"', "name", '"', ":", " ", '"', "ale", '"', "\n"]
    assert line("name", "ale").startswith(heading("name"))


@settings(deadline=None)
@given(TEXT)
def test_tokens_make_the_text_again(text):
    assert "".join(pieces(text)) == text
    assert "" not in pieces(text)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
def test_the_tokens_of_a_prompt_are_those_of_its_lines(cells):
    lines = [line(column, value) for column, value in cells]

    assert pieces("".join(lines)) == [piece for each in lines for piece in pieces(each)]


@settings(deadline=None)
@given(st.tuples(TEXT, TEXT), st.tuples(TEXT, TEXT))
def test_no_line_begins_another(one, other):
    # So what a value says cannot pass for the end of its cell and the beginning of another.
    assert one == other or not line(*other).startswith(line(*one))


def test_a_value_cannot_forge_the_next_cell():
    forged = table_of(["a", "b"], [['x"\n"b": "y', "z"], ["x", "y"]])
    rows, columns = as_is(forged)
    one, other = prompts(forged, rows, columns)

    assert not other.startswith(one)
    assert not one.startswith(other[: 4 * len(pieces(line("a", "x")))])


def test_a_table_by_number():
    table = table_of(["a", "b"], [["y", "1"], ["x", "1"], ["y", "2"]], [("a", "b")])

    assert table.texts == (("x", "y"), ("1", "2"))
    assert table.cells.tolist() == [[1, 0], [0, 0], [1, 1]]
    assert table.implies.tolist() == [[False, True], [False, False]]
    assert table.line_tokens.tolist() == [[9, 9]] * 3
    assert table.characters.tolist() == [[1, 1]] * 3
    assert table.longest_blocks(4) == 4
    assert table.heading_tokens == 1
    assert table_of(["rate", "rater"], [["1", "2"]]).heading_tokens == 1
    assert table_of(["rate_a", "rate_b"], [["1", "2"]]).heading_tokens == 3
    assert table_of(["a"], [["1"]]).heading_tokens == 0


def test_dependencies_are_closed_and_never_of_a_column_itself():
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    table = table_of(["a", "b", "c", "d"], [["1", "2", "3", "4"]], pairs)

    assert table.implies.astype(int).tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_dependencies_are_found_where_values_repeat():
    rows = [["1", "x", "u", "p"], ["1", "x", "v", "q"], ["2", "x", "w", "p"], ["2", "x", "t", "q"]]
    table = found_dependencies(table_of(["a", "b", "key", "d"], rows), 0.7)

    assert table.implies.astype(int).tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 99))
def test_a_prompt_holds_every_cell_of_its_row_once(table, seed):
    rows, columns = plan_of(table, seed)
    sent = prompts(table, rows, columns)

    assert sorted(rows.tolist()) == list(range(len(sent)))
    assert sum(map(len, sent)) == 4 * table.line_tokens.sum()
    for row, prompt in zip(rows.tolist(), sent, strict=True):
        lines = [table.encoded[at][table.cells[row, at]] for at in range(len(table.columns))]
        assert prompt == b"".join(lines[at] for at in columns[row])
        assert sorted(prompt) == sorted(b"".join(lines))


def test_equal_numbers_are_equal_tokens():
    table = table_of(["a", "b"], [["one two", "two"], ["two one", " two"]])
    numbers = {}
    for column, (texts, lines) in enumerate(zip(table.texts, table.lines, strict=True)):
        for text, tokens in zip(texts, lines, strict=True):
            for piece, number in zip(pieces(line(table.columns[column], text)), tokens, strict=True):
                assert numbers.setdefault(piece, number) == number
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.parametrize(
    ("one", "other", "length"), [("abc", "abx", 2), ("", "a", 0), ("ab", "abc", 2), ("x", "y", 0)]
)
def test_common_beginnings(one, other, length):
    assert common_length(one, other) == common_length(other, one) == length


def test_plans_by_row_number():
    table = table_of(["a", "b"], [["1", "2"], ["3", "4"]])
    sent = prompts(table, np.array([1, 0]), np.array([[0, 1], [1, 0]]))
    lines = table.encoded

    assert sent == [lines[1][1] + lines[0][1], lines[0][0] + lines[1][0]]
