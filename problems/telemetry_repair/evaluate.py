"""Score repaired interface counters by how many are right, and by how well the confidences tell which."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import Invalid, Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Float, Int, ListOf, Schema, TupleOf
from simulators.telemetry import KINDS, known_mask, within

from .cases import Case, Source

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOST_MBPS = 1e15
_CALIBRATION_TOLERANCE = 0.2
"""Of the published calibration score, as its thresholds below."""


class TelemetryRepair(PlanEvaluator):
    """The candidate answers rates and confidences by interface; everything else is derived from them."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and an empty cache."""
        super().__init__(params, folder)
        self._source = Source(params)
        self._references: dict[str, dict[str, float]] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        for index in itertools.count():
            rng = np.random.default_rng(workload_rng(key, index, split).getrandbits(128))
            cell = self._source.cell(split, index)
            case = self._source.draw(cell, rng, f"{split}/{key.hex()}/{index}")
            yield Workload(case, f"network={cell['networks']},faults={cell['mixes']}")

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield workloads from tables of counters and traffic matrices: a file, or a folder of them.

        Faults that a table records are kept; where it records none, and for matrices, faults are put in as in
        training, the mixes in turn.

        Raises:
            BadData: there is no such file, or it cannot be read.
        """
        return self._source.recorded(path)

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        case = _case(workload)
        read, router = case.damage.readings, case.network.router_of
        return (
            tuple(router.tolist()),
            tuple(case.network.peer.tolist()),
            tuple(float(length) for length in case.network.length_km for _ in range(2)),
            tuple(read.rx.tolist()),
            tuple(read.tx.tolist()),
            tuple(read.up.tolist()),
            tuple(read.entering[router].tolist()),
            tuple(read.leaving[router].tolist()),
            self.params["noise_share"],
            self.params["tolerance_share"],
            self.params["floor_mbps"],
        )

    def plan_schema(self, workload: Workload) -> Schema:
        """Return the schema of the repairs: an interface, two rates and two confidences each."""
        count = _case(workload).network.interfaces
        rate, confidence = Float(0.0, _MOST_MBPS), Float(0.0, 1.0)
        return ListOf(TupleOf(Int(0, count - 1), rate, rate, confidence, confidence), max_len=count)

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return how many counters are right, how well the confidences fit, and what was missed.

        A counter of an interface that is not answered is wrong with full confidence.

        Raises:
            Invalid: an interface is answered twice.
        """
        case = _case(workload)
        answered = {repair[0]: repair[1:] for repair in plan}
        if len(answered) < len(plan):
            twice = next(at for at in answered if sum(repair[0] == at for repair in plan) > 1)
            raise Invalid(f"interface {twice} is answered twice")
        rates, confidence = np.zeros((2, case.network.interfaces)), np.ones((2, case.network.interfaces))
        omitted = np.ones(case.network.interfaces, dtype=np.bool_)
        for at, (rx, tx, rx_sure, tx_sure) in answered.items():
            rates[:, at], confidence[:, at], omitted[at] = (rx, tx), (rx_sure, tx_sure), False
        right = self._right(case, rates) & ~omitted
        return {
            **losses(right, confidence),
            "graded_accuracy": _graded(case, rates, omitted),
            "status_accuracy": self._status(case, rates, omitted),
            "changed_share": float((~self._close(_read(case), rates)).mean()),
            "mean_confidence": float(confidence.mean()),
            "wrong_confidence": float(confidence[~right].mean()) if not right.all() else 0.0,
            "published_score": self._published(case, rates, confidence, omitted),
            "omitted": float(omitted.sum()),
            **_missed(case, right),
        }

    def worst(self, workload: Workload) -> Metrics:
        """Return what an answer without interfaces gets: nothing is right, with full confidence."""
        return {"accuracy": 0.0, "brier_loss": 1.0}

    def reference(self, workload: Workload) -> Metrics:
        """Return what the best linear estimate gets that is told which counters are faulty."""
        case = _case(workload)
        if case.token not in self._references:
            found = known_mask(case.network, case.damage, case.up, self.params["noise_share"])
            sure = within(found, self.params["tolerance_share"], self.params["floor_mbps"])
            rates, confidence = (np.stack((each[case.network.peer], each)) for each in (found.link, sure))
            reached = losses(self._right(case, rates), confidence)
            self._references[case.token] = {name: reached[name] for name in ("accuracy", "brier_loss")}
        return self._references[case.token]

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how many counters the program changes, and how sure it is."""
        ran = [metrics for _, metrics in results if metrics is not None]
        if not ran:
            return {"changed": 1.0, "confidence": 1.0}
        return {
            "changed": sum(metrics["changed_share"] for metrics in ran) / len(ran),
            "confidence": sum(metrics["mean_confidence"] for metrics in ran) / len(ran),
        }

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three workloads furthest from their references, and why."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {workload.cell}: {reason}" for workload, reason in failures[:3]]
        gaps = [
            (metrics["accuracy"] - self.reference(workload)["accuracy"], at, workload, metrics)
            for at, (workload, metrics, _) in enumerate(results)
            if metrics is not None
        ]
        gaps.sort(key=lambda gap: gap[:2])
        lines += [f"- {self._loss(workload, metrics)}" for _, _, workload, metrics in gaps[:3]]
        return "\n".join(lines)

    def _close(self, true: Floats, rates: Floats) -> Bools:
        allowed = self.params["tolerance_share"] * true + self.params["floor_mbps"]
        close: Bools = np.abs(rates - true) <= allowed
        return close

    def _right(self, case: Case, rates: Floats) -> Bools:
        return self._close(np.stack((case.true.rx, case.true.tx)), rates)

    def _status(self, case: Case, rates: Floats, omitted: Bools) -> float:
        """Return the share of interfaces whose state is as the answered rates say: up where traffic is."""
        said = rates.max(axis=0) > self.params["floor_mbps"]
        return float(((said == np.repeat(case.up, 2)) & ~omitted).mean())

    def _published(self, case: Case, rates: Floats, confidence: Floats, omitted: Bools) -> float:
        """Return the published score: 0.75 graded accuracy, 0.05 status, 0.2 its calibration score."""
        true = np.stack((case.true.rx, case.true.tx))
        error = np.abs(rates - true) / np.maximum(np.maximum(true, rates), 1.0)
        good = np.where(confidence > 0.7, 1.0, 0.5 + (confidence - 0.3) * 1.25)
        bad = np.where(confidence < 0.3, 0.8, np.maximum(0.0, 0.8 - 2.0 * confidence * error))
        score = np.clip(np.where(error < _CALIBRATION_TOLERANCE, good, bad), 0.0, 1.0)
        calibrated = float(np.where(omitted, 0.0, score).mean())
        graded, status = _graded(case, rates, omitted), self._status(case, rates, omitted)
        return 0.75 * graded + 0.05 * status + 0.2 * calibrated

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        case = _case(workload)
        return (
            f"{case.network.name}, {len(case.network.routers)} routers, links down {int((~case.up).sum())}, "
            f"faults {workload.cell.partition('faults=')[2]}: {metrics['accuracy']:.1%} of "
            f"{2 * case.network.interfaces} counters right, with the faults known "
            f"{self.reference(workload)['accuracy']:.1%}; of faulty ones {metrics['faulty_accuracy']:.1%}, "
            f"of healthy ones {metrics['healthy_accuracy']:.1%}. {_why(metrics)}"
        )


def losses(right: Bools, confidence: Floats) -> dict[str, float]:
    """Return accuracy, Brier score and Brier loss.

    The Brier score alone is best for who is wrong everywhere and says so. So its mean with the share of wrong
    counters is what is minimised: of a counter that is right with probability p it is least, in expectation,
    at confidence p, and no wrong counter costs less than any right one.
    """
    accuracy = float(right.mean())
    brier = float(np.square(confidence - right).mean())
    return {"accuracy": accuracy, "brier_loss": 0.5 * (brier + 1.0 - accuracy), "brier": brier}


def _read(case: Case) -> Floats:
    return np.stack((case.damage.readings.rx, case.damage.readings.tx))


def _graded(case: Case, rates: Floats, omitted: Bools) -> float:
    """Return one minus the mean relative error, of counters whose truth is not zero, each at most one."""
    true = np.stack((case.true.rx, case.true.tx))
    error = np.minimum(1.0, np.abs(rates - true) / np.maximum(true, 1e-9))
    counted = np.where(omitted, 1.0, error)[true > 0.0]
    return 1.0 - float(counted.mean()) if counted.size else 1.0


def _missed(case: Case, right: Bools) -> dict[str, float]:
    """Return how many counters are wrong by what was wrong with them, and the accuracy on both sorts."""
    mask = np.stack((case.damage.mask("rx"), case.damage.mask("tx")))
    missed = {f"missed_{kind}": 0.0 for kind in (*KINDS, "recorded")}
    for fault in case.damage.faults:
        sides = ((0 if field == "rx" else 1, at) for field, at in fault.touches if field in ("rx", "tx"))
        missed[f"missed_{fault.kind}"] += sum(not right[side] for side in sides)
    return {
        "faulty_accuracy": float(right[mask].mean()) if mask.any() else 1.0,
        "healthy_accuracy": float(right[~mask].mean()) if not mask.all() else 1.0,
        **missed,
        "missed_healthy": float((~right & ~mask).sum()),
    }


_REASONS: Mapping[str, str] = {
    "healthy": "were healthy: what was right was changed",
    "drop": "had been set to zero",
    "scale": "had been scaled",
    "stale": "showed what they had shown hours before: both counters of an interface, near to the truth",
    "swap": "had been exchanged with others of the same router",
    "correlated": "were of routers all of whose counters, to outside too, were wrong at once",
    "vendor": "were of several routers with the same factor: both ends of a link agree, and are wrong",
    "lying": "were of interfaces that lie about their link's state",
    "recorded": "were faulty in the recording",
}


def _why(metrics: Metrics) -> str:
    missed = {kind: metrics[f"missed_{kind}"] for kind in _REASONS if metrics[f"missed_{kind}"]}
    if not missed:
        return "No counter is wrong."
    most = sorted(missed, key=missed.__getitem__, reverse=True)[:2]
    why = f"Of {sum(missed.values()):.0f} wrong counters "
    why += "; ".join(f"{missed[kind]:.0f} {_REASONS[kind]}" for kind in most) + "."
    if metrics["wrong_confidence"] > 0.5:
        why += f" Confidence in the wrong ones is {metrics['wrong_confidence']:.2f}: too sure."
    return why


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case
