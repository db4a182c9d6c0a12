"""Who proposes next, and how: a model with an effort, and a kind of edit, each the arm of a bandit.

What is chosen is part of the recorded selection (`target["arm"]`, `target["kind"]`), and what was learned is
a fold over recorded trials: resume is replay. The two choices are learned apart, so that a few dozen trials
are enough to tell arms from each other.

A candidate that failed when it was run may be given back to its model with what went wrong (`kind` is `fix`):
a trial of its own, where the failed one would have lived, and no more often than the option `repairs` says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Literal

import numpy as np

from adrs.model.problem import Objective
from adrs.model.trial import Selection, Trial, TrialState
from adrs.proposer.llm.bandit import Bandit

Kind = Literal["edit", "crossover", "fresh", "fix"]
KINDS: tuple[Kind, ...] = ("edit", "crossover", "fresh")
"""Kinds that are arms. `fix` is not: a failure asks for it."""

FIXABLE = frozenset({"exception", "invalid", "timeout", "memory", "output", "crash", "syntax"})
"""Failures that a model may be able to put right; `forbidden` is none."""
FIX_SHARE = 0.25
"""The most of all trials that are given to failed candidates."""
GAINS_KEPT = 64
RECENT_KEPT = 32


class Ensemble:
    """Chooses by what was told."""

    def __init__(self, arms: Sequence[str], kinds: Sequence[str] = KINDS, repairs: int = 1) -> None:
        """Begin with nothing known.

        Args:
            arms: names of models with their efforts.
            kinds: kinds of edits to choose from.
            repairs: how often in a row a failed candidate may be given back.
        """
        self.arms = Bandit(arms)
        self.kinds = Bandit(kinds)
        self.told = 0
        self.fixes = 0
        self._repairs = repairs
        self._values: dict[str, float] = {}
        self._initial = ""
        self._gains: deque[float] = deque(maxlen=GAINS_KEPT)
        self._recent: deque[float] = deque(maxlen=RECENT_KEPT)
        self._failed: dict[int, Selection] = {}

    def reweight(self, weights: Mapping[str, float]) -> None:
        """Heed a person's weights, by model or kind of edit, in the place of earlier ones."""
        self.arms.weights = self.kinds.weights = weights

    def tell(self, objective: Objective, trial: Trial, *, priced: bool = True) -> None:
        """Take in a trial that was told to the strategy.

        Args:
            objective: what improvement is measured on.
            trial: it, with what it cost.
            priced: whether the dollars of every model are known.
        """
        value = _value(trial, objective)
        if trial.number == 0:
            self._initial = trial.program.digest if trial.candidate else ""
        if trial.candidate is not None and value is not None:
            self._values.setdefault(trial.program.digest, value)
        target = trial.selection.target
        arm, kind = target.get("arm"), target.get("kind")
        self.told += trial.number > 0
        if "repairs" in target:
            self.fixes += 1
            self._failed.pop(_number(target["repairs"]), None)
        if not isinstance(arm, str) or not isinstance(kind, str):
            return
        reward = self._reward(trial, value)
        cost = trial.cost_usd if priced else None
        self.arms.tell(arm, reward, cost)
        self.kinds.tell(kind, reward, cost)
        if (
            trial.state is TrialState.FAILED
            and trial.kind in FIXABLE
            and _number(target.get("turn")) < self._repairs
        ):
            self._failed[trial.number] = trial.selection

    def begin_epoch(self, objective: Objective, carried: Sequence[Trial]) -> None:
        """Measure gains from what was measured again when train grew; what the arms earned before stays.

        Failures of the time before are not given back: what they were built on may be gone.

        Args:
            objective: what improvement is measured on.
            carried: what the search goes on with.
        """
        known = ((trial.program.digest, _value(trial, objective)) for trial in carried)
        self._values = {digest: value for digest, value in known if value is not None}
        self._gains.clear()
        self._recent.clear()
        self._failed.clear()

    def choose(
        self, selection: Selection, rng: np.random.Generator, pending: Sequence[Selection]
    ) -> Selection:
        """Return the selection with who proposes and how; a fix takes the place of what was asked for."""
        if isinstance(selection.target.get("edit"), str):
            return selection  # the strategy has said how already, such as by the tuner
        fix = None if "idea" in selection.target else self._fix(pending)
        if fix is not None:
            return fix
        arm = self.arms.choose(rng)
        if "idea" in selection.target:
            kind: str = "fresh"
        else:
            kinds = [name for name in self.kinds.arms if name != "crossover" or selection.inspirations]
            kinds = [name for name in kinds if self.kinds.weights.get(name, 1.0) > 0]
            kind = self.kinds.choose(rng, kinds) if kinds else "edit"
        chosen = replace(selection, target={**selection.target, "arm": arm, "kind": kind})
        return replace(chosen, parent=None, inspirations=()) if kind == "fresh" else chosen

    def shares(self) -> Mapping[str, float]:
        """Return how often each arm and each kind would be chosen now, for those who watch."""
        return {
            f"{name} %": round(100 * share)
            for bandit in (self.arms, self.kinds)
            if len(bandit.arms) > 1
            for name, share in bandit.shares(100).items()
        }

    def as_plain(self) -> dict[str, Any]:
        """Return what is known of every arm, as plain JSON."""
        return {"models": _rows(self.arms), "kinds": _rows(self.kinds), "fixes": self.fixes}

    def _fix(self, pending: Sequence[Selection]) -> Selection | None:
        taken = {_number(one.target["repairs"]) for one in pending if "repairs" in one.target}
        if self.fixes + len(taken) >= FIX_SHARE * (self.told + 1):
            return None
        for number, failed in self._failed.items():
            off = self.arms.weights.get(str(failed.target.get("arm")), 1.0) == 0
            if number not in taken and not off:
                turn = _number(failed.target.get("turn")) + 1
                return replace(
                    failed, target={**failed.target, "kind": "fix", "repairs": number, "turn": turn}
                )
        return None

    def _reward(self, trial: Trial, value: float | None) -> float:
        """Return how much a trial gained on its parent: 1/2 where it is a gain as most are.

        A fresh start is held against what the run has come to: the median of its recent programs.
        """
        bar = self._values.get(trial.selection.parent or self._initial)
        if trial.selection.parent is None and bar is not None and self._recent:
            bar = max(bar, median(self._recent))  # to be better than where the run began is no merit later
        if value is not None:
            self._recent.append(value)
        if value is None or bar is None or value <= bar:
            return 0.0
        gain = value - bar
        self._gains.append(gain)
        return gain / (gain + median(self._gains))


def _value(trial: Trial, objective: Objective) -> float | None:
    if trial.state is not TrialState.COMPLETED or trial.evaluation is None:
        return None
    return objective.sign * trial.evaluation.objectives[objective.name]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _rows(bandit: Bandit) -> dict[str, Any]:
    shares = bandit.shares()
    return {
        name: {
            "trials": pulls.count,
            "improved_on_parent": pulls.improved,
            "cost": pulls.cost,
            "reward": pulls.reward,
            "reward_per_cost": pulls.reward / pulls.cost if pulls.cost > 0 else None,
            "share_now": shares[name],
        }
        for name, pulls in bandit.arms.items()
    }
