"""What ask and tell cost as a run grows: `python tests/bench/bench_search.py`.

Each row is a strategy after so many told trials: the median of 500 asks and of 500 tells, with 8 trials in
flight, 40 workloads and two measures, and the size of the strategy's state by then: one for each number,
one for each character.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from adrs.model.trial import Selection, Trial
from adrs.search.best_of_n import BestOfN
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.hill_climb import HillClimb
from adrs.search.map_elites import MapElites
from adrs.testing.state import size
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial

MARKS = (1_000, 10_000, 100_000)
SAMPLE = 500
WORKLOADS = 40
IN_FLIGHT = 8

STRATEGIES: dict[str, Callable[[SearchSpace], Strategy]] = {
    "map_elites": lambda space: MapElites(space, {}),
    "map_elites by results": lambda space: MapElites(space, {"place_by": "results"}),
    "hill_climb": lambda space: HillClimb(space, {}),
    "best_of_n depth 5": lambda space: BestOfN(space, {"depth": 5}),
}


def ended(number: int, selection: Selection, rng: np.random.Generator) -> Trial:
    """Return a completed trial with random results."""
    a, b = rng.random(2)
    evaluation = toy_evaluation(
        rng.random(WORKLOADS).tolist(),
        objective=MINIMIZE,
        measures={"a": float(a), "b": float(b)},
        cells=[f"cell {index % 8}" for index in range(WORKLOADS)],
    )
    return toy_trial(number, selection, evaluation=evaluation)


def table(name: str, create: Callable[[SearchSpace], Strategy]) -> None:
    """Print a row for each mark."""
    rng = np.random.default_rng(1)
    program = toy_program("initial")
    strategy = create(SearchSpace((MINIMIZE,), program.digest))
    first = ended(0, Selection(None), rng).evaluation
    strategy.tell(toy_trial(0, Selection(None), program=program, evaluation=first))
    flying: list[tuple[int, Selection]] = []
    asks: list[float] = []
    tells: list[float] = []
    for number in range(1, MARKS[-1] + 1):
        pending = [selection for _, selection in flying]
        own = np.random.default_rng(number)
        start = time.perf_counter()
        selection = strategy.ask(number, own, pending)
        asks.append(time.perf_counter() - start)
        flying.append((number, selection))
        if len(flying) >= IN_FLIGHT:
            trial = ended(*flying.pop(0), rng)
            start = time.perf_counter()
            strategy.tell(trial)
            tells.append(time.perf_counter() - start)
        if number in MARKS:
            ask_us, tell_us = (1e6 * statistics.median(times[-SAMPLE:]) for times in (asks, tells))
            asks, tells = [], []
            print(f"{name:24s}{number:10,d}{ask_us:12.1f}{tell_us:12.1f}{size(strategy):12,d}")


def main() -> None:
    """Print the whole table."""
    print(f"{'strategy':24s}{'told':>10s}{'ask µs':>12s}{'tell µs':>12s}{'state':>12s}")
    for name, create in STRATEGIES.items():
        table(name, create)


if __name__ == "__main__":
    main()
