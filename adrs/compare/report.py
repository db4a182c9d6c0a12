"""A comparison as text, as plain JSON, and as pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from adrs.compare.outcomes import Outcome
from adrs.compare.plan import TUNED_INITIAL, Plan
from adrs.compare.statistics import OverProblems, Primary, Welch, over_problems, per_problem, primary
from adrs.compare.svg import band_plot, matrix_plot
from adrs.errors import DataError


@dataclass(frozen=True)
class Report:
    """Everything that a comparison found."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    tests: tuple[Welch, ...]
    """Candidate against the declared other arm, per problem."""
    primary: Primary

    @classmethod
    def of(cls, plan: Plan, outcomes: Sequence[Outcome]) -> Report:
        """Apply the declared statistics to what was run."""
        tests = per_problem(_both(outcomes, plan.candidate, plan.against))
        return cls(plan, tuple(outcomes), tuple(tests), primary(tests, seeds_needed=plan.seeds_needed))

    def others(self) -> dict[str, OverProblems]:
        """Compare the candidate with every other arm, by its name: description, with Holm over the arms."""
        return over_problems(
            {
                arm: per_problem(both)
                for arm in self.plan.arms
                if arm != self.plan.candidate and (both := _both(self.outcomes, self.plan.candidate, arm))
            }
        )

    @property
    def problems(self) -> list[str]:
        """Ids, in the order of the plan."""
        return list(dict.fromkeys(outcome.problem for outcome in self.outcomes))

    def split(self) -> dict[str, tuple[float, float]]:
        """Return by problem what constants bring, and what the candidate's structure brings beyond them.

        Constants are the confirm share of the initial program with its constants tuned; structure is the
        candidate's share minus that.
        """
        found = {}
        for problem in self.problems:
            tuned = _shares(self.outcomes, problem, TUNED_INITIAL)
            ours = _shares(self.outcomes, problem, self.plan.candidate)
            if tuned and ours:
                found[problem] = fmean(tuned), fmean(ours) - fmean(tuned)
        return found

    def wins(self) -> dict[str, dict[str, float]]:
        """Return on how many problems an arm's mean confirm share is above another's; equal counts a half."""
        means = {
            (problem, arm): fmean(shares)
            for problem in self.problems
            for arm in self.plan.arms
            if (shares := _shares(self.outcomes, problem, arm))
        }

        def count(one: str, other: str) -> float:
            pairs = [(means.get((p, one)), means.get((p, other))) for p in self.problems]
            return sum((a > b) + 0.5 * (a == b) for a, b in pairs if a is not None and b is not None)

        return {
            one: {other: count(one, other) for other in self.plan.arms if other != one}
            for one in self.plan.arms
        }


def _both(outcomes: Sequence[Outcome], one: str, other: str) -> dict[str, tuple[list[float], list[float]]]:
    """Return the confirm shares of two arms by problem, where both have any."""
    found = {}
    for problem in dict.fromkeys(outcome.problem for outcome in outcomes):
        both = _shares(outcomes, problem, one), _shares(outcomes, problem, other)
        if all(both):
            found[problem] = both
    return found


def _shares(outcomes: Sequence[Outcome], problem: str, arm: str) -> list[float]:
    mine = [o for o in outcomes if (o.problem, o.arm) == (problem, arm)]
    return [o.confirm for o in sorted(mine, key=lambda o: o.seed) if o.confirm is not None]


