"""Score schedules of transactions: chosen one by one from those pending, or all at once as an order."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluators.contract import (
    Evaluator,
    Invalid,
    Metrics,
    Plain,
    PlanEvaluator,
    PolicyEvaluator,
    Workload,
)
from evaluators.schema import Int, Permutation, Schema
from simulators.txn import OutOfRange, run

from .cases import Case, Known, draw, measured, recorded, why, worst_ticks

_WORST_NAMED = 3


class _Transactions(Evaluator):
    """What both problems share: workloads, bound, reference, worst, feedback."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._known = Known()

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end."""
        return draw(self.params, split, key)

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield workloads from files in the published format.

        Raises:
            BadData: a file cannot be read, or there is none.
        """
        return recorded(path, self.params["search"]["pool"])

    def worst(self, workload: Workload) -> Metrics:
        """Return one transaction after the other: no order takes longer."""
        return {"makespan_ticks": worst_ticks(_case(workload))}

    def bound(self, workload: Workload) -> Metrics:
        """Return the longest chain of locks on one key: no order is done earlier."""
        return {"makespan_ticks": float(self._known.chain(_case(workload)).ticks)}

    def reference(self, workload: Workload) -> Metrics:
        """Return what a good order reaches that is found with every transaction in view."""
        return {"makespan_ticks": float(self._known.reference(_case(workload)))}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three workloads that are furthest above their bound."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {_case(workload).family}: {reason}" for workload, reason in failures[:_WORST_NAMED]]
        ran = [
            (metrics["makespan_ticks"] / self.bound(workload)["makespan_ticks"], _case(workload), metrics)
            for workload, metrics, _ in results
            if metrics is not None
        ]
        ran.sort(key=lambda item: item[0], reverse=True)
        for _, case, metrics in ran[:_WORST_NAMED]:
            known = self._known
            lines.append(
                f"- {why(case, metrics['makespan_ticks'], known.chain(case), known.reference(case))}"
            )
        return "\n".join(lines)


class TxnScheduling(_Transactions, PolicyEvaluator):
    """Online: the policy sees the pending transactions and appends one of them."""

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        case = _case(workload)
        return (len(case.transactions), case.pool)

    def action_schema(self, workload: Workload) -> Schema:
        """Return a place among the pending."""
        return Int(0, _case(workload).pool - 1)

    def simulate(self, workload: Workload) -> Generator[Plain, Plain, Metrics]:
        """Let the policy choose until every transaction is in the schedule.

        Raises:
            Invalid: a place was chosen at which no transaction is pending.
        """
        case = _case(workload)
        try:
            outcome = yield from run(case.transactions, case.pool)
        except OutOfRange as refused:
            raise Invalid(str(refused)) from None
        number = len(case.transactions)
        return {
            **measured(case, outcome.order),
            "greedy_share": outcome.greedy / number,
            "passed_share": outcome.passed,
        }

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how often a choice added least to the makespan, and how far it reached past older ones."""
        ran = [metrics for _, metrics in results if metrics is not None]
        return {
            "greed": _mean([metrics["greedy_share"] for metrics in ran]),
            "reordering": _mean([metrics["passed_share"] for metrics in ran]),
        }


class TxnOffline(_Transactions, PlanEvaluator):
    """Offline: all transactions are known, and the plan is an order of them."""

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        return (_case(workload).transactions,)

    def plan_schema(self, workload: Workload) -> Schema:
        """Every transaction once."""
        return Permutation(len(_case(workload).transactions))

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the makespan of the order, and how far it moved transactions from where they stood."""
        number = len(plan)
        moved = sum(abs(at - here) for here, at in enumerate(plan)) / max(1, number * number / 2)
        return {**measured(_case(workload), plan), "moved_share": moved}

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how far transactions were moved, and how close the makespan is to one after the other."""
        ran = [(self.worst(workload), metrics) for workload, metrics in results if metrics is not None]
        return {
            "moved": _mean([metrics["moved_share"] for _, metrics in ran]),
            "serial": _mean([metrics["makespan_ticks"] / worst["makespan_ticks"] for worst, metrics in ran]),
        }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case
