from __future__ import annotations

import hashlib
import hmac
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import archive_records as records
import pytest
from archive_records import RUN, begun, candidate, ended, evaluation, model_call
from sqlalchemy import event

from adrs.archive import schema
from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.model.budget import Usage
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.run import RunState
from adrs.model.trial import Selection, TellStatus, TrialState


def problem(version: int = 1) -> Problem:
    raw = {
        "problem": {
            "id": "spot",
            "version": version,
            "title": "t",
            "family": "cloud",
            "entry": "policy.py:Policy",
            "evaluator": "Spot",
        },
        "objective": [{"name": "cost_usd", "unit": "USD", "direction": "minimize"}],
    }
    return Problem.model_validate({"spec": raw, "folder": ".", "digest": "d"})


def test_a_trial_comes_back_as_it_went_in(archive: Archive) -> None:
    trial = ended(0, workloads=200)
    archive.begin_trial(begun(0))
    assert archive.trial(RUN, 0) == begun(0)
    archive.record_proposal(RUN, 0, 0, trial.candidate, normal_form="nf")
    recorded = archive.record(trial)
    assert recorded == replace(trial, told=0)
    assert archive.trial(RUN, 0) == recorded
    (only,) = archive.trials(RUN)
    assert only == recorded


def test_tells_are_numbered_in_the_order_of_records_and_errored_trials_get_none(archive: Archive) -> None:
    for number in (0, 1, 2):
        archive.begin_trial(begun(number))
    archive.record(ended(2))
    archive.record(replace(begun(0), state=TrialState.ERRORED, reason="lost: the worker ended"))
    archive.record(ended(1))
    assert [(t.number, t.told) for t in archive.trials(RUN, told_order=True)] == [(2, 0), (1, 1)]
    assert [t.number for t in archive.trials(RUN)] == [0, 1, 2]
    archive.begin_trial(begun(0))
    assert [t.number for t in archive.trials(RUN, states=[TrialState.RUNNING])] == [0]
    archive.record(ended(0))
    assert archive.trial(RUN, 0).told == 2
    (incident,) = archive.incidents(RUN)
    assert (incident.number, incident.reason) == (0, "lost: the worker ended")


def test_recording_the_same_trial_again_changes_nothing_and_another_end_is_refused(archive: Archive) -> None:
    trial = ended(0)
    first = archive.record(trial)
    archive.mark_told(RUN, 0, TellStatus.NEW)
    assert archive.record(trial) == replace(first, status=TellStatus.NEW)
    assert len(list(archive.evaluations(run_id=RUN))) == 1
    with pytest.raises(ValueError, match="recorded already, as completed"):
        archive.record(replace(trial, state=TrialState.FAILED))
    with pytest.raises(ValueError, match="has ended already"):
        archive.begin_trial(begun(0))
    with pytest.raises(ValueError, match="is begun, not recorded"):
        archive.record(begun(1))
    with pytest.raises(ValueError, match="begins as running"):
        archive.begin_trial(ended(1))
    assert archive.next_trial(RUN) == 1


def test_a_rejected_trial_has_no_candidate_even_where_an_attempt_had_one(archive: Archive) -> None:
    archive.begin_trial(begun(1))
    archive.record_proposal(RUN, 1, 0, candidate(1), reason="duplicate: of trial 0")
    archive.record(replace(begun(1), state=TrialState.REJECTED, reason="attempts: none new"))
    assert archive.trial(RUN, 1).candidate is None
    assert archive.trial(RUN, 1).kind == "attempts"


