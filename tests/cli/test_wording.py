import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.cli.wording import (
    amount,
    count,
    duration,
    gap_share,
    money,
    number,
    percent,
    safe,
    signed,
    size,
    sparkline,
    tally,
)


@given(st.text())
def test_nothing_that_moves_a_cursor_is_left(text):
    shown = safe(text)

    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    assert "\x1b" not in shown


@given(st.text(max_size=50))
def test_line_ends_stay_only_where_they_are_wanted(text):
    assert "\n" not in safe(text)
    assert safe(text, lines=True).count("\n") == text.count("\n")


def test_hidden_characters_are_shown_as_their_escapes():
    assert safe("a\x1b[31m\u202eb\tc") == "a\\x1b[31m\\u202eb    c"


def test_long_text_is_capped():
    assert safe("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (5.81234567, "5.8123"),
        (-5.81234567, "-5.8123"),
        (1267.21, "1,267.2"),
        (1234567.8, "1,234,568"),
        (12345678.9, "1.235e+07"),
        (0.000012, "1.2e-05"),
        (0.0123456, "0.012346"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
        (math.nan, "-"),
        (None, "-"),
    ],
)
def test_numbers_have_five_digits(value, text):
    assert number(value) == text


def test_amounts_differences_and_shares():
    assert amount(5.0, "USD") == "5.0000 USD"
    assert signed(2.5, "s") == "+2.5000 s"
    assert signed(-2.5) == "-2.5000"
    assert percent(0.158) == "15.8 %"
    assert percent(12.0) == "1,200 %"
    assert percent(math.inf) == "-"
    assert gap_share(80, 100, 90) == 2.0
    assert gap_share(80, 90, 90) is None


def test_money_and_time():
    assert [money(value) for value in (0, 0.00123, 0.42, 12.3)] == ["$0.00", "$0.0012", "$0.4200", "$12.30"]
    assert money(0.0000375) == "under $0.0001"
    assert [duration(value) for value in (8.4, 185, 7800)] == ["8.4 s", "3:05", "2:10:00"]
    assert [count(n, "trial") for n in (0, 1, 1200)] == ["0 trials", "1 trial", "1,200 trials"]
    assert [size(n) for n in (5, 2048, 5 << 30, 3 << 40)] == ["5 B", "2.0 KiB", "5.0 GiB", "3.0 TiB"]


def test_a_tally_is_largest_first_and_leaves_zeros_out():
    assert tally({"syntax": 3, "duplicate": 41, "outside": 0}) == "duplicate 41 · syntax 3"


def test_a_sparkline_falls_with_a_falling_curve():
    line = sparkline([(0, 10.0), (50, 5.0), (100, 0.0)], upto=100, width=10)

    assert len(line) == 10
    assert line[0] == "█"
    assert line[-1] == "▁"
    assert sorted(line, reverse=True) == list(line)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.floats(-1e9, 1e9)), max_size=20).map(sorted),
    st.integers(0, 500),
    st.integers(0, 60),
)
def test_a_sparkline_never_outgrows_its_width(history, upto, width):
    assert len(sparkline(history, upto, width)) <= width


def test_a_flat_curve_is_a_flat_line():
    assert sparkline([(0, 3.0)], upto=4, width=5) == "▄▄▄▄▄"
