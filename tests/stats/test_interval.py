import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adrs.stats.interval import Interval, difference, interval, mean_interval
from adrs.stats.strata import resample, strata


def test_an_even_sample_gets_the_t_interval():
    values = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    expected = stats.t.interval(0.95, 6, loc=0.0, scale=stats.sem(values))
    assert mean_interval(values)[1:] == pytest.approx(expected)


def test_a_skewed_sample_reaches_further_to_its_tail():
    values = np.random.default_rng(0).exponential(size=60)
    plain = stats.t.interval(0.95, 59, loc=values.mean(), scale=stats.sem(values))
    found = mean_interval(values)
    assert found.low == pytest.approx(plain[0])
    assert found.high > plain[1] * 1.01
    mirrored = mean_interval(-values)
    assert mirrored.low == pytest.approx(-found.high)
    assert mirrored.high == pytest.approx(-found.low)


def test_differences_between_cells_are_not_spread():
    cells = ["a", "b"] * 20
    values = [100.0 * (cell == "b") + place % 3 for place, cell in enumerate(cells)]
    kept, pooled = mean_interval(values, cells), mean_interval(values)
    assert kept.high - kept.low < 1.0
    assert pooled.high - pooled.low > 20.0
    assert kept.estimate == pooled.estimate


def test_one_value_says_nothing_and_equal_values_leave_no_doubt():
    assert mean_interval([3.0]) == (3.0, -math.inf, math.inf)
    assert mean_interval([0.1] * 7) == pytest.approx((0.1, 0.1, 0.1))
    assert mean_interval([0.0] * 7) == (0.0, 0.0, 0.0)


@given(
    st.lists(st.tuples(st.floats(-1e200, 1e200), st.sampled_from("abcdef")), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
def test_limits_enclose_the_mean_whatever_the_cells(sample: list[tuple[float, str]], level: float):
    values, cells = zip(*sample, strict=True)
    found = mean_interval(values, cells, level)
    assert found.low <= found.estimate <= found.high
    assert found.holds(found.estimate)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=40), st.floats(0.01, 100))
def test_units_do_not_matter(values: list[float], factor: float):
    scaled = mean_interval([value * factor for value in values])
    assert scaled == pytest.approx(mean_interval(values).scaled(factor), rel=1e-6, abs=1e-6)


def test_the_median_lies_between_order_statistics():
    values = [float(value) for value in range(1, 41)]
    found = interval("median", values)
    expected = stats.quantile_test(values, q=20.5, p=0.5).confidence_interval(0.95)
    assert found.estimate == 20.5
    assert (found.low, found.high) == (14.0, 27.0)
    assert found.low <= expected.low
    assert found.high >= expected.high
    assert interval("median", [1.0, 2.0, 3.0]) == (2.0, -math.inf, math.inf)


def test_sum_and_geometric_mean_follow_the_mean():
    values = list(np.random.default_rng(1).lognormal(size=50))
    of_mean, of_logs = mean_interval(values), mean_interval(np.log(values))
    assert interval("mean", values) == of_mean
    assert interval("sum", values) == pytest.approx(tuple(50 * limit for limit in of_mean))
    assert interval("geometric_mean", values) == pytest.approx(tuple(np.exp(of_logs)))
    assert interval("geometric_mean", [0.0, 1.0]) == (0.0, 0.0, math.inf)


def test_scaling_by_a_negative_factor_swaps_the_limits():
    assert Interval(1.0, 0.5, 2.0).scaled(-2) == (-2.0, -4.0, -1.0)


@pytest.mark.parametrize(
    ("values", "cells", "level", "says"),
    [
        ([], None, 0.95, "no values"),
        ([1.0, math.nan], None, 0.95, "value 1 is nan"),
        ([1.0, 2.0], ["a"], 0.95, "1 cells were given for 2 values"),
        ([1.0, 2.0], None, 95, "between 0 and 1, not at 95"),
    ],
)
def test_bad_input_is_refused(values, cells, level, says):
    with pytest.raises(ValueError, match=says):
        mean_interval(values, cells, level)


def test_lonely_cells_are_put_together():
    as_lists = lambda n, cells: [group.tolist() for group in strata(n, cells)]  # noqa: E731
    assert as_lists(3, None) == [[0, 1, 2]]
    assert as_lists(5, ["b", "a", "b", "a", "a"]) == [[1, 3, 4], [0, 2]]
    assert as_lists(4, ["b", "c", "b", "d"]) == [[0, 2], [1, 3]]
    assert as_lists(6, ["a", "a", "a", "b", "b", "c"]) == [[0, 1, 2], [3, 4, 5]]
    assert as_lists(3, ["a", "b", "c"]) == [[0, 1, 2]]
    assert as_lists(1, ["a"]) == [[0]]


def test_resamples_keep_to_the_cells_and_repeat_by_seed():
    cells = ["a", "b", "b", "a", "b"]
    groups = strata(5, cells)
    drawn = resample(groups, np.random.default_rng(7), 200)
    assert drawn.shape == (200, 5)
    assert {cells[place] for place in drawn[:, :2].ravel()} == {"a"}
    assert {cells[place] for place in drawn[:, 2:].ravel()} == {"b"}
    assert np.array_equal(drawn, resample(groups, np.random.default_rng(7), 200))


def test_a_cell_whose_spread_is_nearly_nothing_counts_without_underflow():
    values = [1.0, 1.0, 2.0, 2.0, 0.0, 1e-150, 3e-150]
    cells = ["a", "a", "a", "a", "b", "b", "b"]
    plain = mean_interval(values, cells, 0.99)
    cautious = mean_interval(values, cells, 0.99, cautious=True)

    assert math.isfinite(cautious.low)
    assert cautious.low <= plain.low < plain.high <= cautious.high


def test_caution_widens_what_a_few_values_decide_and_no_other():
    few = [0.0] * 40 + [1.0, -3.0, 5.0]
    many = [(-1.0) ** index for index in range(43)]

    assert mean_interval(few, level=0.99, cautious=True).high > mean_interval(few, level=0.99).high
    assert mean_interval(many, level=0.99, cautious=True) == mean_interval(many, level=0.99)


def test_the_difference_of_two_estimates_of_other_data_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(600):
        one, other = rng.normal(5.0, 2.0, 16), rng.normal(3.0, 1.0, 24)
        held += difference(mean_interval(one), mean_interval(other)).holds(2.0)
    assert 0.93 <= held / 600 <= 0.985
    assert difference(Interval(5.0, 2.0, 9.0), Interval(1.0, -3.0, 4.0)) == (
        4.0, 4.0 - math.hypot(3.0, 3.0), 4.0 + math.hypot(4.0, 4.0)
    )  # fmt: skip
