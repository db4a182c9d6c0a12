"""Case studies as rows of cells, for a terminal and for a page alike, and as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.measured import Against, against, hardest, measured
from adrs.cli.wording import amount, count, number, safe
from adrs.run.finish import CHAMPION, INITIAL

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.compare.case_studies import Study
    from adrs.model.problem import Objective, Problem
    from adrs.verify.kept import KeptCheck

Grid = list[list[str]]
"""A heading and rows, each as long as it."""


@dataclass(frozen=True)
class Studied:
    """A problem with what its runs came to, one per seed."""

    problem: Problem
    studies: tuple[Study, ...]
    check: KeptCheck | None
    """The latest check that the archive keeps."""

    @property
    def objective(self) -> Objective:
        """What is compared."""
        return self.problem.primary

    @property
    def soundness(self) -> str:
        """Whether the problem was found sound, in words."""
        if self.check is None:
            return "not checked yet (`adrs check`)"
        if not self.check.sound:
            return f"not sound, so its scores cannot be trusted: {safe(self.check.failed[0], 300)}"
        return f"sound by a {'quick' if self.check.quick else 'full'} check"

    def best_baselines(self) -> list[str | None]:
        """Return the baseline that is hardest to beat on each seed's draw."""
        return [
            hardest(
                {name: one for name, one in study.evaluations.items() if name not in (INITIAL, CHAMPION)},
                self.objective,
            )
            for study in self.studies
        ]

    def gains(self, references: Sequence[str | None]) -> list[Against | None]:
        """Compare the best found with a reference on each seed's draw, in pairs."""
        return [
            None
            if name is None
            else against(study.evaluations[CHAMPION], study.evaluations[name], name, self.objective)
            for study, name in zip(self.studies, references, strict=True)
        ]


def studied(archive: Archive, studies: Sequence[Study]) -> list[Studied]:
    """Put studies together by problem, with what checks found."""
    from adrs.verify.kept import kept

    return [
        Studied(problem, tuple(group), kept(archive, problem.digest))
        for problem, group in ((one[0].problem, one) for one in _grouped(studies))
    ]


def _grouped(studies: Sequence[Study]) -> Iterator[list[Study]]:
    for _, group in groupby(studies, key=lambda study: study.problem.digest):
        yield list(group)


def programs(found: Studied) -> Grid:
    """Return every program on the draw of each seed, with its 95 % interval, and the bound."""
    rows = [["program", *(f"seed {study.seed}" for study in found.studies)]]
    for name in found.studies[0].evaluations:
        rows.append([safe(name, 80), *(_value(study, name, found.objective) for study in found.studies)])
    for label, values in (
        ("bound: no program can pass it", [study.bound for study in found.studies]),
        ("reference: strong, not proven", [study.reference for study in found.studies]),
    ):
        if any(value is not None for value in values):
            rows.append([label, *(number(value) for value in values)])
    return rows


def verdicts(found: Studied) -> Grid:
    """Return what the best found of each seed gains, in pairs, and where it came from."""
    best = found.best_baselines()
    rows = [["best found", *(f"seed {study.seed}" for study in found.studies)]]
    if any(best):
        differ = len(set(best)) > 1
        label = f"against {'the best baseline' if differ else safe(str(best[0]), 80)}"
        rows.append([label, *(gain_of(gain, found.objective, named=differ) for gain in found.gains(best))])
    initial = found.gains([INITIAL] * len(found.studies))
    rows.append([f"against {INITIAL}", *(gain_of(gain, found.objective) for gain in initial)])
    rows.append(["found in", *(_origin(study) for study in found.studies)])
    return rows


def summary(results: Sequence[Studied]) -> Grid:
    """Return one row per problem: by how much the best baseline is beaten, seed by seed, and what is left."""
    seeds = max(len(found.studies) for found in results)
    rows = [["problem", *(f"seed {seed}" for seed in range(seeds)), "best baseline", "headroom"]]
    for found in results:
        best = found.best_baselines()
        gains = [_short(gain) for gain in found.gains(best)]
        names = dict.fromkeys(safe(name, 80) for name in best if name is not None)
        rows.append([found.problem.id, *gains, " or ".join(names) or "none", _headroom(found, best)])
    return rows


