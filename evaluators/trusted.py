"""The trusted worker: holds the evaluator, the workloads and the truth, and never a program.

Run as `python -m evaluators.trusted --control-fd N`; it serves the control frames of
docs/reference/workers.md.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evaluators.channel import Channel
from evaluators.contract import Evaluator, Metrics, Workload
from evaluators.control import ControlEnd, Refusal, close_all, serve
from evaluators.group import Group, run_group
from evaluators.keys import candidate_seed
from evaluators.loader import load_evaluator
from evaluators.scoring import Objective, Results, authored, worst_of

_SOURCES_KEPT = 8
_FEEDBACK_CHARS = 8000


class _Source:
    """The workloads of one split under one key, or of recorded data; drawn once, as far as needed."""

    def __init__(self, evaluator: Evaluator, request: Mapping[str, Any]) -> None:
        self.key = b"" if request.get("data") else bytes.fromhex(str(request["key"]))
        with authored("workloads()"):
            self._more: Iterator[Workload] = iter(
                evaluator.recorded(Path(request["data"]))
                if request.get("data")
                else evaluator.workloads(str(request["split"]), self.key)
            )
        self._drawn: list[Workload] = []

    def first(self, count: int) -> list[Workload]:
        """Return the first workloads, fewer where there are no more."""
        try:
            with authored("workloads()"):
                self._drawn.extend(itertools.islice(self._more, max(0, count - len(self._drawn))))
        except Refusal:
            # A generator that raised has ended: what it would say next time is "no more".
            self._more = iter(())
            raise
        return self._drawn[:count]

    def chosen(self, indices: list[int]) -> dict[int, Workload]:
        """Return workloads by index, in the order asked for."""
        if not indices or any(type(index) is not int or index < 0 for index in indices):
            raise Refusal(f"The indices {indices!r} name no workloads.")
        drawn = self.first(max(indices) + 1)
        if max(indices) >= len(drawn):
            raise Refusal(f"Workload {max(indices)} was asked for; there are {len(drawn)}.")
        return {index: drawn[index] for index in indices}


class TrustedWorker:
    """Answers control frames; every handler takes the request and the descriptors that came with it."""

    def __init__(self) -> None:
        """Start without a problem; `hello` names it."""
        self._evaluator: Evaluator | None = None
        self._objectives: list[Objective] = []
        self._sources: OrderedDict[tuple[str, str], _Source] = OrderedDict()

    def serve(self, control: socket.socket) -> None:
        """Answer until the pool closes the control socket."""
        handlers = {
            "hello": self.hello,
            "workloads": self.workloads,
            "run": self.run,
            "summary": self.summary,
            "bounds": self.bounds,
        }
        serve(control, handlers)

    def hello(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Load a problem's evaluator."""
        close_all(fds)
        base = Path(request["base"]) if request.get("base") else None
        self._sources.clear()
        self._objectives = [Objective(each["name"], each["direction"]) for each in request["objectives"]]
        self._evaluator = load_evaluator(
            Path(request["problem"]), base, request["evaluator"], request.get("params") or {}
        )
        return {"python": platform.python_version(), "libraries": _versions()}

    def workloads(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Draw workloads; answer with what may be known of each: its cell and what it shares."""
        close_all(fds)
        drawn = self._source(request).first(int(request["count"]))
        return {"cells": [each.cell for each in drawn], "shares": [each.shares for each in drawn]}

    def run(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Run the program at the other end of the channel on some workloads."""
        if len(fds) != 1:
            close_all(fds)
            raise Refusal(f"run needs one descriptor; {len(fds)} came.")
        began = time.monotonic()
        channel = Channel(socket.socket(fileno=fds.pop()), float(request["wall_s"]))
        try:
            source = self._source(request)
            workloads = source.chosen(request["indices"])
            repeat = int(request.get("repeat", 0))
            seeds = {index: candidate_seed(source.key, index, repeat) for index in workloads}
            results = Results(self.evaluator, self._objectives, workloads)
            if repeat:
                with authored("repeated()"):
                    workloads = {i: self.evaluator.repeated(each, repeat) for i, each in workloads.items()}
            state, behaviour = run_group(Group(self.evaluator, workloads, seeds, results), channel)
        finally:
            channel.close()
        return {
            "results": results.listed(),
            "channel": state,
            "behaviour": behaviour,
            "wall_s": time.monotonic() - began,
        }

    def summary(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Say where a program lives in the grid, and, for train only, what its next author should know."""
        close_all(fds)
        told = request["results"]
        workloads = self._source(request).chosen([each["index"] for each in told])
        pairs: list[tuple[Workload, Metrics | None]] = [
            (workloads[each["index"]], None if each["failure"] else {**each["metrics"], **each["values"]})
            for each in told
        ]
        with authored("measures()"):
            measures = {
                str(name): min(1.0, max(0.0, float(value)))
                for name, value in self.evaluator.measures(pairs).items()
            }
        feedback = ""
        if request.get("split") == "train":
            reasons = [each["failure"]["reason"] if each["failure"] else "" for each in told]
            with authored("feedback()"):
                feedback = self.evaluator.feedback(
                    [
                        (workload, metrics, why)
                        for (workload, metrics), why in zip(pairs, reasons, strict=True)
                    ]
                )
        return {"measures": measures, "feedback": str(feedback)[:_FEEDBACK_CHARS]}

    def bounds(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Return worst, bound and reference of some workloads."""
        close_all(fds)
        chosen = self._source(request).chosen(request["indices"]).values()
        with authored("bound() or reference()"):
            return {
                "worst": [worst_of(self.evaluator, self._objectives, each) for each in chosen],
                "bound": [_numbers(self.evaluator.bound(each)) for each in chosen],
                "reference": [_numbers(self.evaluator.reference(each)) for each in chosen],
            }

    @property
    def evaluator(self) -> Evaluator:
        """The evaluator that `hello` loaded."""
        if self._evaluator is None:
            raise Refusal("No problem is loaded; send hello first.")
        return self._evaluator

    def _source(self, request: Mapping[str, Any]) -> _Source:
        data = request.get("data")
        name = ("data", str(data)) if data else (str(request["split"]), str(request["key"]))
        if name not in self._sources:
            self._sources[name] = _Source(self.evaluator, request)
        self._sources.move_to_end(name)
        while len(self._sources) > _SOURCES_KEPT:
            self._sources.popitem(last=False)
        return self._sources[name]


def _numbers(metrics: Metrics | None) -> dict[str, float] | None:
    return None if metrics is None else {str(name): float(value) for name, value in metrics.items()}


def _versions() -> dict[str, str]:
    """Return the version of every third-party library that is loaded now."""
    found = {}
    for name, module in list(sys.modules.items()):
        version = None if "." in name else getattr(module, "__version__", None)
        if isinstance(version, str) and name not in sys.stdlib_module_names:
            found[name] = version
    return found


def main() -> None:
    """Serve the control socket whose descriptor is named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m evaluators.trusted")
    parser.add_argument("--control-fd", type=int, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's to handle
    control = socket.socket(fileno=options.control_fd)
    try:
        TrustedWorker().serve(control)
    except ControlEnd as end:
        raise SystemExit(f"evaluators.trusted: {end}") from None


if __name__ == "__main__":
    main()