def test_a_page_boundary_loses_no_trial(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adrs.archive.trials.PAGE", 3)
    for number in range(7):
        archive.record(ended(number))
    assert [t.number for t in archive.trials(RUN)] == list(range(7))
    assert [t.told for t in archive.trials(RUN, told_order=True)] == list(range(7))


def test_light_trials_hold_all_but_the_results_of_each_workload(archive: Archive) -> None:
    archive.record(ended(0))
    (light,) = archive.trials(RUN, light=True)
    (full,) = archive.trials(RUN)
    assert light.measured.results == ()
    assert replace(light.measured, results=full.measured.results) == full.measured
    assert light.program == full.program


def test_proposals_say_what_was_tried_and_what_became_of_it(archive: Archive) -> None:
    first, second = candidate(1), candidate(2)
    archive.record_proposal(RUN, 1, 0, None, reason="bad_edit: no such line")
    archive.record_proposal(RUN, 1, 1, first, normal_form="form")
    archive.record_proposal(RUN, 2, 0, second, reason="duplicate: same", normal_form="form")
    archive.record_proposal(RUN, 1, 1, None, reason="duplicate: behaves as another")
    one, two, three = archive.proposals(RUN)
    assert (one.program, one.reason) == (None, "bad_edit: no such line")
    assert (two.attempt, two.normal_form, two.program) == (1, "form", first.program.digest)
    assert two.reason == "duplicate: behaves as another"
    assert archive.candidate(three) == second
    assert [p.attempt for p in archive.proposals(RUN, 1)] == [0, 1]
    with pytest.raises(ArchiveError, match="Attempt 0 of trial 1 has no program"):
        archive.candidate(one)


def test_a_trial_that_ended_has_its_proposal_whether_it_was_kept_before_or_not(archive: Archive) -> None:
    kept, other = ended(3), ended(4)
    archive.begin_trial(begun(3))
    archive.record_proposal(RUN, 3, 0, kept.candidate, normal_form="n")
    archive.record(kept)
    archive.record(other)
    found = archive.proposals(RUN)
    assert [(p.number, p.attempt, p.normal_form) for p in found] == [
        (3, kept.attempt, "n"),
        (4, other.attempt, ""),
    ]
    assert [archive.candidate(p) for p in found] == [kept.candidate, other.candidate]


def test_an_answer_is_kept_before_it_is_parsed_and_marked_where_parsing_died(archive: Archive) -> None:
    assert archive.answer(RUN, 1, 0) is None
    hostile = replace(model_call(1), answer="lone \ud800 surrogate and \0 NUL", request="x" * 100_000)
    archive.record_call(RUN, 1, 0, hostile)
    assert archive.calls(RUN, 1) == [hostile]
    answer = archive.answer(RUN, 1, 0)
    assert answer is not None
    assert (answer.text, answer.begun) == (hostile.answer, 0)
    archive.mark_parsing(RUN, 1, 0)
    assert archive.answers(RUN, 1, 0)["propose"].begun == 1
    archive.mark_parsing(RUN, 1, 0)
    assert archive.answers(RUN, 1, 0)["propose"].begun == 2
    archive.mark_parsing(RUN, 1, 0)
    assert archive.answers(RUN, 1, 0)["propose"].begun == 2
    archive.record_call(RUN, 1, 0, model_call(2, role="repair"))
    archive.mark_parsed(RUN, 1, 0, "propose")
    answers = archive.answers(RUN, 1, 0)
    assert {role: a.begun for role, a in answers.items()} == {"propose": 0, "repair": 0}
    assert archive.calls(RUN, 1, attempt=1) == []


@pytest.mark.parametrize("size", [0, 200, 40_000, 200_000])
def test_requests_are_had_back_however_large_the_first_of_the_run_was(
    archive: Archive, place: str, size: int
) -> None:
    sizes = (size, 300, 0, 50_000, 70_000)
    made = [replace(model_call(n), request="ab½ \0"[:each] * (each // 5)) for n, each in enumerate(sizes)]
    for call in made:
        archive.record_call(RUN, 1, 0, call)
    with Archive.open(place) as again:
        assert again.calls(RUN, 1) == made


def test_a_call_that_others_are_packed_against_and_that_is_gone_is_one_sentence(
    archive: Archive, place: str
) -> None:
    for number in (1, 2):
        archive.record_call(RUN, number, 0, model_call(number))
    with archive._engine.begin() as connection:
        connection.execute(schema.model_calls.delete().where(schema.model_calls.c.number == 1))
    with Archive.open(place) as again, pytest.raises(ArchiveError, match=r"lacks call 1, .* damaged"):
        again.calls(RUN, 2)


def test_usage_is_what_the_records_say(archive: Archive) -> None:
    assert archive.usage(RUN) == Usage()
    archive.record(ended(0))
    assert archive.usage(RUN).trials == 0
    archive.record(ended(1))
    archive.record_call(RUN, 1, 0, model_call(1, cost_usd=0.25))
    archive.record_call(RUN, 2, 0, model_call(2, cost_usd=None))
    archive.update_run(RUN, seconds=12.5)
    assert archive.usage(RUN) == Usage(1, 12.5, 0.25, 200, 23, unpriced_calls=1)


def test_runs_are_found_by_what_a_person_types(archive: Archive) -> None:
    other = records.run_record("01JE0000000000000000000000", created_us=records.run_record().created_us + 1)
    archive.create_run(other, records.INITIAL)
    assert archive.run("last") == other
    assert archive.run("01jd") == archive.run(RUN) == records.run_record()
    assert [run.id for run in archive.runs()] == [other.id, RUN]
    assert archive.runs(limit=1) == [other]
    with pytest.raises(ArchiveError, match=r"'01J' means more than one run: 01JD\d+, 01JE\d+; write more"):
        archive.run("01J")
    with pytest.raises(ArchiveError, match="There is no run '01JX'; `adrs runs` lists them"):
        archive.run("01JX")
    with pytest.raises(ArchiveError, match="Did you mean '01JE0000000000000000000000'"):
        archive.run("01JE0000000000000000000009")
    with pytest.raises(ArchiveError, match="There is no run '%'"):
        archive.run("%")


def test_an_archive_without_runs_says_so(place: str) -> None:
    with Archive.open(place) as archive:
        with pytest.raises(ArchiveError, match="has no run yet; `adrs run PROBLEM` makes one"):
            archive.run("last")
        with pytest.raises(ArchiveError, match="the archive has none yet"):
            archive.run("01J")
        with pytest.raises(ArchiveError, match="has no run 01J"):
            archive.usage("01J")


def test_a_run_changes_only_where_it_may(archive: Archive) -> None:
    changed = archive.update_run(
        RUN, state=RunState.PAUSED, champion="c", config={"a": [1]}, stop_reason="you"
    )
    assert changed == archive.run(RUN)
    assert (changed.state, changed.champion, changed.config) == (RunState.PAUSED, "c", {"a": [1]})
    with pytest.raises(ValueError, match="seed cannot be changed"):
        archive.update_run(RUN, seed=4)
    with pytest.raises(ValueError, match="as its initial program"):
        archive.create_run(records.run_record("01JE0000000000000000000000"), candidate(1).program)


def test_programs_are_found_by_the_beginning_of_their_digest(archive: Archive) -> None:
    large = Program.of({"a.py": "x = 1\n" * 20_000, "b/c.py": "é = '𝄞'\n"})
    archive.record_evaluation(RUN, large, evaluation(0), Purpose.VALIDATION)
    assert archive.program(large.digest) == large
    assert archive.program(large.digest[:6].upper()) == large
    with pytest.raises(ArchiveError, match="at least 6 hexadecimal digits"):
        archive.program("abc")
    with pytest.raises(ArchiveError, match="There is no program '000000'"):
        archive.program("000000")


def test_programs_survive_reopening(archive: Archive, place: str) -> None:
    archive.record(ended(5))
    with Archive.open(place, create=False) as again:
        assert again.trial(RUN, 5) == archive.trial(RUN, 5)
        assert again.program(records.INITIAL.digest) == records.INITIAL


def test_evaluations_say_what_they_were_made_with(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adrs.archive.evaluations._BATCH", 1)
    trial = ended(0)
    archive.record(trial)
    with pytest.raises(ValueError, match="evaluator_digest cannot be changed"):
        archive.update_run(RUN, evaluator_digest="new")
    alone = replace(
        evaluation(9), split=Split.VALIDATION, opening=3, isolated=True, differs_when_isolated=True
    )
    archive.record_evaluation(RUN, trial.program, alone, Purpose.VALIDATION)
    own, selected = archive.evaluations(program=trial.program.digest)
    assert (own.number, own.purpose, own.evaluation) == (0, Purpose.TRAIN, trial.evaluation)
    assert (own.problem_digest, own.evaluator_digest) == ("ab" * 32, "cd" * 32)
    assert (selected.number, selected.evaluation, selected.evaluator_digest) == (None, alone, "cd" * 32)
    assert [e.purpose for e in archive.evaluations(run_id=RUN, purpose=Purpose.VALIDATION)] == ["validation"]
    assert list(archive.evaluations(program="ff" * 32)) == []


def test_lineage_leads_back_to_the_initial_program(archive: Archive) -> None:
    archive.record(replace(ended(0), candidate=replace(candidate(0), program=records.INITIAL)))
    archive.record(ended(1))
    child = replace(ended(2), selection=Selection(ended(1).program.digest))
    archive.record(child)
    archive.record(replace(ended(3), selection=Selection(None)))
    archive.record(replace(ended(4), selection=Selection("not recorded")))
    assert [t.number for t in archive.lineage(RUN, 2)] == [0, 1, 2]
    assert [t.number for t in archive.lineage(RUN, 3)] == [0, 3]
    assert [t.number for t in archive.lineage(RUN, 4)] == [4]
    with pytest.raises(ArchiveError, match="has no trial 9; its trials are 0 to 4"):
        archive.lineage(RUN, 9)
    found = archive.trial_of(RUN, child.program.digest)
    assert found is not None
    assert found.number == 2
    assert archive.trial_of(RUN, "ff" * 32) is None


def test_keys_come_from_the_secret_of_this_archive(archive: Archive, tmp_path: Path) -> None:
    key = archive.key(problem(), Split.TEST, 2)
    assert key == hmac.digest(archive._secret, b"spot|1|test|2", hashlib.sha256)
    others = [
        archive.key(problem(), Split.TEST, 3),
        archive.key(problem(), Split.VALIDATION, 2),
        archive.key(problem(version=2), Split.TEST, 2),
    ]
    with Archive.open(tmp_path / "another") as another:
        others.append(another.key(problem(), Split.TEST, 2))
        assert another.key(problem(), Split.TEST, 2) == others[-1]
    assert len({key, *others}) == 5
    assert len(archive._secret) == 16


def test_openings_are_counted_for_each_split(archive: Archive) -> None:
    assert archive.openings("spot", Split.VALIDATION) == 0
    numbers = [archive.new_opening(problem(), Split.VALIDATION, "promotion", "d") for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert archive.new_opening(problem(), Split.TEST, "verify", None) == 1
    assert archive.openings("spot", Split.VALIDATION) == 3
    with pytest.raises(ValueError, match="train has one opening"):
        archive.new_opening(problem(), Split.TRAIN, "x", None)


def test_openings_from_several_threads_are_all_different(archive: Archive) -> None:
    found: list[int] = []

    def draw() -> None:
        for _ in range(10):
            found.append(archive.new_opening(problem(), Split.TEST, "verify", None))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 41))


def test_artifacts_are_kept_in_rows_or_files(archive: Archive) -> None:
    small = archive.add_artifact(RUN, 3, "log.txt", b"hello", "text/plain")
    large = archive.add_artifact(RUN, None, "plot.png", bytes(range(256)) * 300, "image/png")
    assert archive.artifacts(RUN) == [small, large]
    assert archive.artifacts(RUN, 3) == [small]
    assert archive.artifact(small) == b"hello"
    assert archive.artifact(large) == bytes(range(256)) * 300
    with pytest.raises(ArchiveError, match="has no artifact 000000000000"):
        archive.artifact(replace(small, digest="0" * 64))


def test_text_that_no_engine_takes_never_loses_a_record(archive: Archive) -> None:
    strange = replace(candidate(1), summary="NUL \0 and \udfff", edit="é")
    archive.record_proposal(RUN, 1, 0, strange, reason="bad: \0")
    (proposal,) = archive.proposals(RUN)
    assert (proposal.summary, proposal.edit, proposal.reason) == ("NUL ? and ?", "é", "bad: ?")


def test_a_failed_transaction_leaves_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("torn")

    with monkeypatch.context() as patch:
        patch.setattr("adrs.archive.trials._put", fail)
        with pytest.raises(RuntimeError, match="torn"):
            archive.record(ended(1))
    with pytest.raises(ArchiveError, match="it has no trial yet"):
        archive.trial(RUN, 1)
    with pytest.raises(ArchiveError, match="There is no program"):
        archive.program(ended(1).program.digest)
    assert list(archive.evaluations(run_id=RUN)) == []
    archive.record(ended(2))
    archive.record(ended(1))
    assert [t.program for t in archive.trials(RUN)] == [ended(1).program, ended(2).program]


def test_what_is_kept_together_is_one_transaction_and_is_seen_at_once(archive: Archive) -> None:
    commits: list[object] = []
    event.listen(archive._engine, "commit", commits.append)
    with archive.together():
        archive.record(ended(1))
        archive.mark_told(RUN, 1, TellStatus.NEW)
        archive.begin_trial(begun(2))
        assert archive.trial(RUN, 1).status is TellStatus.NEW
        assert commits == []
    assert len(commits) == 1
    assert [trial.state for trial in archive.trials(RUN)] == [ended(1).state, TrialState.RUNNING]
    archive.mark_told(RUN, 1, TellStatus.NOT_ADDED)
    assert len(commits) == 2 + 1, "each by itself again; listing was one more"


def test_of_what_is_kept_together_nothing_is_left_where_something_fails(archive: Archive) -> None:
    def keep_half() -> None:
        with archive.together():
            archive.record(ended(1))
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        keep_half()
    with pytest.raises(ArchiveError, match="it has no trial yet"):
        archive.trial(RUN, 1)
    archive.record(ended(1))
    assert archive.trial(RUN, 1).program == ended(1).program


def test_a_block_inside_of_another_belongs_to_it(archive: Archive) -> None:
    def keep_some() -> None:
        with archive.together():
            with archive.together():
                archive.record(ended(1))
            archive.begin_trial(begun(2))
            assert archive.trial(RUN, 1).program == ended(1).program
            raise RuntimeError("torn")

    with pytest.raises(RuntimeError, match="torn"):
        keep_some()
    assert list(archive.trials(RUN)) == []


def test_another_thread_has_no_part_in_what_is_kept_together(archive: Archive) -> None:
    with ThreadPoolExecutor(1) as pool:
        with archive.together():
            archive.record(ended(1))
            seen = pool.submit(lambda: list(archive.trials(RUN))).result()
        assert seen == []
        assert len(pool.submit(lambda: list(archive.trials(RUN))).result()) == 1