def _headroom(found: Studied, best: Sequence[str | None]) -> str:
    """Return how much better the bound is than the best baseline, on average over the draws."""
    shares = []
    for study, name in zip(found.studies, best, strict=True):
        if study.bound is None or name is None:
            return "no bound"
        value = study.evaluations[name].objectives[found.objective.name]
        if value == 0:
            return "-"
        shares.append(found.objective.sign * (study.bound - value) / abs(value))
    return f"{100 * sum(shares) / len(shares) + 0.0:.1f} %"


def _value(study: Study, name: str, objective: Objective) -> str:
    found = measured(study.evaluations[name], objective)
    if found is None:
        return "-"
    failed = sum(found.failures.values())
    tail = f", {failed} of {found.workloads} failed" if failed else ""
    return f"{number(found.value)} [{number(found.low, 4)}, {number(found.high, 4)}]{tail}"


def gain_of(gain: Against | None, objective: Objective, *, named: bool = False) -> str:
    """Say what a paired comparison shows: the verdict, by how much, and its 95 % interval."""
    if gain is None:
        return "no baseline"
    tail = f" ({safe(gain.reference, 80)})" if named else ""
    if math.isinf(gain.low) or math.isinf(gain.high):
        return f"tie: no interval{tail}"
    if gain.percent is not None:
        size, low, high = (f"{value + 0.0:+.2f}" for value in gain.percent)
        return f"{gain.verdict}: {size} % [{low}, {high}]{tail}"
    limits = f"[{number(gain.low, 4)}, {number(gain.high, 4)}]"
    return f"{gain.verdict}: {amount(gain.better, objective.unit)} {limits}{tail}"


def _short(gain: Against | None) -> str:
    if gain is None:
        return "-"
    if gain.percent is None:
        return gain.verdict
    return f"{gain.verdict} {gain.percent[0] + 0.0:+.1f} %"


def _origin(study: Study) -> str:
    if study.trial is None:
        return f"no improvement in {count(study.trials, 'trial')}"
    return f"trial {study.trial} of {study.trials}"


def report(results: Sequence[Studied]) -> list[RenderableType]:
    """Return everything for a terminal."""
    parts: list[RenderableType] = []
    for found in results:
        spec, objective = found.problem.spec, found.objective
        title = Text.assemble((found.problem.id, "bold"), f"  {safe(spec.problem.title, 120)}\n")
        title.append(f"{objective.direction} {objective.name} ({safe(objective.unit, 40)})", "cyan")
        title.append(f" · {_draws(found)} · {found.soundness}", "dim")
        parts += [Text(), title, _shown(programs(found)), Text(), _shown(verdicts(found))]
    if len(results) > 1:
        parts += [Text("\nBest found against the best baseline, in pairs", "bold"), _shown(summary(results))]
    return parts


def _draws(found: Studied) -> str:
    workloads = len(found.studies[0].evaluations[INITIAL].results)
    return f"{objective_words(found.objective)} over {count(workloads, 'workload')}, a fresh draw per seed"


def objective_words(objective: Objective) -> str:
    """Return the declared aggregate in words."""
    return objective.aggregate.replace("_", " ")


def _shown(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in grid[0]:
        table.add_column(heading, overflow="fold")
    for row in grid[1:]:
        table.add_row(*(Text(cell, "bold" if row[0] == CHAMPION else "") for cell in row))
    return table


def as_plain(found: Studied) -> dict[str, Any]:
    """Return everything of a problem as plain JSON."""
    best = found.best_baselines()
    gains, over_initial = found.gains(best), found.gains([INITIAL] * len(best))
    return {
        "problem": found.problem.id,
        "problem_digest": found.problem.digest,
        "sound": None if found.check is None else found.check.sound,
        "objective": found.objective.model_dump(),
        "seeds": [
            {
                "seed": study.seed,
                "run": study.run.id,
                "champion": study.run.champion if study.trial is not None else None,
                "trial": study.trial,
                "trials": study.trials,
                "opening": study.evaluations[INITIAL].opening,
                "programs": {name: measured(one, found.objective) for name, one in study.evaluations.items()},
                "bound": study.bound,
                "reference": study.reference,
                "against_best_baseline": gain,
                "against_initial": initial,
            }
            for study, gain, initial in zip(found.studies, gains, over_initial, strict=True)
        ],
    }
