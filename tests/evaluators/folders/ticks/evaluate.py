"""Pick the zone that is up and cheap; every number is drawn from the key."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from itertools import count
from typing import Any

from evaluators.contract import Invalid, Metrics, Plain, PolicyEvaluator, Workload, workload_rng
from evaluators.schema import Int, Schema

from .interface import Observation


class Ticks(PolicyEvaluator):
    """Each tick costs the price of the chosen zone; a zone that is down costs ten times as much."""

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        for index in count():
            yield Workload(workload_rng(key, index).getrandbits(64), cell=f"parity={index % 2}")

    def given(self, workload: Workload) -> Plain:
        return (self.params["zones"], self.params["ticks"])

    def worst(self, workload: Workload) -> Metrics:
        return {"cost_usd": 10.0 * self.params["ticks"]}

    def action_schema(self, workload: Workload) -> Schema:
        return Int(0, 1000)

    def simulate(self, workload: Workload) -> Generator[Plain, Plain, Metrics]:
        rng = random.Random(workload.data)
        # Workloads of different length, so that a lockstep group thins out.
        ticks, zones = self.params["ticks"] - workload.data % 3, self.params["zones"]
        spent, zone = 0.0, 0
        for tick in range(ticks):
            offers = tuple((rng.random(), rng.random() < 0.7, tick % 5) for _ in range(zones))
            left = float(ticks - tick)
            action = yield Observation(
                tick, 300.0 * tick, left, left, True, zone, offers[zone][0], spent, offers
            )
            if action >= zones:
                if action == 999:
                    raise ZeroDivisionError("the evaluator breaks on 999")
                raise Invalid(f"zone {action}: there are {zones}")
            zone = action
            spent += offers[zone][0] * (1 if offers[zone][1] else 10)
        return {"cost_usd": spent, "ticks": ticks}

    def measures(self, results: Any) -> dict[str, float]:
        done = [metrics for _, metrics in results if metrics is not None]
        return {"done": len(done) / len(results)}

    def feedback(self, results: Any) -> str:
        return "; ".join(reason for _, _, reason in results if reason)
