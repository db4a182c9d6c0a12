from __future__ import annotations

import json
import math
import struct

import pytest
from archive_records import evaluation
from hypothesis import given
from hypothesis import strategies as st

from adrs.archive.packing import pack_results, unpack_results
from adrs.errors import ArchiveError
from adrs.model.evaluation import Failure, FailureKind, WorkloadResult

numbers = st.floats(allow_nan=False)
names = st.dictionaries(st.text(max_size=8), numbers, max_size=4)
failures = st.none() | st.builds(Failure, st.sampled_from(FailureKind), st.text(max_size=20))
cells = st.text(max_size=9)
results = st.lists(st.builds(WorkloadResult, st.integers(0, 500), cells, names, names, failures))


def through(given_results: list[WorkloadResult]) -> tuple[WorkloadResult, ...]:
    layout, data = pack_results(given_results)
    return unpack_results(json.loads(layout), data)


@given(results)
def test_results_come_back_exactly(some: list[WorkloadResult]) -> None:
    assert through(some) == tuple(some)


def test_every_bit_of_a_number_survives() -> None:
    odd = [-0.0, math.inf, -math.inf, 5e-324, 0.1 + 0.2, 2.0**53 + 2]
    some = [WorkloadResult(i, "", {"x": value}) for i, value in enumerate([*odd, math.nan])]
    back = [result.values["x"] for result in through(some)]
    assert struct.pack("<7d", *back) == struct.pack("<7d", *odd, math.nan)


def test_programs_on_the_same_workloads_share_a_layout() -> None:
    assert pack_results(evaluation(1).results)[0] == pack_results(evaluation(2).results)[0]
    assert pack_results(evaluation(1).results)[0] != pack_results(evaluation(1, 9).results)[0]


def test_numbers_of_another_layout_are_refused() -> None:
    layout, data = pack_results(evaluation(1).results)
    other, _ = pack_results(evaluation(1, 9).results)
    with pytest.raises(ArchiveError, match="32 numbers for 9 workloads"):
        unpack_results(json.loads(other), data)
    with pytest.raises(ArchiveError, match="not whole numbers"):
        unpack_results(json.loads(layout), data[:-1])
    with pytest.raises(ArchiveError, match="cannot be read"):
        unpack_results(json.loads(layout), b"")
