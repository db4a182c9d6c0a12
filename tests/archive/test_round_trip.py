"""Any record that can be made comes back as it went in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace

import archive_records as records
import pytest
from archive_records import RUN
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.archive.store import Archive
from adrs.model.call import ModelCall
from adrs.model.certificate import Certificate
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, TellStatus, Trial, TrialState

number = st.floats(allow_nan=False, width=64)
text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
name = st.sampled_from(["cost_usd", "late_h", "é", ""])
maps = st.dictionaries(name, number, max_size=3)
time_us = st.integers(0, 2**62)
results = st.lists(
    st.builds(
        WorkloadResult,
        st.integers(0, 10_000),
        text,
        maps,
        maps,
        st.none() | st.builds(Failure, st.sampled_from(FailureKind), text),
    ),
    max_size=6,
).map(tuple)
certificates = st.builds(
    Certificate,
    sandbox=text,
    kernel=text,
    arch=text,
    python=text,
    held=st.lists(text, max_size=3).map(tuple),
    not_held=st.lists(text, max_size=3).map(tuple),
)
evaluations = st.builds(
    Evaluation,
    split=st.sampled_from(Split),
    opening=st.integers(0, 9),
    results=results,
    objectives=maps,
    complete=st.booleans(),
    isolated=st.booleans(),
    differs_when_isolated=st.booleans(),
    measures=maps,
    feedback=st.text(max_size=50),
    behaviour=text,
    wall_s=number,
    cpu_s=number,
    sandbox=text,
    certificate=st.none() | certificates,
)
source = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60).filter(
    lambda s: "coding" not in s
)
programs = st.dictionaries(st.sampled_from(["a.py", "b/c.py", "é.py"]), source, min_size=1).map(Program.of)
ends = st.sampled_from([state for state in TrialState if state is not TrialState.RUNNING])
trials = st.builds(
    Trial,
    run_id=st.just(RUN),
    number=st.just(0),
    state=ends,
    selection=st.builds(
        Selection,
        st.none() | text,
        st.lists(text, max_size=3).map(tuple),
        st.dictionaries(text, st.integers() | text, max_size=3),
    ),
    asked_after=st.integers(0, 10**6),
    attempt=st.integers(0, 30),
    candidate=st.builds(Candidate, programs, text, text),
    evaluation=st.none() | evaluations,
    reason=text,
    cost_usd=number,
    started_us=time_us,
    ended_us=time_us,
    status=st.none() | st.sampled_from(TellStatus),
)
calls = st.builds(
    ModelCall,
    model=text,
    role=text,
    request=st.text(max_size=40),
    answer=st.text(st.characters(codec=None), max_size=40),
    input_tokens=st.integers(0, 2**40),
    output_tokens=st.integers(0, 2**40),
    cost_usd=st.none() | st.floats(0, 100),
    usage=st.dictionaries(text, st.none() | st.integers() | text | st.booleans(), max_size=3),
    started_us=time_us,
    ended_us=time_us,
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Archive]:
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder) as archive:
        archive.create_run(records.run_record(), records.INITIAL)
        yield archive


@settings(deadline=None, max_examples=60)
@given(trial=trials)
def test_any_trial(shared: Archive, trial: Trial) -> None:
    trial = replace(trial, number=shared.next_trial(RUN))
    recorded = shared.record(trial)
    assert shared.trial(RUN, trial.number) == recorded
    assert replace(recorded, told=None) == trial
    assert (recorded.told is None) == (trial.state is TrialState.ERRORED)


@settings(deadline=None, max_examples=40)
@given(some=st.lists(calls, min_size=1, max_size=4))
def test_any_model_call_and_the_sum_of_all(shared: Archive, some: list[ModelCall]) -> None:
    before = shared.usage(RUN)
    trial = shared.next_trial(RUN)
    shared.begin_trial(records.begun(trial))
    for call in some:
        shared.record_call(RUN, trial, 0, call)
    assert shared.calls(RUN, trial) == some
    after = shared.usage(RUN)
    assert after.input_tokens - before.input_tokens == sum(call.input_tokens for call in some)
    assert after.unpriced_calls - before.unpriced_calls == sum(call.cost_usd is None for call in some)
    spent = sum(call.cost_usd or 0.0 for call in some)
    assert after.cost_usd - before.cost_usd == pytest.approx(spent, abs=1e-6)
