"""From what an evaluator computed to the results of a group: whose fault, and never better than checked."""

from __future__ import annotations

import itertools
import math
import operator
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from evaluators.contract import BadData, Evaluator, Invalid, Metrics, Workload
from evaluators.control import Refusal
from evaluators.schema import Refused

T = TypeVar("T")

KINDS = frozenset({"syntax", "forbidden", "exception", "invalid", "timeout", "memory", "output", "crash"})
"""How a candidate can fail; the same words as `adrs.model.evaluation.FailureKind`."""
_REASON_CHARS = 300
_COMPLAINTS = 20
"""How many tracebacks a worker writes in its life: nobody may be reading, and a candidate can cause many."""
_complaints = itertools.count()


@dataclass(frozen=True)
class Failure:
    """Why a workload counts its worst."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Objective:
    """A number that is searched on."""

    name: str
    direction: Literal["minimize", "maximize"]

    def clamp(self, value: float, worst: float) -> float:
        """Return `value`, or `worst` where it is beyond."""
        return min(value, worst) if self.direction == "minimize" else max(value, worst)


def one_line(text: str, most: int = _REASON_CHARS) -> str:
    """Return text as one printable line of bounded length."""
    kept = "".join(char if char.isprintable() else " " for char in text[: 2 * most])
    return " ".join(kept.split())[:most]


def _complain() -> None:
    """Write the exception that is handled now to standard error, for the problem's author."""
    if next(_complaints) < _COMPLAINTS:
        sys.stderr.write(traceback.format_exc(limit=-4)[-1500:])


@contextmanager
def authored(what: str) -> Iterator[None]:
    """Turn whatever an evaluator's own method raises into one sentence: no candidate has had a hand in it.

    Raises:
        Refusal: always in place of what was raised.
    """
    try:
        yield
    except Refusal:
        raise
    except BadData as error:
        raise Refusal(str(error)) from None
    except Exception as error:
        _complain()
        raise Refusal(
            f"The evaluator failed in {what}: {one_line(f'{type(error).__name__}: {error}')}."
        ) from error


def blamed(call: Callable[[], T]) -> T | Failure:
    """Return what a call on a candidate's answer gives; whatever it raises is the candidate's failure.

    An evaluator that fails on an answer may be at fault itself; the pool finds out by running the initial
    program.
    """
    try:
        return call()
    except (Invalid, Refused) as error:
        return Failure("invalid", one_line(str(error)))
    except StopIteration:
        raise
    except Exception as error:  # noqa: BLE001  (design.md section 3: anything while an answer is scored counts worst)
        _complain()
        return Failure("invalid", f"the evaluator raised {type(error).__name__} on this answer")


class Results:
    """The results of one group, in the order of its indices."""

    def __init__(
        self, evaluator: Evaluator, objectives: list[Objective], group: Mapping[int, Workload]
    ) -> None:
        """Ask the evaluator for what a failure counts, before any candidate runs.

        Raises:
            Refusal: the evaluator has no finite worst for every objective.
        """
        self._objectives = objectives
        self._group = group
        self._worst = {index: worst_of(evaluator, objectives, group[index]) for index in group}
        self._found: dict[int, dict[str, Any]] = {}

    def score(self, index: int, metrics: Metrics | Failure) -> None:
        """Keep what the evaluator computed: each objective clamped to its worst, the rest beside it."""
        if not isinstance(metrics, Failure):
            metrics = _checked(metrics, self._objectives)
        if isinstance(metrics, Failure):
            self.fail(index, metrics)
            return
        worst = self._worst[index]
        values = {each.name: each.clamp(metrics[each.name], worst[each.name]) for each in self._objectives}
        others = {name: value for name, value in metrics.items() if name not in values}
        self._keep(index, values, others, None)

    def fail(self, index: int, failure: Failure) -> None:
        """Count a workload its worst."""
        self._keep(index, dict(self._worst[index]), {}, {"kind": failure.kind, "reason": failure.reason})

    def fail_rest(self, failure: Failure) -> None:
        """Count every workload that has no result yet its worst."""
        for index in self._group:
            if index not in self._found:
                self.fail(index, failure)

    def fail_all(self, failure: Failure) -> None:
        """Count every workload its worst, also those that had a result."""
        for index in self._group:
            self.fail(index, failure)

    def listed(self) -> list[dict[str, Any]]:
        """Return the results in the order of the group."""
        return [self._found[index] for index in self._group]

    def _keep(self, index: int, values: Any, metrics: Any, failure: Any) -> None:
        self._found[index] = {
            "index": index,
            "cell": self._group[index].cell,
            "values": values,
            "metrics": metrics,
            "failure": failure,
        }


def worst_of(evaluator: Evaluator, objectives: list[Objective], workload: Workload) -> dict[str, float]:
    """Return what a failed workload counts, for each objective.

    Raises:
        Refusal: the evaluator raised, or what it returned is not finite.
    """
    with authored("worst()"):
        found = _checked(evaluator.worst(workload), objectives)
        if isinstance(found, Failure):
            raise Refusal(f"The evaluator's worst() is wrong: {found.reason}.")
        return {each.name: found[each.name] for each in objectives}


def _checked(metrics: Any, objectives: list[Objective]) -> dict[str, float] | Failure:
    """Return metrics as finite floats, every objective among them."""
    if not isinstance(metrics, Mapping):
        return Failure("invalid", f"the evaluator returned a {type(metrics).__name__}, not metrics")
    try:
        # Not float(value) alone: that would read text.
        found = {str(name): float(operator.mul(value, 1.0)) for name, value in metrics.items()}
    except (TypeError, ValueError, OverflowError):
        return Failure("invalid", "the evaluator returned a metric that is no number")
    for name, value in found.items():
        if not math.isfinite(value):
            return Failure("invalid", one_line(f"the metric {name} is {value}, which is not finite"))
    missing = [each.name for each in objectives if each.name not in found]
    if missing:
        return Failure("invalid", f"the evaluator returned no {missing[0]}")
    return found