def as_plain(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON; what is infinite becomes null."""
    plain: dict[str, Any] = {
        "plan": asdict(report.plan) | {"arms": report.plan.arms, "declaration": report.plan.declaration()},
        "outcomes": [asdict(outcome) for outcome in report.outcomes],
        "primary": asdict(report.primary),
        "per_problem": [asdict(test) for test in report.tests],
        "others": {arm: asdict(found) for arm, found in report.others().items()},
        "split": {
            name: {"constants": constants, "structure": structure}
            for name, (constants, structure) in report.split().items()
        },
        "wins": report.wins(),
    }
    finite: dict[str, Any] = _finite(plain)
    return finite


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_text(report: Report) -> str:
    """Return a report as text, in Markdown that reads well on a terminal too."""
    if not report.outcomes:
        return f"{report.plan.declaration()}\n\nNo seed is complete yet.\n"
    parts = [
        report.plan.declaration(),
        *(_problem_table(report, problem) for problem in report.problems),
        _wins_table(report),
        _split_table(report),
        _others_table(report),
        _tests_text(report),
    ]
    return "\n\n".join(parts) + "\n"


def _problem_table(report: Report, problem: str) -> str:
    rows = [["arm", "n", "confirm", "sd", "area", "train", "edits", "duplicates", "seconds"]]
    for arm in report.plan.arms:
        mine = [o for o in report.outcomes if (o.problem, o.arm) == (problem, arm)]
        if not mine:
            rows.append([arm, "0", *["-"] * 7])
            continue
        shares = _shares(report.outcomes, problem, arm)
        rows.append(
            [
                arm,
                str(len(mine)),
                f"{fmean(shares):.3f}" if shares else "-",
                f"{stdev(shares):.3f}" if len(shares) > 1 else "-",
                f"{fmean(o.area for o in mine):.3f}",
                f"{fmean(o.train for o in mine):.3f}",
                f"{median(o.depth or 0 for o in mine):g}",
                f"{fmean(o.duplicates for o in mine):.1f}",
                f"{fmean(o.seconds for o in mine):.1f}",
            ]
        )
    return f"**{problem}** (means over seeds)\n\n{table(rows)}"


def _wins_table(report: Report) -> str:
    wins = report.wins()
    rows = [["above on problems", *report.plan.arms]]
    for one in report.plan.arms:
        rows.append([one, *(f"{wins[one][two]:g}" if one != two else "" for two in report.plan.arms)])
    title = (
        f"On how many of {len(report.problems)} problems the row's mean confirm share is above the column's"
    )
    return f"{title}\n\n{table(rows)}"


def _split_table(report: Report) -> str:
    rows = [["problem", "constants", "structure"]]
    for problem, (constants, structure) in report.split().items():
        rows.append([problem, f"{constants:+.3f}", f"{structure:+.3f}"])
    return f"Constants: tuned initial; structure: {report.plan.candidate} beyond it\n\n{table(rows)}"


def _others_table(report: Report) -> str:
    rows = [["arm", "problems", "seeds", "difference", "95 % interval", "p", "p (Holm)"]]
    for arm, found in report.others().items():
        rows.append(
            [
                arm,
                str(found.problems),
                str(found.seeds),
                f"{found.difference:+.3f}",
                _interval(found.low, found.high),
                _p(found.p),
                _p(found.adjusted),
            ]
        )
    return f"{report.plan.candidate} minus each other arm, mean over problems (description)\n\n{table(rows)}"


def _tests_text(report: Report) -> str:
    plan, found = report.plan, report.primary
    rows = [["problem", "n", "difference", "95 % interval", "p (Welch)", "p (Holm)", "detectable"]]
    for test in report.tests:
        rows.append(
            [
                test.problem,
                f"{test.n[0]}, {test.n[1]}",
                f"{test.difference:+.3f}",
                _interval(test.low, test.high),
                _p(test.p),
                _p(test.adjusted),
                "-" if test.detectable is None else f"{test.detectable:.3f}",
            ]
        )
    detectable = "-" if found.detectable is None else f"{found.detectable:.3f}"
    return (
        f"{plan.candidate} minus {plan.against}, on confirm\n\n{table(rows)}\n\n"
        f"Primary test over problems: difference {found.difference:+.3f}, 95 % interval "
        f"{_interval(found.low, found.high)}, p = {_p(found.p)}, n = {found.problems} problems of "
        f"{found.seeds} seeds; detectable {detectable}.\n"
        f"Verdict: {found.verdict}."
    )


def _interval(low: float, high: float) -> str:
    return f"[{low:+.3f}, {high:+.3f}]" if math.isfinite(low) else "-"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns lined up: the first to the left, others to the right."""
    widths = [max(2, *(len(row[place]) for row in rows)) for place in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return f"| {' | '.join(cells)} |"


def write(report: Report, folder: Path) -> list[Path]:
    """Write `compare.json`, `compare.md` and one picture per problem and of the wins; return the paths.

    Raises:
        DataError: the folder cannot be written.
    """
    files = {
        "compare.json": json.dumps(as_plain(report), indent=1) + "\n",
        "compare.md": as_text(report),
        "wins.svg": matrix_plot(report.wins(), f"Wins on {len(report.problems)} problems (row over column)"),
    }
    for problem in report.problems:
        curves = {
            arm: [o.curve for o in report.outcomes if (o.problem, o.arm) == (problem, arm)]
            for arm in report.plan.arms
        }
        files[f"{problem}.svg"] = band_plot(
            {arm: found for arm, found in curves.items() if found},
            f"{problem}: best so far on train",
            "trials",
            "gain (1: the best baseline's)",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise DataError(f"--out {str(folder)!r}: it cannot be written: {error.strerror}.") from None
    return [folder / name for name in files]
