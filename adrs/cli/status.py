"""The picture of a run under way: one renderable per moment, pure in what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from adrs.cli import standing
from adrs.cli.wording import amount, count, duration, money, number, safe, sparkline, tally

if TYPE_CHECKING:
    from adrs.model.budget import Budget, Usage
    from adrs.run.progress import Progress

PHASES = {
    "starting": "measuring the initial program and the baselines",
    "searching": "searching",
    "growing": "measuring the best again on a larger train set",
    "draining": "finishing what is under way",
    "confirming": "measuring the result on a fresh draw",
    "done": "done",
}
"""What each phase of a run is called."""

_LABEL_WIDTH = len("rejected before")
_COUNTED_ELSEWHERE = frozenset({"told", "completed", "pruned", "failed", "rejected", "errored"})


@dataclass(frozen=True)
class Moment:
    """What a view knows besides the run's own progress."""

    seconds: float
    """Time worked, over all sessions, at this moment."""
    trials_per_s: float | None = None
    """Over the last half minute; None while there is nothing to measure."""
    sparkline_width: int = 24


def picture(progress: Progress, moment: Moment) -> RenderableType:
    """Return the whole live view."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True, min_width=_LABEL_WIDTH)
    rows.add_column(overflow="fold")
    for label, text in (*_scores(progress, moment), *_counts(progress, moment)):
        if label != "search":
            text.no_wrap, text.overflow = True, "ellipsis"
        rows.add_row(label, text)
    return Group(headline(progress), _bar(progress, moment), rows, _foot(progress))


def headline(progress: Progress) -> Text:
    """Return which run this is."""
    parts = (progress.strategy, progress.proposer, f"sandbox {progress.sandbox}", f"run {progress.run_id}")
    line = Text(safe(progress.problem_id, 60), "bold", no_wrap=True, overflow="ellipsis")
    return line.append(" · " + safe(" · ".join(parts)), "not bold dim")


def share_spent(usage: Usage, budget: Budget, seconds: float) -> tuple[float, str]:
    """Return the largest share of a limit that is spent, and its words, such as `151 of 300 trials`."""
    shares = [
        (usage.trials / budget.trials, f"{usage.trials:,} of {count(budget.trials, 'trial')}")
        if budget.trials
        else None,
        (seconds / budget.seconds, f"{duration(seconds)} of {duration(budget.seconds)}")
        if budget.seconds
        else None,
        (usage.cost_usd / budget.cost_usd, f"{money(usage.cost_usd)} of {money(budget.cost_usd)}")
        if budget.cost_usd
        else None,
    ]
    known = [share for share in shares if share is not None]
    share, words = max(known, default=(0.0, count(usage.trials, "trial")))
    return min(1.0, share), words


def _bar(progress: Progress, moment: Moment) -> RenderableType:
    share, words = share_spent(progress.usage, progress.budget, moment.seconds)
    line = Table.grid(padding=(0, 2), expand=True)
    line.add_column(ratio=1)
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True, style="dim")
    searching = progress.phase == "searching"
    left = moment.seconds * (1 - share) / share if searching and share > 0.02 else None
    clock = duration(moment.seconds) + ("" if left is None else f", about {duration(left)} left")
    line.add_row(ProgressBar(total=1.0, completed=share), words, clock)
    return line


def _scores(progress: Progress, moment: Moment) -> list[tuple[str, Text]]:
    objective = progress.objective
    rows: list[tuple[str, Text]] = []
    if progress.best is not None:
        best = Text(f"{amount(progress.best, objective.unit)}", "bold")
        origin = f"trial {progress.best_trial}" if progress.best_trial else "the initial program"
        best.append(f"  {origin}  ", "not bold")
        curve = sparkline(progress.history, progress.usage.trials, moment.sparkline_width)
        rows.append(("best on train", best.append(curve, "not bold cyan")))
    if progress.initial is not None:
        line = Text(amount(progress.initial, objective.unit))
        if progress.best is not None and progress.best != progress.initial:
            line.append("  best is ").append_text(
                standing.against(progress.best, progress.initial, objective)
            )
        rows.append(("initial program", line))
    rows += _goals(progress)
    if progress.grown is not None:
        rows.append(("train", Text(f"{count(progress.train, 'workload')} since trial {progress.grown}")))
    if progress.champion_trial:
        rows.append(("champion", Text(f"trial {progress.champion_trial}, won on validation")))
    return rows


def _goals(progress: Progress) -> list[tuple[str, Text]]:
    objective = progress.objective
    rows: list[tuple[str, Text]] = []
    if progress.best_baseline is not None:
        name, value = progress.best_baseline
        line = Text(f"{amount(value, objective.unit)}  ")
        if progress.best is not None:
            line.append_text(standing.to_goal(progress.best, value, objective))
        rows.append(("best baseline", line.append(f"  {safe(name, 60)}", "dim")))
    if progress.bound is not None:
        line = Text(f"{amount(progress.bound, objective.unit)}  ")
        if progress.best is not None:
            line.append_text(standing.to_bound(progress.best, progress.bound, objective))
        rows.append(("bound", line))
    return rows


def _counts(progress: Progress, moment: Moment) -> list[tuple[str, Text]]:
    states = tally({state.value: n for state, n in progress.states.items()})
    under_way = f"in flight {progress.in_flight}" if progress.in_flight else ""
    rows: list[tuple[str, Text]] = [
        ("trials", Text(" · ".join(filter(None, [states, under_way])) or "none yet"))
    ]
    if progress.rejected:
        rows.append(("rejected before", Text(f"{tally(progress.rejected)}  (cost no trial)")))
    speed = "-" if moment.trials_per_s is None else f"{moment.trials_per_s:.1f} trials/s"
    rows.append(("speed", Text(f"{speed} · {progress.busy} of {count(progress.workers, 'worker')} busy")))
    spent = money_line(progress.usage, progress.budget.cost_usd)
    if spent:
        rows.append(("money", Text(spent)))
    health = {name: value for name, value in progress.health.items() if name not in _COUNTED_ELSEWHERE}
    if health:
        words = (f"{safe(name, 40).replace('_', ' ')} {_brief(value)}" for name, value in health.items())
        rows.append(("search", Text(" · ".join(words))))
    return rows


def money_line(usage: Usage, cap_usd: float | None) -> str:
    """Return what models cost; empty where none was asked. A call without a price is unknown, not free."""
    tokens = usage.input_tokens + usage.output_tokens
    if not tokens and not usage.unpriced_calls and cap_usd is None:
        return ""
    line = money(usage.cost_usd)
    if cap_usd is not None:
        line += f" of {money(cap_usd)}"
    if usage.unpriced_calls:
        known = f"{line} + " if usage.cost_usd else ""
        line = f"{known}unknown ({count(usage.unpriced_calls, 'call')} without a price)"
    return f"{line} · {tokens:,} tokens"


def _brief(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else number(value, 3)


def _foot(progress: Progress) -> Text:
    if progress.phase == "draining":
        under_way = (
            f"draining {count(progress.in_flight, 'trial')}"
            if progress.in_flight
            else "settling the champion"
        )
        return Text(f"{under_way}; Ctrl-C again stops at once", "yellow")
    if progress.phase in ("starting", "growing", "confirming"):
        return Text(f"{PHASES[progress.phase]} …", "cyan")
    return Text("Ctrl-C finishes what is under way and stops; nothing is lost", "dim")
