from __future__ import annotations

import time

from hypothesis import assume, given
from hypothesis import strategies as st

from adrs.proposer.matching import Span, find, nearest

LINES = [
    "class A:",
    "    def f(self):",
    "        x = 1",
    "        return x",
    "",
    "    def g(self):",
    "        x = 1",
]


def test_exact_lines_are_found_wherever_they_are() -> None:
    assert find(LINES, ["        x = 1", "        return x"]) == [Span(2, 4)]
    assert [span.start for span in find(LINES, ["        x = 1"])] == [2, 6]


def test_exact_beats_tolerant() -> None:
    assert find(["a  = 1", "a = 1"], ["a = 1"]) == [Span(1, 2)]


def test_trailing_space_and_blank_lines_around_do_not_matter() -> None:
    assert find(LINES, ["", "        return x   ", ""]) == [Span(3, 4)]


def test_one_indentation_throughout_is_tolerated_and_given_to_the_replacement() -> None:
    (span,) = find(LINES, ["def f(self):", "    x = 1"])
    assert (span.start, span.end) == (1, 3)
    assert span.indented(["def f(self):", "    x = 2", "", "    y = 3"]) == [
        "    def f(self):",
        "        x = 2",
        "",
        "        y = 3",
    ]


def test_too_much_indentation_is_taken_away() -> None:
    (span,) = find(["x = 1", "if x:", "    y = 2"], ["    if x:", "        y = 2"])
    assert span.indented(["    if x:", "        y = 3"]) == ["if x:", "    y = 3"]


def test_different_shifts_do_not_match() -> None:
    assert find(["if a:", "    b()"], ["if a:", "  b()"]) == []


def test_inner_white_space_is_tolerated_last() -> None:
    assert [s.start for s in find(["x  =  f( 1,  2 )"], ["x = f( 1, 2 )"])] == [0]


def test_blank_search_is_found_nowhere() -> None:
    assert not find(["x"], ["", "   "])


def test_nearest_names_the_lines_that_share_most_words() -> None:
    said = nearest("alpha = 1\nbeta = gamma + 2\ndelta = 3\n", ["beta = gamma + 5"])
    assert "nearest lines are 2 to 2" in said
    assert "beta = gamma + 2" in said
    assert "no line" in nearest("alpha\n", ["zeta"])


def test_hostile_sizes_take_linear_time() -> None:
    lines = ["x"] * 200_000
    began = time.process_time()
    assert len(find(lines, ["x"] * 100_000)) > 1
    assert find(lines, [*["x"] * 100_000, "y"]) == []
    assert nearest("\n".join(lines), ["x"] * 100_000).startswith("the nearest lines")
    assert time.process_time() - began < 20


@given(st.lists(st.text("ab \t", max_size=4), min_size=1, max_size=12), st.data())
def test_every_window_of_a_file_is_found_where_it_is(lines: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    assume(any(line.strip() for line in lines[start:end]))
    assert Span(start, end) in find(lines, lines[start:end])
