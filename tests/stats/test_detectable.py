import numpy as np
import pytest

from adrs.stats.detectable import POWER, detectable_percent
from adrs.stats.paired import Verdict, paired_difference


def test_an_improvement_of_that_size_is_seen_as_often_as_promised():
    rng = np.random.default_rng(3)
    spread, n = 8.0, 60
    pilot = rng.normal(100, 10, 4000)
    percent = detectable_percent(pilot + rng.normal(0, spread, 4000), pilot, n)
    seen = 0
    for _ in range(400):
        base = rng.normal(100, 10, n)
        better = base * (1 - percent / 100) + rng.normal(0, spread, n)
        found = paired_difference(better, base, direction="minimize", rng=rng)
        seen += found.verdict is Verdict.BETTER

    assert percent == pytest.approx(100 * 2.84 * spread / np.sqrt(n) / 100, rel=0.05)
    assert abs(seen / 400 - POWER) < 0.08


def test_it_shrinks_with_the_root_of_the_workloads():
    ours, base = [1.0, 2.0, 4.0, 3.0], [2.0, 2.0, 2.0, 2.0]

    assert detectable_percent(ours, base, 100) == pytest.approx(detectable_percent(ours, base, 25) / 2)


def test_a_difference_that_is_the_same_everywhere_is_seen_however_small():
    assert detectable_percent([1.5, 2.5, 3.5], [1.0, 2.0, 3.0], 10) == 0.0


def test_what_differs_between_cells_does_not_hide_an_improvement():
    ours, base = [11.0, 11.1, 30.0, 30.1], [10.0, 10.0, 10.0, 10.0]

    apart = detectable_percent(ours, base, 10, cells=["a", "a", "b", "b"])

    assert apart < detectable_percent(ours, base, 10) / 20


@pytest.mark.parametrize(("ours", "base"), [([1.0], [1.0]), ([1.0, 2.0], [0.0, 0.0])])
def test_nothing_is_said_where_nothing_can_be(ours, base):
    assert detectable_percent(ours, base, 10) is None


@pytest.mark.parametrize(("ours", "base"), [([1.0, 2.0], [1.0]), ([float("nan"), 1.0], [1.0, 1.0])])
def test_what_cannot_be_paired_is_refused(ours, base):
    with pytest.raises(ValueError, match=r"paired|finite"):
        detectable_percent(ours, base, 10)
