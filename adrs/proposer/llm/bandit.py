"""Chooses among arms by what they gain per dollar.

Thompson sampling with a budget (Xia, Li, Qin, Yu and Liu, IJCAI 2015, "Thompson Sampling for Budgeted
Multi-armed Bandits"): every arm has a Beta posterior of its reward in [0, 1]; a draw of it is divided by the
arm's mean cost, and the largest quotient wins. What was learned fades, since gains get harder as a run goes
on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

FADES = 0.98
"""What a pull counts one pull later: about the last 50 pulls matter."""
PRIOR_GAIN, PRIOR_MISS = 0.5, 1.5
"""An arm that was never pulled is taken to gain about one time in four, quite uncertainly."""
LEAST_COST = 0.05
"""No arm is taken to cost less than this share of the dearest: a free model is not worth infinitely much."""


@dataclass
class Pulls:
    """What is known of an arm."""

    count: int = 0
    improved: int = 0
    cost: float = 0.0
    reward: float = 0.0
    """Sum of rewards, never faded: for people."""
    hits: float = 0.0
    misses: float = 0.0
    recent_cost: float = 0.0

    @property
    def weight(self) -> float:
        """Pulls that still count."""
        return self.hits + self.misses


class Bandit:
    """A fold over pulls: the same pulls in the same order give the same state."""

    def __init__(self, arms: Collection[str]) -> None:
        """Begin with arms that nothing is known of."""
        self.arms: dict[str, Pulls] = {name: Pulls() for name in arms}
        self.weights: Mapping[str, float] = {}
        """What a person set: an arm is taken to gain so many times what it gains; 0 leaves it out."""

    def tell(self, arm: str, reward: float, cost: float | None) -> None:
        """Take in a pull.

        Args:
            arm: which; one that is not known (the options have changed) is left out.
            reward: from 0 to 1.
            cost: in dollars; None where it is unknown, and then every pull counts the same.
        """
        known = self.arms.get(arm)
        if known is None:
            return
        for pulls in self.arms.values():
            pulls.hits *= FADES
            pulls.misses *= FADES
            pulls.recent_cost *= FADES
        paid = 1.0 if cost is None else cost
        known.count += 1
        known.improved += reward > 0
        known.cost += paid
        known.recent_cost += paid
        known.reward += reward
        known.hits += reward
        known.misses += 1.0 - reward

    def choose(self, rng: np.random.Generator, among: Collection[str] | None = None) -> str:
        """Return the arm to pull next, of those that are possible now."""
        costs = self._costs()
        names = [name for name in self.arms if among is None or name in among]
        draws = {
            name: self.weights.get(name, 1.0)
            * rng.beta(PRIOR_GAIN + self.arms[name].hits, PRIOR_MISS + self.arms[name].misses)
            / costs[name]
            for name in names
        }
        return max(draws, key=draws.__getitem__)

    def shares(self, draws: int = 400) -> Mapping[str, float]:
        """Return how often each arm would be chosen now, by simulation with numbers of its own.

        All draws are made at once: this is asked after every trial, to be shown.
        """
        if not self.arms:
            return {}
        costs, arms = self._costs(), self.arms.values()
        worth = np.array([self.weights.get(name, 1.0) / costs[name] for name in self.arms])
        gains = np.array([PRIOR_GAIN + pulls.hits for pulls in arms])
        misses = np.array([PRIOR_MISS + pulls.misses for pulls in arms])
        drawn = worth * np.random.default_rng(0).beta(gains, misses, (draws, len(worth)))
        counts = np.bincount(drawn.argmax(axis=1), minlength=len(worth))
        return {name: int(count) / draws for name, count in zip(self.arms, counts, strict=True)}

    def _costs(self) -> Mapping[str, float]:
        """Return what a pull of each arm costs, as a share of the dearest; unknown ones cost the mean."""
        means = {name: p.recent_cost / p.weight for name, p in self.arms.items() if p.weight > 0}
        typical = sum(means.values()) / len(means) if means else 1.0
        dearest = max([*means.values(), typical])
        if dearest <= 0:
            return dict.fromkeys(self.arms, 1.0)
        return {name: max(LEAST_COST, means.get(name, typical) / dearest) for name in self.arms}
