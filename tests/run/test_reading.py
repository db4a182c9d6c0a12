"""An answer whose reading ended the process twice is not read again; one that was merely interrupted is."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from adrs.errors import ProviderError
from adrs.model.call import ModelCall
from adrs.model.program import Program
from adrs.model.trial import Candidate
from adrs.proposer.contract import Rejected
from adrs.run import resume

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def a_call(answer, role="propose"):
    return ModelCall("m", role, "{}", answer, 1, 1, 0.1, {}, 1, 2)


def die_reading(tmp_path):
    died = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("dies_reading.py")), str(tmp_path / "0")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == 9, died.stderr


def test_a_process_that_died_once_may_have_been_killed_so_that_its_answer_is_read_again(tmp_path, make_rig):
    die_reading(tmp_path)
    rig = make_rig(make=None)
    seen = []

    class Reads(type(rig.proposer)):
        async def propose(self, request, ledger):
            seen.append((request.attempt, dict(request.recorded), request.rejected))
            raise Rejected("bad_edit", "nothing matches")

    rig.proposer = Reads(None)
    rig.work(1, in_flight=1)
    assert seen[0] == (0, {"propose": "deadly"}, ())


def test_an_answer_that_killed_the_process_twice_is_rejected_on_resume(tmp_path, make_rig):
    die_reading(tmp_path)
    die_reading(tmp_path)

    seen = []

    def make(request):
        seen.append((request.attempt, dict(request.recorded), request.rejected))
        return f"gain = 0.0  # trial {request.trial_number}\n"

    rig = make_rig(make=make)  # the same folder: the run is there
    assert rig.archive.answer(RUN, 1, 0).begun == 2
    assert rig.work(1) == "trials"

    reason = "parsing: the process ended twice while it read this answer; it is not read again"
    assert seen == [(1, {}, (reason,))]
    assert rig.trials()[1].attempt == 1


def test_a_recorded_answer_that_kills_the_process_is_marked_too(make_rig):
    rig = make_rig(make=None)
    states = []

    class Reads(type(rig.proposer)):
        async def propose(self, request, ledger):
            if not request.recorded:
                ledger.settle(0.0, a_call("paid for"))
                raise ProviderError("the repair could not be asked for")
            states.append(rig.archive.answer(RUN, 1, 0).begun)
            raise Rejected("bad_edit", "nothing matches")

    rig.proposer = Reads(None)
    rig.work(1, in_flight=1)

    # An error of ours after the answer was read does not mark it: it was used again, marked meanwhile.
    assert states[:1] == [1]


def test_an_answer_is_not_marked_while_its_repair_is_asked_for(make_rig):
    rig = make_rig(make=None)
    states = []

    class Repairs(type(rig.proposer)):
        async def propose(self, request, ledger):
            def marked(role):
                answer = rig.archive.answer(RUN, 1, request.attempt, role)
                return 0 if answer is None else answer.begun

            ledger.settle(0.0, a_call("first"))
            states.append(marked("propose"))
            ledger.reserve(0.0)
            states.append(marked("propose"))
            ledger.settle(0.0, a_call("second", "repair"))
            states.append(marked("repair"))
            raise Rejected("bad_edit", "nothing matches")

    rig.proposer = Repairs(None)
    rig.work(1, in_flight=1)

    assert states[:3] == [1, 0, 1]


def test_a_cancelled_reading_is_no_death(make_rig):
    rig = make_rig(make=None)

    class Cancelled(type(rig.proposer)):
        async def propose(self, request, ledger):
            ledger.settle(0.0, a_call("paid for"))
            raise asyncio.CancelledError

    rig.proposer = Cancelled(None)
    with pytest.raises(asyncio.CancelledError):
        rig.work(1, in_flight=1)

    job = resume.interrupted(rig.archive, RUN)[0]
    assert job.recorded == {"propose": "paid for"}


def test_an_answer_that_waited_for_the_gate_when_all_was_cancelled_was_read(make_rig):
    rig = make_rig(make=None)

    class Answered(type(rig.proposer)):
        async def propose(self, request, ledger):
            ledger.settle(0.0, a_call("paid for"))
            return Candidate(Program.of({"solve.py": "gain = 1.0\n"}), "scripted", "")

    async def cancelled(program):
        assert rig.archive.answer(RUN, 1, 0).begun == 1
        raise asyncio.CancelledError

    rig.proposer = Answered(None)
    rig.cascade.gate = cancelled
    for _ in range(3):  # Ctrl-C there, again and again, is no death of the process
        with pytest.raises(asyncio.CancelledError):
            rig.work(1, in_flight=1)

    job = resume.interrupted(rig.archive, RUN)[0]
    assert job.recorded == {"propose": "paid for"}
    assert rig.archive.answer(RUN, 1, 0).begun == 0
