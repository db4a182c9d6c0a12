"""What a comparison will do and how it will be judged: fixed, and written down, before anything is run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adrs.errors import ConfigError
from adrs.plugins import registry
from adrs.run.config import RunConfig, StrategyConfig, resolve

DEFAULT_STRATEGY: str = StrategyConfig().name

SAMPLING, CLIMBING = "best_of_n", "hill_climb"
TUNED_INITIAL, TUNED_BASELINE = "tuned initial", "tuned baseline"
CONTROLS = (SAMPLING, CLIMBING, TUNED_INITIAL, TUNED_BASELINE)
"""What every comparison runs besides what it was asked for, at the same number of trials."""

SEEDS, SEEDS_OF_DEFAULT = 10, 20
"""Fewest seeds for a verdict: in general, and where the candidate is the default strategy."""

ALPHA, POWER = 0.05, 0.8

_FILE = "plan.json"


@dataclass(frozen=True)
class Plan:
    """A comparison."""

    problems: tuple[str, ...]
    """Ids, or absolute paths."""
    strategies: tuple[str, ...]
    """The first is the candidate: the primary test is about it."""
    against: str
    """The arm that the candidate is tested against."""
    seeds: int
    trials: int
    overrides: tuple[str, ...] = ()
    """`key=value` settings of every run."""
    sandbox: str = "auto"
    other_seeds: int | None = None
    """Runs of each arm that the primary test is not about, where they are fewer than `seeds`."""

    @property
    def candidate(self) -> str:
        """The strategy that the primary test is about."""
        return self.strategies[0]

    @property
    def arms(self) -> tuple[str, ...]:
        """Everything that is run, controls last; each once."""
        return tuple(dict.fromkeys((*self.strategies, *CONTROLS)))

    def arms_at(self, seed: int) -> tuple[str, ...]:
        """Return the arms that are run with a seed: all but the two of the primary test may have fewer."""
        few = self.seeds if self.other_seeds is None else self.other_seeds
        return tuple(arm for arm in self.arms if arm in (self.candidate, self.against) or seed < few)

    @property
    def seeds_needed(self) -> int:
        """Seeds without which there is no verdict."""
        return SEEDS_OF_DEFAULT if DEFAULT_STRATEGY in (self.candidate, self.against) else SEEDS

    def cells(self) -> list[tuple[int, str, str]]:
        """Return every run as (seed, problem, arm), in the order of running.

        Interleaved: every seed goes over all problems and arms before the next begins, in an order that turns
        from seed to seed, so that whatever drifts on the machine meets all arms alike. The candidate comes
        before best-of-N, whose depth follows it.
        """
        found = []
        for seed in range(self.seeds):
            arms = self.arms_at(seed)
            turn = seed % len(arms)
            order = [*arms[turn:], *arms[:turn]]
            order.sort(key=lambda arm: arm == SAMPLING)
            found += [(seed, problem, arm) for problem in self.problems for arm in order]
        return found

    def declaration(self) -> str:
        """Say in sentences what will be run, measured and tested."""
        enough = "" if self.seeds >= self.seeds_needed else f" With {self.seeds}, there will be none."
        always = self.arms_at(self.seeds - 1)
        fewer = [arm for arm in self.arms if arm not in always]
        runs = f"{len(self.problems)} problems x {len(always)} arms x {self.seeds} seeds"
        also = ""
        if fewer:
            runs += f" + {len(self.problems)} x {len(fewer)} x {self.other_seeds}"
            also = f" Of {self.other_seeds} seeds only: {', '.join(fewer)}."
        return (
            f"Runs: {len(self.cells())} = {runs}, "
            f"of {self.trials} trials each, interleaved. Arms: {', '.join(self.arms)}.{also} "
            f"{SAMPLING} makes chains as deep as the best program of {self.candidate} at the same seed; the "
            "tuners own the constants of the initial program, and of the baseline that is best on train.\n"
            "Scores: the gain over the initial program on the same workloads, where 1 is what the best "
            "baseline gains on train (the initial program's own value, where no baseline is better). "
            "'confirm' is the champion's, on one fresh draw of validation workloads per problem and seed, "
            "common to all arms; 'area' is the mean over trials of the best so far on train.\n"
            f"Primary test: {self.candidate} against {self.against}, on confirm: a two-sided t-test at "
            f"{ALPHA:.0%} over the problems' mean differences (n = {len(self.problems)}). Per problem: "
            f"Welch's t with Holm's correction over the problems (n = {self.seeds} and {self.seeds}). All "
            f"else is description. A verdict needs {self.seeds_needed} seeds.{enough}"
        )


def make_plan(
    problems: Mapping[str, str],
    strategies: Sequence[str],
    *,
    against: str | None,
    seeds: int,
    trials: int,
    overrides: Sequence[str] = (),
    sandbox: str = "auto",
    other_seeds: int | None = None,
) -> Plan:
    """Check what is asked for.

    Args:
        problems: references that hold wherever a run is gone on with, by problem id.
        strategies: at least one; the first is the candidate.
        against: an arm; by default best-of-N, or the second strategy where the candidate is best-of-N.
        seeds: runs of each arm on each problem.
        trials: of each run.
        overrides: settings of every run, as `--set` takes them.
        sandbox: what confines candidates.
        other_seeds: runs of each arm that the primary test is not about; as many as of the others where it
            is None.

    Raises:
        ConfigError: an unknown strategy or arm, a number out of range, or an override that a comparison sets.
    """
    if not strategies:
        raise ConfigError("No strategy is named; give some, such as --strategies map_elites,adaptive.")
    for name in strategies:
        registry.strategy(name)
    if seeds < 1 or trials < 1:
        raise ConfigError(f"A comparison needs at least 1 seed and 1 trial, not {seeds} and {trials}.")
    if other_seeds is not None and not 1 <= other_seeds <= seeds:
        raise ConfigError(f"--other-seeds takes 1 to {seeds}, the number of seeds, not {other_seeds}.")
    if against is None:
        others = [name for name in (SAMPLING, *strategies, CLIMBING) if name != strategies[0]]
        against = others[0]
    plan = Plan(
        tuple(problems.values()),
        tuple(dict.fromkeys(strategies)),
        against,
        seeds,
        trials,
        tuple(overrides),
        sandbox,
        None if other_seeds == seeds else other_seeds,
    )
    if against not in plan.arms or against == plan.candidate:
        known = ", ".join(arm for arm in plan.arms if arm != plan.candidate)
        raise ConfigError(f"--against {against!r} is no other arm of this comparison; arms are {known}.")
    if resolve({"problem": plan.problems[0]}, overrides).grow_train:
        raise ConfigError(
            "--set grow_train cannot be given: a comparison holds runs against each other by their scores on "
            "the same train workloads."
        )
    settled = ("problem", "seed", "strategy", "budget", "confirm", "sandbox")
    if touched := [key for key in settled if _set_by(overrides, key)]:
        raise ConfigError(f"--set {touched[0]} cannot be given: a comparison sets it for every run.")
    return plan


def _set_by(overrides: Sequence[str], key: str) -> bool:
    names = [word.partition("=")[0].strip() for word in overrides]
    return any(name == key or name.startswith(f"{key}.") for name in names)


def run_config(
    plan: Plan, seed: int, problem: str, arm: str, *, depth: int, baseline: str | None
) -> RunConfig:
    """Return the configuration of one run.

    Args:
        plan: the comparison.
        seed: of the run.
        problem: one of the plan's.
        arm: one of the plan's.
        depth: edits of best-of-N's chains.
        baseline: what the tuner starts from, where it is not the initial program.
    """
    settings: dict[str, Any] = {
        "problem": problem,
        "seed": seed,
        "sandbox": plan.sandbox,
        "strategy": {"name": arm},
        "budget": {"trials": plan.trials},
        "confirm": False,
    }
    if arm == SAMPLING and arm != plan.candidate:
        settings["strategy"] = {"name": arm, "options": {"depth": depth}}
    elif arm in (TUNED_INITIAL, TUNED_BASELINE):
        start = "first" if arm == TUNED_BASELINE else "initial"
        settings["strategy"] = {"name": "tuner", "options": {"start": start}}
        settings["proposer"] = {"name": "tuner", "options": {}}
        if arm == TUNED_BASELINE:
            settings["proposer"]["options"] = {"baseline": baseline}
        return resolve(settings, [word for word in plan.overrides if not _set_by([word], "proposer")])
    return resolve(settings, plan.overrides)


def declare(plan: Plan, folder: Path) -> None:
    """Write the plan down before anything is run.

    Raises:
        ConfigError: the folder holds another plan, or cannot be written.
    """
    path = folder / _FILE
    said = json.loads(json.dumps(asdict(plan))) | {"declaration": plan.declaration()}
    try:
        _declare(path, said)
    except OSError as error:
        raise ConfigError(f"--out {str(folder)!r}: it cannot be written: {error.strerror}.") from None


def _declare(path: Path, said: Mapping[str, Any]) -> None:
    if path.exists():
        try:
            known = json.loads(path.read_text("utf-8"))
        except ValueError:
            raise ConfigError(f"{path} is no plan of a comparison; give another folder with --out.") from None
        if known != said:
            raise ConfigError(
                f"{path} declares another comparison, and what was declared is not changed once runs have "
                "begun; give another folder with --out (runs that fit are used again)."
            )
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said, indent=2) + "\n")
