"""The tuner as a proposer, and its seat beside another one."""

import asyncio

import numpy as np
import pytest

from adrs.errors import ConfigError
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection
from adrs.plugins.problems import find_problem, initial_program
from adrs.proposer.contract import Ledger, ProposalRequest, Proposer, Rejected
from adrs.proposer.tuner import EDIT, TunerProposer, WithTuner
from adrs.testing.trials import toy_evaluation, toy_trial


class NoLedger(Ledger):
    def reserve(self, cost_usd):
        raise AssertionError("tuning costs nothing")

    def settle(self, reserved_usd, call):
        raise AssertionError("tuning calls nobody")


class Other(Proposer):
    """Proposes one program, and notes what it was asked."""

    def __init__(self):
        self.asked = []

    async def propose(self, request, ledger):
        self.asked.append(request)
        return Candidate(Program.of({"solver.py": "# other\n"}), "other")


PROBLEM = find_problem("flow_shop")
SOURCE = """from interface import Given


def solve(given: Given, rng):
    # EVOLVE-BLOCK-START
    return 0.5
    # EVOLVE-BLOCK-END
"""
TUNED = Program.of({"solver.py": SOURCE})


async def anything(program):
    return None


def request(parent, *, number=5, **more):
    trial = toy_trial(
        number - 1 if parent is not None else 0, Selection(None), program=parent or initial_program(PROBLEM)
    )
    about = {"attempt": 0, "inspirations": (), **more}
    return ProposalRequest(
        problem=PROBLEM,
        run_id="R",
        trial_number=number,
        parent=trial,
        initial=trial,
        rng=np.random.default_rng(number),
        check=anything,
        **about,
    )


def proposed(proposer, *requests):
    async def all_of_them():
        async with proposer:
            return [await proposer.propose(each, NoLedger()) for each in requests]

    return asyncio.run(all_of_them())


def test_constants_move_and_everything_else_stays():
    one, again, other = proposed(
        TunerProposer({}, 1), request(TUNED), request(TUNED), request(TUNED, number=6)
    )
    assert one == again
    assert one.program != other.program
    assert one.edit == EDIT
    assert one.summary.startswith("constants: 0.5 -> ")
    value = one.summary.rpartition(" ")[2]
    assert one.program.text("solver.py") == TUNED.text("solver.py").replace("0.5", value)


def test_what_was_tried_steers_what_comes():
    tried = []
    for number in range(1, 9):
        program = TUNED.replace("solver.py", SOURCE.replace("0.5", f"{number}.5"))
        evaluation = toy_evaluation([100.0 - number], objective=PROBLEM.primary)
        tried.append(toy_trial(number, Selection(None), program=program, evaluation=evaluation))
    blind, informed = proposed(
        TunerProposer({}, 1), request(TUNED), request(TUNED, inspirations=tuple(tried))
    )
    assert blind.program != informed.program


def test_a_program_without_constants_is_rejected():
    with pytest.raises(Rejected, match="no_constants"):
        proposed(TunerProposer({}, 1), request(None))


def test_a_baseline_comes_as_it_is_first():
    baseline = PROBLEM.spec.baseline[0]
    (first,) = proposed(TunerProposer({"baseline": baseline.name}, 1), request(None, number=1))
    assert first.edit == "baseline"
    assert first.program.text("solver.py") == PROBLEM.file(baseline.file).read_text()
    with pytest.raises(ConfigError, match=r"has no baseline .*Did you mean .Johnson"):
        proposed(TunerProposer({"baseline": "Jonson rule"}, 1), request(None, number=1))


@pytest.mark.parametrize(
    ("options", "says"), [({"baselin": "x"}, "Did you mean 'baseline'"), ({"baseline": 3}, "not 3")]
)
def test_wrong_options_are_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        TunerProposer(options, 1)


def test_beside_another_proposer_it_does_what_the_selection_asks_for():
    other = Other()
    asked, plain = proposed(WithTuner(other, 1), request(TUNED, target={"edit": EDIT}), request(TUNED))
    assert (asked.edit, plain.edit) == (EDIT, "other")
    assert len(other.asked) == 1


def test_what_cannot_be_tuned_is_left_to_the_other_without_the_tuners_history():
    other = Other()
    history = (toy_trial(1, Selection(None)),)
    hopeless = request(
        None, target={"edit": EDIT}, attempt=1, rejected=("no_constants: none",), inspirations=history
    )
    late = request(TUNED, target={"edit": EDIT}, attempt=5, inspirations=history)
    answers = proposed(WithTuner(other, 1), hopeless, late)
    assert [answer.edit for answer in answers] == ["other", "other"]
    assert [asked.inspirations for asked in other.asked] == [(), ()]


def test_an_answer_recorded_before_an_interruption_is_used_and_has_no_part_of_the_tuners_history():
    other = Other()
    resumed = request(
        TUNED,
        target={"edit": EDIT},
        attempt=1,
        rejected=("no_constants: none",),
        recorded={"propose": "an answer"},
        inspirations=(toy_trial(1, Selection(None)),),
    )
    (answer,) = proposed(WithTuner(other, 1), resumed)
    assert answer.edit == "other"
    assert [(asked.inspirations, asked.recorded) for asked in other.asked] == [((), {"propose": "an answer"})]
