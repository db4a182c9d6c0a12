import enum
import math
import struct
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluators.wire import ANSWER, Limits, WireError, decode, encode

INTS = st.integers(-(2**63), 2**63 - 1)
SCALARS = (
    st.none()
    | st.booleans()
    | INTS
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.binary(max_size=20)
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[INTS | st.floats() | st.booleans()] * width), max_size=6)
)
PLAIN = st.recursive(
    SCALARS | ROWS | st.lists(INTS) | st.lists(st.floats()) | st.lists(st.booleans()),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype("bool"), np.dtype("int64"), np.dtype("float64")]),
    hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4),
)


class Pair(NamedTuple):
    first: int
    second: tuple[float, bool]


class Level(enum.IntEnum):
    HIGH = 1


def same(one, other):
    """Equal, of exactly the same types, and with NaN equal to itself and -0.0 unlike 0.0."""
    if type(one) is not type(other):
        return False
    if type(one) is float:
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is dict:
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return one == other


@given(PLAIN)
def test_a_plain_value_comes_back_as_it_went(value):
    assert same(decode(encode(value)), value)


@given(ARRAYS)
def test_an_array_comes_back_as_it_went(value):
    back = decode(encode(value))

    assert back.dtype == value.dtype
    np.testing.assert_array_equal(back, value)
    assert back.flags.c_contiguous
    assert back.flags.owndata


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_decoded_but_nothing_else(data):
    _decode_or_refuse(data)


@settings(max_examples=300)
@given(PLAIN, st.data())
def test_mutated_and_cut_frames_are_refused_or_decoded(value, data):
    good = bytearray(encode(value))
    for _ in range(data.draw(st.integers(0, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    _decode_or_refuse(bytes(good[: data.draw(st.integers(0, len(good)))]))


def _decode_or_refuse(data):
    try:
        value = decode(data)
    except WireError:
        return
    assert isinstance(encode(value), bytes)  # whatever was read is plain again


HUGE = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    "data",
    [
        b"s" + HUGE,
        b"b" + HUGE,
        b"l" + HUGE + b"g",
        b"t" + HUGE + b"q",
        b"l" + HUGE + b"r" + HUGE,
        b"d" + HUGE,
        b"aq\x04" + HUGE * 4,
        b"aq\x04" + b"\0\0\0\0" + HUGE * 3,
        b"ad\x01" + struct.pack("=I", 2**31),
        b"a?\x02" + HUGE * 2,
        b"l" + struct.pack("=I", 8) + b"r" + struct.pack("=I", 0),
        b"l" + struct.pack("=I", 0) + b"r" + struct.pack("=I", 1) + b"q",
    ],
)
def test_a_length_that_cannot_be_true_allocates_nothing(data):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_rows_of_rows_cannot_make_many_values_of_few_bytes():
    # One byte per column and 20 levels: every level would make 100,000 tuples.
    data = b"".join(b"r" + struct.pack("=I", 1) for _ in range(20))
    bomb = b"l" + struct.pack("=I", 100_000) + data + b"?" + bytes(100_000)

    with pytest.raises(WireError, match="more than 1048576 values"):
        decode(bomb)


def test_nesting_beyond_the_limit_is_refused_on_both_sides():
    deep = 0
    for _ in range(1000):
        deep = [deep]
    raw = b"".join(b"l" + struct.pack("=I", 1) + b"g" for _ in range(1000)) + b"N"

    with pytest.raises(WireError, match="deeper than 24"):
        encode(deep)
    with pytest.raises(WireError, match="deeper than 24"):
        decode(raw)


def test_a_cyclic_or_exploding_value_is_refused():
    cyclic = []
    cyclic.append(cyclic)
    many = [None] * 1000
    for _ in range(6):
        many = [many] * 1000

    with pytest.raises(WireError, match="deeper"):
        encode(cyclic)
    with pytest.raises(WireError, match="more than"):
        encode(many)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**63, "beyond 64 bits"),
        ([1, 2**63], "beyond 64 bits"),
        ("\ud800", "surrogate"),
        ({1: 2}, "key of type int"),
        ({"a": {1}}, "a set"),
        (object(), "a object"),
        (Level.HIGH, "a Level"),
        ([Level.HIGH, Level.HIGH], "a Level"),
        (np.float64(1.0), "a float64"),
        ([np.float64(1.0)] * 3, "a float64"),
        (np.zeros(3, dtype="int32"), "int32"),
        (np.zeros(3, dtype=object), "object"),
        (np.zeros(3, dtype=">f8"), "only bool"),
        (np.zeros((1, 1, 1, 1, 1)), "5 dimensions"),
        (np.array(1.0), "0 dimensions"),
        (bytearray(b"x"), "a bytearray"),
        (1j, "a complex"),
        (type("Sub", (int,), {})(3), "a Sub"),
        (type("Sub", (dict,), {})(), "a Sub"),
    ],
)
def test_other_types_are_refused(value, reason):
    with pytest.raises(WireError, match=reason):
        encode(value)


def test_named_tuples_arrive_as_tuples():
    value = [Pair(1, (0.5, True)), Pair(2, (1.5, False))]

    back = decode(encode(value))

    assert back == [(1, (0.5, True)), (2, (1.5, False))]
    assert {type(row) for row in back} == {tuple}
    assert decode(encode(Pair(1, (0.5, True)))) == (1, (0.5, True))


def test_equal_rows_are_stored_by_column():
    rows = [(index, 0.5 * index, index % 2 == 0, (index, (index, "x"))) for index in range(200)]

    data = encode(rows)

    assert decode(data) == rows
    assert len(data) < 200 * (8 + 8 + 1 + 8 + 8 + 7) + 100


def test_a_dict_with_a_repeated_key_and_bytes_after_the_value_are_refused():
    pair = struct.pack("=I", 1) + b"k" + b"N"

    with pytest.raises(WireError, match="twice"):
        decode(b"d" + struct.pack("=I", 2) + pair + pair)
    with pytest.raises(WireError, match="2 bytes follow"):
        decode(b"NNN")


def test_bools_are_zero_or_one():
    assert decode(b"l" + struct.pack("=I", 2) + b"?\0\1") == [False, True]
    with pytest.raises(WireError, match="neither 0 nor 1"):
        decode(b"l" + struct.pack("=I", 2) + b"?\0\2")
    with pytest.raises(WireError, match="neither 0 nor 1"):
        decode(b"a?\x01" + struct.pack("=I", 2) + b"\0\2")


def test_the_limits_hold_on_both_sides():
    small = Limits(max_bytes=100, max_items=10, max_depth=2)

    with pytest.raises(WireError, match="more than 100 bytes"):
        encode("x" * 200, small)
    with pytest.raises(WireError, match="at most 100"):
        decode(encode("x" * 200), small)
    with pytest.raises(WireError, match="more than 10 values"):
        encode([True] * 20, small)
    with pytest.raises(WireError, match="more than 10 values"):
        decode(encode([True] * 20), small)
    with pytest.raises(WireError, match="more than 100 bytes"):
        encode(np.zeros(100), small)
    assert decode(encode([[1]], small), small) == [[1]]
    assert ANSWER.max_bytes == 16 << 20
