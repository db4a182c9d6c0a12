import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.model.problem import Objective
from adrs.stats.aggregate import AGGREGATES, aggregate

positive = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30)


def test_every_declarable_aggregate_is_known():
    declared = Objective.model_fields["aggregate"].annotation
    assert set(AGGREGATES) == set(declared.__args__)


def test_known_values():
    assert aggregate("mean", [1.0, 2.0, 6.0]) == 3.0
    assert aggregate("median", [1.0, 2.0, 6.0, 3.0]) == 2.5
    assert aggregate("geometric_mean", [1.0, 4.0]) == pytest.approx(2.0)
    assert aggregate("sum", [0.1] * 10) == 1.0
    assert aggregate("geometric_mean", [0.0, 4.0]) == 0.0


@given(positive, st.randoms(use_true_random=False))
def test_order_does_not_matter(values: list[float], shuffler: random.Random):
    shuffled = values.copy()
    shuffler.shuffle(shuffled)
    for name in AGGREGATES:
        assert aggregate(name, shuffled) == aggregate(name, values)


@given(positive)
def test_means_lie_within_the_values(values: list[float]):
    for name in ("mean", "median", "geometric_mean"):
        assert min(values) * (1 - 1e-9) <= aggregate(name, values) <= max(values) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("average", [1.0], "'average' is no aggregate; use one of mean"),
        ("mean", [], "no values"),
        ("mean", [1.0, math.nan], "value 1 is nan"),
        ("sum", [math.inf], "value 0 is inf"),
        ("geometric_mean", [1.0, -2.0], "no negative values; the smallest is -2.0"),
    ],
)
def test_bad_input_is_refused(name: str, values: list[float], says: str):
    with pytest.raises(ValueError, match=says):
        aggregate(name, values)
