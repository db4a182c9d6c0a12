import math

import numpy as np
import pytest
from scipy import stats

from adrs.compare.statistics import over_problems, per_problem, primary, welch

RNG = np.random.default_rng(0)


def test_welch_is_scipys():
    ours, theirs = RNG.normal(1.0, 1, 12).tolist(), RNG.normal(0.2, 3, 9).tolist()
    found = welch("p", ours, theirs)
    expected = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.n == (12, 9)


def test_a_single_seed_and_arms_that_do_not_vary_test_nothing():
    one = welch("p", [1.0], [0.0, 2.0])
    assert (one.p, one.detectable, one.high) == (None, None, math.inf)
    same = welch("p", [1.0, 1.0], [0.5, 0.5])
    assert (same.difference, same.p, same.low, same.high) == (0.5, None, 0.5, 0.5)


def test_what_is_called_detectable_is_found_four_times_in_five():
    rng = np.random.default_rng(1)
    hits = 0
    draws = [(rng.normal(0, 1, 10), rng.normal(0, 1, 10)) for _ in range(400)]
    detectable = np.mean([welch("p", a.tolist(), b.tolist()).detectable for a, b in draws])
    for a, b in draws:
        found = welch("p", (a + detectable).tolist(), b.tolist())
        hits += found.p < 0.05
    assert 0.74 < hits / 400 < 0.86


def test_holm_runs_over_the_problems_that_can_be_tested():
    apart = ([1.0, 1.1, 0.9, 1.05], [0.0, 0.1, -0.1, 0.02])
    close = ([0.1, 0.2, 0.0, 0.3], [0.0, 0.1, 0.2, 0.05])
    found = per_problem({"a": apart, "b": close, "c": ([1.0, 1.0], [1.0, 1.0])})
    assert found[0].adjusted == pytest.approx(2 * found[0].p)
    assert found[1].adjusted >= found[1].p
    assert found[2].adjusted is None


def compared(*differences, seeds):
    spread = [(-0.01 if k % 2 else 0.01) for k in range(seeds)]
    return per_problem({f"p{at}": ([gap + s for s in spread], spread) for at, gap in enumerate(differences)})


def test_the_primary_test_is_over_problems():
    gaps = [0.3, 0.2, 0.4, 0.25]
    found = primary(compared(*gaps, seeds=10), seeds_needed=10)
    assert found.p == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue)
    assert (found.problems, found.seeds, found.verdict) == (4, 10, "better")
    assert primary(compared(*[-gap for gap in gaps], seeds=10), seeds_needed=10).verdict == "worse"
    assert (
        primary(compared(0.3, -0.2, 0.1, -0.25, seeds=10), seeds_needed=10).verdict == "no difference shown"
    )


def test_no_verdict_that_the_seeds_cannot_support():
    gaps = [0.3, 0.31, 0.29, 0.3]
    few = primary(compared(*gaps, seeds=9), seeds_needed=10)
    assert few.p < 1e-3
    assert few.verdict == "none: a verdict needs 10 seeds, and has 9"
    default = primary(compared(*gaps, seeds=10), seeds_needed=20)
    assert default.verdict.startswith("none: a verdict needs 20 seeds, and has 10")
    assert (
        primary(compared(0.3, seeds=10), seeds_needed=10).verdict
        == "none: a test over problems needs at least two"
    )
    assert primary([], seeds_needed=10).verdict.endswith("and has 0")


def test_under_the_null_one_in_twenty_is_called():
    rng = np.random.default_rng(2)
    called = 0
    for _ in range(400):
        shares = {f"p{at}": (rng.normal(0, 1, 10).tolist(), rng.normal(0, 1, 10).tolist()) for at in range(7)}
        called += primary(per_problem(shares), seeds_needed=10).verdict in ("better", "worse")
    assert called / 400 < 0.085


def test_the_other_arms_are_tested_over_problems_with_holms_correction():
    clear, none = compared(0.3, 0.29, 0.31, 0.3, seeds=10), compared(0.3, -0.2, 0.1, -0.25, seeds=5)
    found = over_problems({"clear": clear, "none": none, "single": compared(0.3, seeds=10)})
    assert found["clear"].difference == pytest.approx(0.3)
    assert found["clear"].adjusted == pytest.approx(2 * found["clear"].p)
    assert (found["none"].adjusted, found["none"].seeds) == (found["none"].p, 5)
    assert (found["single"].p, found["single"].adjusted) == (None, None)
    assert found["clear"].p == primary(clear, seeds_needed=10).p
