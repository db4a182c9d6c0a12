"""`adrs run`: evolve a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option

if TYPE_CHECKING:
    from adrs.run.config import RunConfig
    from adrs.run.steering import Intervention

DEFAULT_TRIALS = 300
"""What a run is given when no limit is named."""
_RECORDED = ("seed", "strategy", "budget", "attempts", "tune", "grow_train")
"""Settings that the trials of a run follow from: with others, a replay would be of no recorded run."""


@click.command()
@click.argument("problem")
@click.option(
    "--model",
    multiple=True,
    metavar="M",
    help="A model proposes the changes; without one they are syntax-tree edits. Several are chosen from by "
    "what they gain per dollar.",
)
@click.option("--trials", type=int, metavar="N", help="Stop after N trials.")
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    metavar="TEXT",
    help="Stop at a limit: dollars as '$5', time as '90s', '10m' or '2h', trials as '300'. May be repeated.",
)
@click.option(
    "--workers",
    type=int,
    metavar="N",
    help="Evaluations at the same time.  [default: one per core, at most 8]",
)
@click.option("--seed", type=int, metavar="N", help="Seed of the run's own random numbers.  [default: 0]")
@sandbox_option
@click.option("--strategy", metavar="NAME", help="How parents are chosen.  [default: map_elites]")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set any other key, such as strategy.options.islands=8. May be repeated.",
)
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="REF",
    help="Begin with these programs as well: a file, a folder, baseline:NAME, a run, a program, or an "
    "archive. May be repeated.",
)
@click.option(
    "--record",
    metavar="FILE",
    help="Write the run to a cassette: its answers, its order and the key of its train workloads.",
)
@click.option(
    "--replay",
    metavar="FILE",
    help="Repeat the run of a cassette, trial by trial: no model, no key, no cost.",
)
@runs_option
@json_option
def run(
    where: str, as_json: bool, overrides: tuple[str, ...], sources: tuple[str, ...], **asked: Any
) -> None:
    """Evolve PROBLEM: a name that `adrs problems` lists, or the path of a problem's folder.

    Everything is kept as it happens. Ctrl-C finishes what is under way and stops; `adrs resume` goes on.
    """
    from adrs.cli.sitting import sit
    from adrs.run.session import start

    if asked["replay"] and sources:
        raise click.UsageError("A replay begins with the programs of its cassette; leave out --from.")
    config, assumed = configure(asked, overrides)
    injected = _brought(sources, config, where) if sources else []
    sit(
        where,
        as_json=as_json,
        preview=(config, assumed),
        work=lambda archive, notify, stop: start(
            config, archive, notify=notify, stop=stop, injected=injected
        ),
    )


def _brought(sources: tuple[str, ...], config: RunConfig, where: str) -> list[Intervention]:
    """Return the programs that `--from` names."""
    from adrs.archive.store import Archive
    from adrs.cli.bringing import bring
    from adrs.plugins.problems import find_problem

    problem = find_problem(config.problem)
    with Archive.open(where) as archive:
        return [one for ref in sources for one in bring(ref, problem, archive, config.sandbox)]


def configure(asked: dict[str, Any], overrides: tuple[str, ...]) -> tuple[RunConfig, bool]:
    """Return the configuration, and whether the default limit had to be assumed.

    Raises:
        ConfigError: an option or an override is wrong.
    """
    from adrs.run.config import resolve

    if asked["replay"]:
        return _replayed(asked, overrides), False
    settings = {
        "problem": lasting(asked["problem"]),
        "seed": asked["seed"],
        "workers": asked["workers"],
        "sandbox": asked["sandbox"],
        "strategy": {"name": asked["strategy"]} if asked["strategy"] else None,
        "proposer": _models(asked["model"]),
        "budget": limits(asked["trials"], asked["budgets"]),
        "record": _absolute(asked["record"]),
    }
    config = resolve(settings, overrides)
    if any(limit is not None for limit in config.budget.model_dump().values()):
        return config, False
    settings["budget"] = {"trials": DEFAULT_TRIALS}
    return resolve(settings, overrides), True


def _models(models: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the proposer that `--model` asks for."""
    if not models:
        return None
    options = {"model": models[0]} if len(models) == 1 else {"models": list(models)}
    return {"name": "llm", "options": options}


def _replayed(asked: dict[str, Any], overrides: tuple[str, ...]) -> RunConfig:
    """Return the configuration of a cassette; where and how fast it is repeated is the user's.

    Raises:
        ConfigError: something is asked for that the cassette decides.
        DataError: it cannot be read.
    """
    from pathlib import Path

    from adrs.errors import ConfigError
    from adrs.run.cassette import Cassette
    from adrs.run.config import resolve

    for name in ("model", "trials", "budgets", "seed", "strategy", "record"):
        if asked[name] not in (None, ()):
            option = "budget" if name == "budgets" else name
            raise ConfigError(f"A replay takes its {option} from the cassette; leave out --{option}.")
    path = _absolute(asked["replay"])
    settings = {
        **Cassette.read(Path(path or "")).config,
        "problem": lasting(asked["problem"]),
        "sandbox": asked["sandbox"],
        "replay": path,
    }
    if asked["workers"] is not None:
        settings["workers"] = asked["workers"]
    recorded, config = resolve(settings), resolve(settings, overrides)
    for name in _RECORDED:
        if getattr(config, name) != getattr(recorded, name):
            raise ConfigError(f"A replay takes its {name} from the cassette; leave out --set {name}.")
    return config


def _absolute(path: str | None) -> str | None:
    """Return a path that holds wherever the run is resumed from."""
    from pathlib import Path

    return None if path is None else str(Path(path).expanduser().absolute())


def lasting(ref: str) -> str:
    """Return a name of the problem that holds wherever the run is resumed from: a path is made absolute."""
    from pathlib import Path

    from adrs.plugins.problems import find_problem

    folder = find_problem(ref).folder
    path = Path(ref).expanduser().resolve()
    return str(folder) if folder in (path, path.parent) else ref


def limits(trials: int | None, budgets: tuple[str, ...]) -> dict[str, float]:
    """Join `--trials` and every `--budget`.

    Raises:
        ConfigError: a budget is not understood, or a limit is given twice.
    """
    from adrs.errors import ConfigError
    from adrs.run.config import parse_budget

    found: dict[str, float] = {} if trials is None else {"trials": trials}
    for text in budgets:
        for kind, limit in parse_budget(text).items():
            if kind in found:
                raise ConfigError(
                    f"Two limits of the same kind ({kind}) are given, the second as {text!r}; give each once."
                )
            found[kind] = limit
    return found
