"""Several processes on one archive, and processes that are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import archive_records as records
import pytest
from archive_records import RUN

from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.model.trial import TrialState

HERE = Path(__file__).resolve().parent
KILLS = 40

WORK = """
    import os, random, signal, sys, time
    sys.path.insert(0, sys.argv[2])
    import archive_records as records
    from adrs.archive.store import Archive
    from adrs.model.trial import TrialState

    def say(*words):
        os.write(1, (" ".join(map(str, words)) + "\\n").encode())

    def work():
        archive = Archive.open(sys.argv[1])
        with archive.run_lock(records.RUN):
            while True:
                one_trial(archive)

    def one_trial(archive):
        begun = [t.number for t in archive.trials(records.RUN, states=[TrialState.RUNNING], light=True)]
        number = begun[0] if begun else archive.next_trial(records.RUN)
        trial = records.ended(number)
        archive.begin_trial(records.begun(number))
        if not archive.calls(records.RUN, number):
            archive.record_call(records.RUN, number, 0, records.model_call(number))
            say("called", number)
        archive.record_proposal(records.RUN, number, 0, trial.candidate, normal_form=f"form {number}")
        if number % 10 == 0:
            archive.add_artifact(records.RUN, number, "log", number.to_bytes(4, "big") * 20_000)
        archive.record(trial)
        say("recorded", number)
"""
WRITE = (
    WORK
    + """
    work()
"""
)
WRITE_AND_KILL = (
    WORK
    + """
    rng = random.Random(int(sys.argv[3]))
    for _ in range(int(sys.argv[4])):
        heard, told = os.pipe()
        writer = os.fork()
        if writer == 0:
            os.dup2(told, 1)
            work()
        os.close(told)
        said = b""
        for _ in range(rng.randrange(1, 5)):
            said += os.read(heard, 4096)
        time.sleep(rng.uniform(0, 0.004))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        while more := os.read(heard, 4096):
            said += more
        os.close(heard)
        os.write(1, said)
"""
)


@contextmanager
def started(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the process ended with {process.wait()}"
    return line.strip()


def new_archive(folder: Path) -> Archive:
    archive = Archive.open(folder)
    archive.create_run(records.run_record(), records.INITIAL)
    return archive


def test_nothing_acknowledged_is_lost_and_nothing_is_torn_by_kill_9(tmp_path: Path) -> None:
    with new_archive(tmp_path) as archive:
        with started(WRITE_AND_KILL, tmp_path, HERE, 20, KILLS) as process:
            acknowledged, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        said = [line.split() for line in acknowledged.splitlines()]
        recorded = {int(number) for word, number in said if word == "recorded"}
        called = [int(number) for word, number in said if word == "called"]
        assert len(said) >= KILLS
        assert len(called) == len(set(called))
        check_trials(archive, recorded)
        check_money(archive, called)
        for artifact in archive.artifacts(RUN):
            assert archive.artifact(artifact) == (artifact.number or 0).to_bytes(4, "big") * 20_000
        with archive._transaction() as session:
            assert session.connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def check_trials(archive: Archive, recorded: set[int]) -> None:
    trials = list(archive.trials(RUN))
    ends = [trial for trial in trials if trial.state is TrialState.COMPLETED]
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert recorded <= {trial.number for trial in ends}
    assert len(trials) - len(ends) <= 1
    assert [trial.told for trial in ends] == list(range(len(ends)))
    for trial in ends:
        expected = records.ended(trial.number)
        assert (trial.program, trial.evaluation) == (expected.program, expected.evaluation)
        (proposal,) = archive.proposals(RUN, trial.number)
        assert (proposal.program, proposal.normal_form) == (trial.program.digest, f"form {trial.number}")


def check_money(archive: Archive, called: list[int]) -> None:
    by_trial = {number: archive.calls(RUN, number) for number in range(archive.next_trial(RUN))}
    assert all(len(by_trial[number]) == 1 for number in called)
    calls = [call for each in by_trial.values() for call in each]
    assert len(calls) >= len(by_trial) - 1
    assert archive.usage(RUN).input_tokens == sum(call.input_tokens for call in calls)
    assert archive.usage(RUN).output_tokens == sum(call.output_tokens for call in calls)


def test_a_reader_sees_whole_trials_while_a_run_writes(tmp_path: Path) -> None:
    seen: list[int] = []
    with new_archive(tmp_path), started(WRITE, tmp_path, HERE) as writer:
        while read_line(writer) != "recorded 3":
            pass
        while not seen or seen[-1] < 30:
            with Archive.open(tmp_path, create=False) as reader:
                told = list(reader.trials(RUN, told_order=True))
            assert [trial.told for trial in told] == list(range(len(told)))
            assert told[-1].evaluation == records.ended(told[-1].number).evaluation
            seen.append(len(told))
    assert seen == sorted(seen)


def test_two_writers_of_two_runs_do_not_disturb_each_other(tmp_path: Path) -> None:
    other = "01JE0000000000000000000000"
    code = """
        import sys
        sys.path.insert(0, sys.argv[2])
        import archive_records as records
        from adrs.archive.store import Archive
        with Archive.open(sys.argv[1]) as archive:
            for number in range(60):
                archive.begin_trial(records.begun(number, sys.argv[3]))
                archive.record(records.ended(number, sys.argv[3]))
    """
    with new_archive(tmp_path) as archive:
        archive.create_run(records.run_record(other), records.INITIAL)
        with started(code, tmp_path, HERE, RUN) as one, started(code, tmp_path, HERE, other) as two:
            assert [one.wait(timeout=60), two.wait(timeout=60)] == [0, 0]
        for run in (RUN, other):
            assert [trial.told for trial in archive.trials(run)] == list(range(60))
            assert archive.trial(run, 59).evaluation == records.ended(59).evaluation


HOLDER = """
    import os, sys, time
    from adrs.archive.store import Archive
    archive = Archive.open(sys.argv[1])
    with archive.run_lock(sys.argv[2]):
        child = os.fork()
        if child == 0:
            os.close(1)
            time.sleep(60)
        print(child, flush=True)
        time.sleep(60)
