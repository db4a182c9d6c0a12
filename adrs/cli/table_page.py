"""The page of the documentation that holds the case studies, as `adrs table --markdown` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import adrs
from adrs.cli.table_rows import Grid, Studied, objective_words, programs, summary, verdicts
from adrs.cli.wording import count, safe
from adrs.run.finish import CHAMPION, INITIAL

_INTRODUCTION = """\
# Case studies

What the default proposer and strategy reach on the bundled problems, as it came out, also where the best
baseline is not beaten. The proposer `{proposer}` makes syntax-tree edits and asks no model; the strategy is
`{strategy}`. The page was printed by adrs {version} with

```
{command}
```

Every seed is a run of its own, of {trials}. It ends with a confirm draw: validation workloads that are drawn
once, when the search is over, and on which nothing was selected. The initial program, every baseline and the
best found run on that draw side by side, each workload in a child process of its own, so that they compare in
pairs. Draws differ from seed to seed, so values are compared within a column.

Numbers in brackets are 95 % intervals. *better* and *worse* are said where the interval of the paired
difference does not hold 0, and *tie* where it does; percentages are of the reference, positive where the best
found is better. Workloads come from secret keys of the archive: another archive draws others.

The results are of one machine, and self-attested. `adrs verify` measures a program on sealed test workloads.
"""
_SUMMARY = """
## In short

The best found against the best baseline of its draw; *headroom* is by how much the bound is better than that
baseline, as a mean over the draws.
"""


def page(results: Sequence[Studied], *, command: str) -> str:
    """Return the whole page.

    Args:
        results: at least one problem.
        command: what printed it.
    """
    study = results[0].studies[0]
    config = study.run.config
    text = _INTRODUCTION.format(
        proposer=config["proposer"]["name"],
        strategy=config["strategy"]["name"],
        version=adrs.__version__,
        command=command,
        trials=count(int(config["budget"]["trials"]), "trial"),
    )
    lines = [text.rstrip("\n"), _SUMMARY, *_markdown(summary(results))]
    for found in results:
        lines += _section(found)
    return "\n".join(lines) + "\n"


def _section(found: Studied) -> Iterator[str]:
    spec, objective = found.problem.spec, found.objective
    workloads = len(found.studies[0].evaluations[INITIAL].results)
    yield f"\n## {found.problem.id}\n"
    aim = f"{objective.direction} `{objective.name}` ({safe(objective.unit, 60)})"
    over = f"the {objective_words(objective)} over {count(workloads, 'workload')} per draw"
    title = safe(spec.problem.title, 200)
    version = f"Version {spec.problem.version} (digest `{found.problem.digest[:12]}`)"
    yield f"{title}: {aim}, {over}. {version}; {found.soundness}.\n"
    yield from _markdown(programs(found))
    yield ""
    yield from _markdown(verdicts(found))


def _markdown(grid: Grid) -> Iterator[str]:
    heading, *rows = grid
    yield _line(heading)
    yield "|---" * len(heading) + "|"
    for row in rows:
        yield _line([f"**{cell}**" for cell in row] if row[0] == CHAMPION else row)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
