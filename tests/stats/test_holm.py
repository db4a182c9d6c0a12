import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.stats.holm import holm


def test_holms_steps():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.6, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_between_the_raw_value_and_bonferroni(p_values: list[float]):
    adjusted = holm(p_values)
    for raw, new in zip(p_values, adjusted, strict=True):
        assert raw <= new <= min(1.0, raw * len(p_values)) or new == max(adjusted)
        assert raw <= new <= 1
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    assert [adjusted[place] for place in order] == sorted(adjusted)


def test_what_is_no_p_value_is_refused():
    with pytest.raises(ValueError, match=r"1\.5 is no p-value"):
        holm([0.1, 1.5])