"""


def test_a_run_is_worked_on_by_one_process_at_a_time(tmp_path: Path) -> None:
    with new_archive(tmp_path) as archive, started(HOLDER, tmp_path, RUN) as holder:
        child = int(read_line(holder))
        try:
            with pytest.raises(ArchiveError, match=f"is being worked on by process {holder.pid}; wait"):
                archive.run_lock(RUN).__enter__()
            with archive.run_lock("01JE0000000000000000000000"):
                pass
            holder.kill()
            holder.wait()
            with archive.run_lock(RUN):  # freed, though a child that the holder forked lives on
                os.kill(child, 0)
                with pytest.raises(ArchiveError, match=f"by process {os.getpid()}"):
                    archive.run_lock(RUN).__enter__()
            with archive.run_lock(RUN):
                pass
        finally:
            os.kill(child, signal.SIGKILL)


def test_each_engine_holds_the_lock_of_a_run(archive: Archive, place: str) -> None:
    busy = pytest.raises(ArchiveError, match="is being worked on by")
    with Archive.open(place) as other, archive.run_lock(RUN), busy:
        other.run_lock(RUN).__enter__()
    with Archive.open(place) as other, other.run_lock(RUN):
        pass


def test_a_thousand_trials_take_less_than_five_megabytes(tmp_path: Path) -> None:
    with new_archive(tmp_path) as archive:
        for number in range(200):
            trial = records.ended(number, workloads=200 if number % 2 else 40)
            archive.begin_trial(records.begun(number))
            archive.record_proposal(RUN, number, 0, trial.candidate, normal_form=trial.program.digest)
            archive.record(trial)
    size = (tmp_path / "archive.sqlite").stat().st_size
    assert size / 200 < 5_000


def test_prompts_that_have_most_in_common_take_a_quarter_of_their_text(tmp_path: Path) -> None:
    def words(seed: int, count: int) -> str:
        return "".join(f"{word:x} " for word in random.Random(seed).sample(range(10**6), count))

    with new_archive(tmp_path) as archive:
        before = (tmp_path / "archive.sqlite").stat().st_size
        for number in range(200):
            asked = replace(
                records.model_call(number),
                request=words(-1, 800) + words(number, 60),
                answer=words(number, 60),
            )
            archive.record_call(RUN, number, 0, asked)
        assert archive.calls(RUN, 150)[0].request == words(-1, 800) + words(150, 60)
    size = (tmp_path / "archive.sqlite").stat().st_size - before
    assert size / 200 < len(words(-1, 800) + words(150, 60)) / 4
