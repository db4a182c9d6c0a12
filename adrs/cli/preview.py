"""What a run is about to do, before it does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from adrs.cli.sight import in_words
from adrs.cli.wording import count, duration, money, safe

if TYPE_CHECKING:
    from rich.console import RenderableType

    from adrs.model.problem import Problem
    from adrs.run.config import BudgetConfig, RunConfig
    from adrs.sandbox.contract import Sandbox
    from adrs.verify.noise import Sight


def preview(
    config: RunConfig, problem: Problem, sandbox: Sandbox, *, assumed: bool, seen: Sight | None = None
) -> RenderableType:
    """Return the preview of a run.

    Args:
        config: what will be done.
        problem: on what.
        sandbox: what will confine candidates.
        assumed: whether the limit of trials is the default, because none was given.
        seen: how small an improvement validation can see, if that is known.
    """
    objective = problem.primary
    aim = f"{objective.direction} {objective.name} ({safe(objective.unit, 40)}), {objective.aggregate} over "
    rows = {
        "problem": Text(f"{safe(problem.spec.problem.title, 200)} ({problem.id})", "bold"),
        "objective": Text(aim + _train(config, problem)),
        "validation": Text(in_words(seen)),
        "strategy": Text(safe(config.strategy.name, 60)),
        "proposer": Text(_proposer(config)),
        "sandbox": guarantees(sandbox),
        "workers": Text(f"{config.workers}, seed {config.seed}"),
        "budget": Text(_budget(config.budget, assumed=assumed)),
    }
    if config.proposer.name == "llm" and config.replay is None:
        rows["price"] = Text(_price(config, problem))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows.items():
        table.add_row(label, text)
    return table


def _train(config: RunConfig, problem: Problem) -> str:
    """Say how many train workloads there are, and whether they become more."""
    from adrs.run.growth import MOST

    declared = problem.spec.splits.train
    more = f", up to {MOST * declared} where the search fits them" if config.grow_train else ""
    return count(declared, "train workload") + more


def guarantees(sandbox: Sandbox) -> Text:
    """Say what a sandbox holds on this host, and what it cannot."""
    held: list[str] = []
    missing: dict[str, list[str]] = {}
    for guarantee in sandbox.guarantees():
        name = safe(guarantee.name, 60)
        if guarantee.held:
            held.append(name)
        else:
            missing.setdefault(safe(guarantee.how, 200), []).append(name)
    text = Text(sandbox.name, "bold")
    if held:
        text.append("; held: " + ", ".join(held), "not bold")
    for why, names in missing.items():
        text.append(f"\nnot held: {', '.join(names)} ({why})", "not bold yellow")
    return text


def _proposer(config: RunConfig) -> str:
    if config.proposer.name == "syntax":
        return "syntax: edits of the syntax tree; no model, no key, no cost"
    names = model_names(config.proposer.options)
    return safe(
        config.proposer.name + (f", {'models' if len(names) > 1 else 'model'} " if names else ""), 120
    ) + (safe(", ".join(names), 300))


def model_names(options: Mapping[str, Any]) -> list[str]:
    """Return the models that a proposer's options name."""
    several = options.get("models") or ([options["model"]] if options.get("model") else [])
    return [str(each.get("model")) if isinstance(each, Mapping) else str(each) for each in several]


def _price(config: RunConfig, problem: Problem) -> str:
    """Say what a call of each model will cost, and what the budget buys."""
    from adrs.plugins.problems import initial_program
    from adrs.proposer.llm.forecast import forecast
    from adrs.proposer.llm.options import LLMOptions
    from adrs.proposer.llm.prices import price_of

    lines = []
    limit_usd, trials = config.budget.cost_usd, config.budget.trials
    for options in LLMOptions.of(config.proposer.options).each():
        price = price_of(options.model, options.prices)
        if price is None:
            lines.append(f"{safe(options.model, 60)}: unknown, so what is spent will be unknown too")
            continue
        one = forecast(problem, initial_program(problem), options, price)
        likely, worst = money(one.likely_usd), money(one.worst_usd)
        size = f"some {one.prompt_tokens:,} tokens in, {one.answer_tokens:,} out"
        line = f"{safe(options.model, 60)}: about {likely} a call ({size}), at most {worst}"
        if limit_usd is not None:
            line += f"; {money(limit_usd)} buys about {count(one.calls(limit_usd), 'call')}"
        elif trials is not None:
            line += f"; {count(trials, 'trial')} cost {money(one.likely_usd * trials)} or more"
        lines.append(line)
    return "\n".join(lines)


def _budget(budget: BudgetConfig, *, assumed: bool) -> str:
    if assumed:
        return f"{count(budget.trials or 0, 'trial')}: no limit was given, so this default holds"
    parts = []
    if budget.trials is not None:
        parts.append(count(budget.trials, "trial"))
    if budget.seconds is not None:
        parts.append(duration(budget.seconds))
    if budget.cost_usd is not None:
        parts.append(money(budget.cost_usd))
    return " or ".join(parts) + (", whichever comes first" if len(parts) > 1 else "")
