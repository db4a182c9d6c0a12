"""Run one program on a group of workloads, over a channel to the child that holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.channel import Channel, ChannelFailure, State
from evaluators.contract import Evaluator, Metrics, Plain, PlanEvaluator, PolicyEvaluator, Workload
from evaluators.control import Refusal
from evaluators.schema import Check, checker
from evaluators.scoring import KINDS, Failure, Results, authored, blamed, one_line
from evaluators.wire import REQUEST, WireError, encode

_DIGEST_BYTES = 16
_KIND_OF_STATE: Mapping[State, str] = {"closed": "crash", "timeout": "timeout", "output": "output"}


@dataclass
class Group:
    """What is run: the workloads by index, the seeds of the candidate's random numbers, and the results."""

    evaluator: Evaluator
    workloads: Mapping[int, Workload]
    seeds: Mapping[int, bytes]
    results: Results


def run_group(group: Group, channel: Channel) -> tuple[State, str]:
    """Ask the program for every workload of the group, and fill in the results.

    Returns:
        How the channel ended, and the digest of everything that the program answered.

    Raises:
        Refusal: the evaluator failed where no candidate had a hand in it.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    run = _lockstep if isinstance(group.evaluator, PolicyEvaluator) else _plans
    state: State = "ok"
    try:
        run(group, channel, lambda answer: digest.update(encode(answer, REQUEST)))
        channel.finish()
    except WireError as error:
        raise Refusal(f"What the evaluator hands out cannot be sent: {error}.") from None
    except ChannelFailure as failure:
        state = failure.state
        blame = Failure(_KIND_OF_STATE[state], failure.reason)
        # A program that forges frames has earned nothing; one that dies keeps what it had finished.
        (group.results.fail_all if state == "output" else group.results.fail_rest)(blame)
    return state, digest.hexdigest()


def _plans(group: Group, channel: Channel, saw: Callable[[Any], None]) -> None:
    evaluator = group.evaluator
    assert isinstance(evaluator, PlanEvaluator)  # noqa: S101  (the loader lets only two kinds through)
    for index, workload in group.workloads.items():
        with authored("given() or plan_schema()"):
            given, check = evaluator.given(workload), checker(evaluator.plan_schema(workload), "plan")
        answers, failures = _answer(channel.ask(("plan", given, group.seeds[index])), 1)
        metrics: Metrics | Failure
        if 0 in failures:
            metrics = failures[0]
        else:
            metrics = blamed(lambda: _score(evaluator, workload, check, answers[0], saw))  # noqa: B023
        group.results.score(index, metrics)


def _score(
    evaluator: PlanEvaluator, workload: Workload, check: Check, plan: Plain, saw: Callable[[Any], None]
) -> Metrics:
    plan = check(plan)
    saw(plan)
    return evaluator.score(workload, plan)


class _Run:
    """One simulation that waits for an action."""

    __slots__ = ("check", "index", "observation", "slot", "steps")

    def __init__(self, evaluator: PolicyEvaluator, workload: Workload, index: int, slot: int) -> None:
        self.index = index
        self.slot = slot
        self.check: Check = checker(evaluator.action_schema(workload), "action")
        self.steps: Generator[Plain, Plain, Metrics] = evaluator.simulate(workload)
        self.observation: Plain = None


def _lockstep(group: Group, channel: Channel, saw: Callable[[Any], None]) -> None:
    """Advance all simulations together: one message a step holds the observations of all that wait."""
    evaluator = group.evaluator
    assert isinstance(evaluator, PolicyEvaluator)  # noqa: S101  (the loader lets only two kinds through)
    waiting = _begin(evaluator, group)
    with authored("given()"):
        givens = [evaluator.given(group.workloads[run.index]) for run in waiting]
    seeds = [group.seeds[run.index] for run in waiting]
    _, failures = _answer(channel.ask(("start", givens, seeds)), 0, len(waiting))
    waiting = _drop(waiting, failures, group.results)
    slots: list[int] | None = [run.slot for run in waiting]
    while waiting:
        request = ("step", slots, [run.observation for run in waiting])
        actions, failures = _answer(channel.ask(request), len(waiting))
        slots = None  # the child keeps who waits until told otherwise
        if failures:
            actions = [action for at, action in enumerate(actions) if at not in failures]
            waiting = _drop(waiting, failures, group.results)
        going = _advance(waiting, actions, group.results, saw)
        if failures or len(going) != len(waiting):
            slots = [run.slot for run in going]
        waiting = going


def _begin(evaluator: PolicyEvaluator, group: Group) -> list[_Run]:
    """Bring every simulation to its first observation, before the program has any influence."""
    waiting: list[_Run] = []
    for index, workload in group.workloads.items():
        with authored("simulate() before the first action"):
            run = _Run(evaluator, workload, index, len(waiting))
            try:
                run.observation = next(run.steps)
            except StopIteration as end:
                group.results.score(index, end.value)
            else:
                waiting.append(run)
    return waiting


def _advance(
    waiting: list[_Run], actions: list[Any], results: Results, saw: Callable[[Any], None]
) -> list[_Run]:
    """Give each simulation its action; return those that wait for another."""
    going, taken = [], []
    for run, action in zip(waiting, actions, strict=True):
        try:
            action = run.check(action)
            taken.append(action)
            run.observation = run.steps.send(action)
        except StopIteration as end:
            results.score(run.index, end.value)
        except Exception as error:  # noqa: BLE001  (blamed() says whose fault it is, and it is slow)
            results.score(run.index, blamed(_raising(error)))
        else:
            going.append(run)
    saw(taken)
    return going


def _raising(error: Exception) -> Callable[[], Metrics]:
    def call() -> Metrics:
        raise error

    return call


def _drop(waiting: list[_Run], failures: Mapping[int, Failure], results: Results) -> list[_Run]:
    for at, failure in failures.items():
        results.fail(waiting[at].index, failure)
    return [run for at, run in enumerate(waiting) if at not in failures]


def _answer(answer: Any, count: int, slots: int | None = None) -> tuple[list[Any], dict[int, Failure]]:
    """Take an answer apart: so many answers, and failures by position.

    Raises:
        ChannelFailure: it has another shape.
    """
    if (
        type(answer) is not tuple
        or len(answer) != 2
        or type(answer[0]) is not list
        or type(answer[1]) is not list
    ):
        raise ChannelFailure("output", "an answer of another shape")
    answers, told = answer
    if len(answers) != count:
        raise ChannelFailure("output", f"{len(answers)} answers to {count} questions")
    positions = count if slots is None else slots
    return answers, dict(_failure(item, positions) for item in told)


def _failure(told: Any, positions: int) -> tuple[int, Failure]:
    if type(told) is tuple and tuple(map(type, told)) == (int, str, str):
        at, kind, reason = told
        if 0 <= at < positions and kind in KINDS:
            return at, Failure(kind, one_line(reason))
    raise ChannelFailure("output", "a failure of another shape")
