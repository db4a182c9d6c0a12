import math
import sys

import numpy as np
import pytest

from evaluators.schema import (
    Array,
    Bool,
    Choice,
    Float,
    Int,
    ListOf,
    Nullable,
    Permutation,
    Refused,
    Struct,
    Text,
    TupleOf,
    checker,
)

PLAN = ListOf(Struct(gpu=Int(0, 7), start_s=Float(0.0, 3600.0)), max_len=10)


def refusal(schema, value, name="plan"):
    with pytest.raises(Refused) as caught:
        checker(schema, name)(value)
    return str(caught.value)


def test_a_refusal_names_path_value_and_what_is_accepted():
    good = {"gpu": 1, "start_s": 2.0}

    assert refusal(PLAN, [good, good, good, {"gpu": 17, "start_s": 0.0}]) == "plan[3].gpu = 17: at most 7"
    assert refusal(PLAN, [{"gpu": -1, "start_s": 0.0}]) == "plan[0].gpu = -1: at least 0"
    assert refusal(PLAN, [{"gpu": 1}]) == "plan[0].start_s: missing"
    assert refusal(PLAN, [{**good, "x": 1}]) == "plan[0]: the key 'x': only gpu, start_s"
    assert refusal(PLAN, [good] * 11) == "plan: 11 items: at most 10"
    assert refusal(PLAN, {"a": 1}) == "plan = a dict of 1: not a list"
    assert refusal(Int(0, 7), 9, "action") == "action = 9: at most 7"


@pytest.mark.parametrize("value", [True, False, 1.0, "1", None, b"1", [1], np.int64(1), np.array(1)])
def test_an_id_is_an_int_and_nothing_that_looks_like_one(value):
    assert "not an int" in refusal(Int(0, 7), value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e400, -0.001, 3601.0, True, "1", None])
def test_a_float_is_finite_and_in_range(value):
    refusal(Float(0.0, 3600.0), value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_infinite_bounds_still_ask_for_finite_values(value):
    assert "not finite" in refusal(Float(-math.inf, math.inf), value)


def test_floats_have_one_form():
    check = checker(Float(-5.0, 5.0), "x")

    assert type(check(3)) is float
    assert math.copysign(1.0, check(-0.0)) == 1.0
    assert check(5e-324) == 5e-324
    assert "more than a float holds exactly" in refusal(Float(-1e300, 1e300), 2**53 + 1)


@pytest.mark.parametrize("value", [3, -0.0, 5e-324, -sys.float_info.min / 2])
def test_an_exact_float_refuses_ints_negative_zero_and_denormals(value):
    refusal(Float(-5.0, 5.0, exact=True), value)
    assert checker(Float(-5.0, 5.0, exact=True), "x")(0.0) == 0.0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([0, 1, 1], "plan[2] = 1: comes twice"),
        ([0, 1], "plan: 2 items: at least 3"),
        ([0, 1, 2, 0], "plan: 4 items: at most 3"),
        ([0, 1, -1], "plan[2] = -1: at least 0"),
        ([0, 1, 3], "plan[2] = 3: at most 2"),
        ([False, True, 2], "plan[0] = False: not an int"),
        ([0.0, 1.0, 2.0], "plan[0] = 0.0: not an int"),
    ],
)
def test_a_permutation_holds_each_once(value, reason):
    assert refusal(Permutation(3), value) == reason
    assert checker(Permutation(3), "plan")((2, 0, 1)) == [2, 0, 1]


def test_choices_count_their_types():
    check = checker(Choice("spot", 1, None), "kind")

    assert check("spot") == "spot"
    assert check(1) == 1
    assert check(None) is None
    for wrong in (True, 1.0, "Spot", b"spot", [1], {}):
        assert "one of 'spot', 1, None" in refusal(Choice("spot", 1, None), wrong)
    with pytest.raises(ValueError, match="at least one"):
        Choice()


def test_tuples_texts_bools_and_nothing():
    schema = TupleOf(Bool(), Text(5, min_len=1), Nullable(Int(0, 1)))

    assert checker(schema, "x")([True, "abc", None]) == (True, "abc", None)
    assert refusal(schema, (1, "abc", None)) == "plan[0] = 1: not a bool"
    assert refusal(schema, (True, "abcdef", None)) == "plan[1]: 6 characters: at most 5"
    assert refusal(schema, (True, "", None)) == "plan[1]: 0 characters: at least 1"
    assert refusal(schema, (True, "a", 2)) == "plan[2] = 2: at most 1"
    assert refusal(schema, (True, "a")) == "plan: 2 items: at least 3"


def test_unique_lists_of_compound_items():
    schema = ListOf(ListOf(Int(0, 9), max_len=3), max_len=5, unique=True)

    assert checker(schema, "x")([[1, 2], [2, 1]]) == [[1, 2], [2, 1]]
    assert refusal(schema, [[1, 2], [3], [1, 2]]) == "plan[2] = a list of 2: comes twice"
    pairs = ListOf(Struct(a=Int(0, 9)), max_len=5, unique=True)
    assert refusal(pairs, [{"a": 1}, {"a": 1}]) == "plan[1] = a dict of 1: comes twice"


def test_arrays():
    schema = Array("float64", (2, None), low=-1.0, high=1.0)
    check = checker(schema, "x")

    assert math.copysign(1.0, check(np.array([[-0.0], [1.0]]))[0, 0]) == 1.0
    assert "not an array" in refusal(schema, [[0.0], [1.0]])
    assert "shape (3, 1)" in refusal(schema, np.zeros((3, 1)))
    assert "int64" in refusal(schema, np.zeros((2, 1), dtype="int64"))
    assert refusal(schema, np.array([[0.0, math.nan], [0, 0]])) == "plan[0, 1] = nan: not finite"
    assert refusal(schema, np.array([[0.0], [math.inf]])) == "plan[1, 0] = inf: not finite"
    assert refusal(schema, np.array([[0.0], [2.0]])) == "plan[1, 0] = 2.0: at most 1.0"


def test_arrays_of_ids():
    ids = Array("int64", (3,), low=0, high=5, unique=True)

    np.testing.assert_array_equal(checker(ids, "x")(np.array([5, 0, 1])), [5, 0, 1])
    assert "comes twice" in refusal(ids, np.array([1, 1, 2]))
    assert refusal(ids, np.array([1, -1, 2])) == "plan[1] = -1: at least 0"
    assert "bool" in refusal(ids, np.array([True, False, True]))
    flags = np.array([True, False])
    np.testing.assert_array_equal(checker(Array("bool", (2,)), "x")(flags), flags)


def test_long_values_are_not_quoted_whole():
    assert len(refusal(Int(0, 1), "x" * 10_000)) < 100
    assert refusal(Int(0, 1), [0] * 10_000) == "plan = a list of 10000: not an int"
