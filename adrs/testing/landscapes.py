"""Toy landscapes whose dynamics are known: they show in a second whether a strategy searches as it says.

A program is a vector of whole numbers, an edit is one small step, and an evaluation is arithmetic: no
model, no sandbox, no files. Each landscape says which search it defeats.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective
from adrs.model.program import Program
from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.testing.trials import toy_evaluation, toy_program, toy_trial

Vector = tuple[int, ...]

HEIGHT = Objective(name="height", unit="m", direction="maximize")


class Landscape(ABC):
    """What is searched: programs are vectors."""

    initial: Vector
    peak: float
    """The height of the highest point."""

    @abstractmethod
    def step(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Return a program that is one edit away."""

    @abstractmethod
    def heights(self, vector: Vector) -> Sequence[float]:
        """Return the height on each workload."""

    def measures(self, vector: Vector) -> Mapping[str, float]:
        """Return where a program lives in an elite grid; nothing where its results must tell."""
        return {}


class Valley(Landscape):
    """Deceptive: from the near peak every edit leads down, and the high peak lies beyond a wide valley.

    Climbers end on the near peak, at 0.6. A search that keeps the best of every place walks through.
    """

    initial = (10,)
    peak = 1.0
    _corners = ((0, 14, 22, 34, 40), (0.0, 0.6, 0.2, 1.0, 0.0))

    def step(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Move by up to 4 of 40; the valley is 14 wide."""
        return (_moved(vector[0], 4, 40, rng),)

    def heights(self, vector: Vector) -> Sequence[float]:
        """Rise and fall in straight lines between the corners."""
        return [float(np.interp(vector[0], *self._corners))]

    def measures(self, vector: Vector) -> Mapping[str, float]:
        """Place a program by where it stands."""
        return {"x": vector[0] / 40}


class TwoSteps(Landscape):
    """Deceptive, and without measures: each gain takes two edits, and each of them alone is a loss.

    The first edit of a pair gains 2 on one half of the workloads and loses 3 on the other; the second alone
    loses 1; both together gain 1. Climbers never leave the start. A search that places programs by their
    results keeps the half-way ones, because they win elsewhere.
    """

    def __init__(self, pairs: int = 4) -> None:
        """Take how many pairs of edits there are to find."""
        self.initial = (0,) * (2 * pairs)
        self.peak = float(pairs)

    def step(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Flip one position."""
        place = int(rng.integers(len(vector)))
        return (*vector[:place], 1 - vector[place], *vector[place + 1 :])

    def heights(self, vector: Vector) -> Sequence[float]:
        """Add up what the pairs bring, on four workloads of each half."""
        gains = {(0, 0): (0, 0), (1, 0): (2, -3), (0, 1): (-1, -1), (1, 1): (1, 1)}
        pairs = [gains[first, second] for first, second in zip(vector[::2], vector[1::2], strict=True)]
        return [float(sum(left for left, _ in pairs))] * 4 + [float(sum(right for _, right in pairs))] * 4


class Basins(Landscape):
    """Four hills on a plane, each a basin of its own; the initial program lies between them.

    Climbers end on one of them. A search for different programs keeps all.
    """

    initial = (10, 10)
    peak = 1.0
    tops: tuple[tuple[Vector, float], ...] = (((4, 4), 0.7), ((4, 16), 0.8), ((16, 4), 0.9), ((16, 16), 1.0))
    """Where the hills are, and how high."""

    def step(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Move by up to 2 of 20 in each direction."""
        return tuple(_moved(place, 2, 20, rng) for place in vector)

    def heights(self, vector: Vector) -> Sequence[float]:
        """Take the highest of the hills here."""
        return [max(top - math.dist(place, vector) / 10 for place, top in self.tops)]

    def measures(self, vector: Vector) -> Mapping[str, float]:
        """Place a program by where it stands."""
        return {"x": vector[0] / 20, "y": vector[1] / 20}


class Plateau(Landscape):
    """Flat for a long way, then one step up: nothing to climb by.

    A climber that moves only upwards never moves. A search that goes to new places gets across.
    """

    initial = (0,)
    peak = 1.0

    def step(self, vector: Vector, rng: np.random.Generator) -> Vector:
        """Move by up to 5 of 30."""
        return (_moved(vector[0], 5, 30, rng),)

    def heights(self, vector: Vector) -> Sequence[float]:
        """Be 1 on the last tenth, and 0 before."""
        return [1.0 if vector[0] >= 27 else 0.0]

    def measures(self, vector: Vector) -> Mapping[str, float]:
        """Place a program by where it stands."""
        return {"x": vector[0] / 30}


@dataclass
class Expedition:
    """What a strategy did on a landscape."""

    strategy: Strategy
    best: float
    solved_at: int | None
    """The first trial on the highest peak, or None."""
    kept: dict[str, Vector]
    """Programs that the strategy added, by digest."""
    selections: list[Selection]
    """What was asked for, in the order of tells."""


def explore(
    landscape: Landscape,
    create: Callable[[SearchSpace], Strategy],
    *,
    trials: int,
    seed: int,
    in_flight: int = 1,
) -> Expedition:
    """Run a strategy on a landscape, as the loop would: steady state, trials ending in random order.

    Args:
        landscape: what is searched.
        create: builds the strategy.
        trials: how many are told besides the initial program.
        seed: of edits, of the strategy's random numbers and of the order in which trials end.
        in_flight: how many trials are asked for before one ends.
    """
    program = _program(landscape.initial)
    vectors = {program.digest: landscape.initial}
    strategy = create(SearchSpace((HEIGHT,), program.digest))
    found = Expedition(strategy, -math.inf, None, {}, [])
    ends = np.random.default_rng([seed, 0])
    _tell(found, landscape, toy_trial(0, Selection(None), program=program), landscape.initial)
    flying: list[tuple[Trial, Vector]] = []
    for number in range(1, trials + in_flight):
        if number <= trials:
            rng = np.random.default_rng([seed, number])
            chosen = strategy.ask(number, rng, [trial.selection for trial, _ in flying])
            vector = landscape.step(vectors[chosen.parent or program.digest], rng)
            made = _program(vector)
            vectors[made.digest] = vector
            trial = toy_trial(number, chosen, program=made, asked_after=len(found.selections))
            flying.append((trial, vector))
        if number >= in_flight:
            _tell(found, landscape, *flying.pop(int(ends.integers(len(flying)))))
    return found


def _tell(found: Expedition, landscape: Landscape, trial: Trial, vector: Vector) -> None:
    evaluation = _evaluated(landscape, vector)
    ended = replace(trial, evaluation=evaluation)
    height = evaluation.objectives[HEIGHT.name]
    found.best = max(found.best, height)
    if found.solved_at is None and height >= landscape.peak - 1e-9:
        found.solved_at = trial.number
    if found.strategy.tell(ended) is not TellStatus.NOT_ADDED and ended.candidate is not None:
        found.kept[ended.candidate.program.digest] = vector
    found.selections.append(trial.selection)


def _evaluated(landscape: Landscape, vector: Vector) -> Evaluation:
    heights = landscape.heights(vector)
    halves = ["first"] * (len(heights) // 2) + ["second"] * (len(heights) - len(heights) // 2)
    return toy_evaluation(heights, objective=HEIGHT, measures=landscape.measures(vector), cells=halves)


def _program(vector: Vector) -> Program:
    return toy_program(" ".join(map(str, vector)))


def _moved(place: int, most: int, end: int, rng: np.random.Generator) -> int:
    return int(np.clip(place + rng.integers(-most, most + 1), 0, end))
