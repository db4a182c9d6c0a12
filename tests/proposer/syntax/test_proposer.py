from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from adrs.errors import ConfigError
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.proposer.contract import Rejected
from adrs.proposer.syntax import SyntaxProposer
from adrs.proposer.syntax.edits import EDITS


def proposed(requests, ledger, options=None, workers=1):
    async def run():
        proposer = SyntaxProposer(options or {}, workers)
        await proposer.start()
        try:
            return await asyncio.gather(
                *(proposer.propose(r, ledger) for r in requests), return_exceptions=True
            )
        finally:
            await proposer.close()

    return asyncio.run(run())


def test_a_candidate_comes_out_of_a_worker_process(make_request, ledger, policy):
    (candidate,) = proposed([make_request()], ledger)
    assert candidate.program.text("policy.py") != policy
    assert set(candidate.edit.split("+")) <= set(EDITS)
    assert candidate.summary
    assert ledger.events == []


def test_the_same_stream_gives_the_same_candidates_whatever_runs_beside(make_request, ledger):
    def requests():
        return [make_request(rng=np.random.default_rng(seed)) for seed in range(12)]

    alone = proposed(requests(), ledger, workers=1)
    together = proposed(requests(), ledger, workers=3)
    assert alone == together
    assert len({candidate.program.digest for candidate in alone}) > 8


def test_inspirations_are_what_is_crossed_with(make_request, make_trial, ledger, policy):
    other = make_trial(Program.of({"policy.py": policy.replace("> 2", "> 1234")}), 3)
    only = {"weights": {name: 0.0 for name in EDITS if name != "cross_expression"} | {"number": 1e-9}}
    (candidate,) = proposed([make_request(inspirations=(other,))], ledger, only)
    assert "1234" in candidate.program.text("policy.py")
    assert "cross_expression" in candidate.edit


def test_only_declared_files_change(make_request, make_trial, ledger, policy, problem):
    head = problem.spec.problem.model_copy(update={"editable": ("b.py",)})
    narrow = Problem(
        spec=problem.spec.model_copy(update={"problem": head}), folder=problem.folder, digest="1" * 64
    )
    parent = make_trial(Program.of({"policy.py": policy, "b.py": policy}))
    requests = [
        make_request(problem=narrow, parent=parent, rng=np.random.default_rng(seed)) for seed in range(8)
    ]
    for candidate in proposed(requests, ledger):
        assert candidate.program.text("policy.py") == policy
        assert candidate.program.text("b.py") != policy


def test_the_interface_of_the_problem_is_used(make_request, ledger, problem):
    (problem.folder / "interface.py").write_text("def urgency_s(given: float) -> float:\n    return 1.0\n")
    source = (
        "from interface import urgency_s\n\n\n"
        "def solve(left_s: float):\n    if left_s > 3.0:\n        return 1\n    return 0\n"
    )
    weights = {name: 0.0 for name in EDITS if name != "guard"}
    requests = [make_request(source, rng=np.random.default_rng(seed)) for seed in range(20)]
    texts = [
        c.program.text("policy.py") for c in proposed(requests, ledger, {"weights": weights, "paired": 0})
    ]
    assert any("urgency_s(left_s)" in text for text in texts)


def test_what_cannot_be_edited_is_rejected(make_request, make_trial, ledger):
    (outcome,) = proposed([make_request("def f(:\n")], ledger)
    assert isinstance(outcome, Rejected)
    assert outcome.kind == "bad_edit"
    parent = replace(make_trial(Program.of({"a.py": "x = 1\n"})), candidate=None)
    (outcome,) = proposed([make_request(parent=parent)], ledger)
    assert isinstance(outcome, Rejected)


def test_a_text_that_kills_the_parser_costs_one_proposal(make_request, ledger):
    deep = "x = " + "-" * 90_000 + "1\n"
    first, second = proposed([make_request(deep), make_request()], ledger)
    assert isinstance(first, Rejected)
    assert second.program.text("policy.py")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pared": 0.5}, "no option 'pared'.*Did you mean 'paired'"),
        ({"paired": 2}, "between 0 and 1, not 2"),
        ({"paired": True}, "between 0 and 1, not True"),
        ({"weights": 3}, "table of numbers by edit, not 3"),
        ({"weights": {"gaurd": 1}}, "no edit 'gaurd'.*Did you mean 'guard'"),
        ({"weights": {"guard": -1}}, "'guard' must be a number between 0 and 1000, not -1"),
        ({"weights": dict.fromkeys(EDITS, 0)}, "leave at least one on"),
    ],
)
def test_wrong_options_are_named(options, says):
    with pytest.raises(ConfigError, match=says):
        SyntaxProposer(options, 1)


def test_weights_of_a_person_take_the_place_of_those_of_the_options(make_request, ledger):
    off = dict.fromkeys(EDITS, 0.0)
    requests = [
        make_request(weights={"guard": 0.0, "number": 1.0}, rng=np.random.default_rng(n)) for n in range(8)
    ]
    made = proposed(requests, ledger, {"weights": off | {"guard": 1.0}, "paired": 0})

    assert {each.edit for each in made} == {"number"}
    weighed = SyntaxProposer.weighed({"weights": {"guard": 0.0}}, {"number": 2})
    assert (weighed["guard"], weighed["number"], weighed["wrap"]) == (0.0, 2.0, 1.0)
    assert list(weighed) == list(EDITS)
    with pytest.raises(ConfigError, match="no edit 'gaurd'"):
        SyntaxProposer.weighed({}, {"gaurd": 1.0})
    with pytest.raises(ConfigError, match="leave at least one on"):
        SyntaxProposer.weighed({"weights": off | {"number": 1.0}}, {"number": 0.0})
