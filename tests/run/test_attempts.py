"""What a proposer is told of an attempt that was rejected."""

from __future__ import annotations

from collections import defaultdict

from adrs.evaluation.evaluate import Outcome
from adrs.model.trial import TrialState

FAILS = "gain = 7.0\n"


def test_a_copy_of_a_failure_is_told_so_where_that_was_known_when_it_was_asked_for(make_rig):
    told = defaultdict(list)

    def make(request):
        told[request.trial_number] = list(request.rejected)
        copies = request.trial_number == 1 or request.attempt == 0
        return FAILS if copies else f"gain = 1.0  # trial {request.trial_number}\n"

    rig = make_rig(make=make)
    rig.cascade.faults[FAILS] = [Outcome(TrialState.FAILED, "exception: NameError: name 'jobs'")]
    rig.work(6, in_flight=2)

    assert rig.trials()[1].state is TrialState.FAILED
    for number in range(2, 7):
        known = rig.trials()[1].told <= rig.trials()[number].asked_after
        (reason,) = told[number]
        assert reason.startswith("duplicate: the same program as ")
        assert reason.endswith(", which failed: exception: NameError: name 'jobs'") is known
    assert rig.trials()[2].asked_after == 0  # asked for beside the first
