"""The page of the documentation that says how every attack ended, as `adrs attack --markdown` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adrs.verify.suite import Report

_INTRODUCTION = """\
# Attacks

How cheating programs end on every bundled problem. The tables are printed by

```
adrs attack {problems} --sandbox {sandbox} --markdown > docs/reference/attacks.md
```

An attack is the problem's own initial program with a wrapper that cheats, so that the attack is the only
difference. It runs through the same pool, workers and sandbox as any candidate. The static gate is a filter
and not the boundary: what it would refuse is run all the same.

| ending | means |
|---|---|
| failed | it counts `worst` on every workload; the kind of the failure is shown |
| honest score | exactly what the honest program gets, on every workload |
| no better | some workloads failed and count `worst`, or score worse; nothing is forged |
| not expressible | the problem's answers have nothing that this attack changes |
| **FORGED** | it is better than honesty: see below |
| **LEAK** | the attack saw the evaluator, the truth, a key, or what an earlier program left |
| **SURVIVOR** | a process or a file was left |
| **WRONG VERDICT** | a problem's own attack did not end as its first line says |

A score is forged where a failure counts anything but `worst`; where `worst` is better than what honesty
costs there; where the attack answers as the honest program does and scores better on any workload; where
anything is beyond a proven bound; or where the aggregate over all workloads, failed ones included, is
better than the honest program's. An answer that was changed and is accepted all the same makes another
honest program, which may be luckier on a workload: only its aggregate and the bound are held against it.
For a problem's own attack the honest program is the one that its header names; where it names none, the
best of the initial program and all baselines.
"""


def page(reports: Sequence[Report]) -> str:
    """Return the whole page."""
    problems = " ".join(report.problem.id for report in reports)
    lines = [_INTRODUCTION.format(problems=problems, sandbox=reports[0].sandbox)]
    lines += ["## In short\n", *_totals(reports), "\n## The catalogued hacks\n", *_hacks(reports)]
    lines += ["\n## Attacks on any problem\n", *_generic(reports)]
    for report in reports:
        lines += [f"\n## Attacks that `{report.problem.id}` brings\n", *_own(report)]
    return "\n".join(lines) + "\n"


def _totals(reports: Sequence[Report]) -> Iterator[str]:
    from adrs.cli.attack import tally

    yield "| problem | attacks | " + " | ".join(tally(reports[0])) + " |"
    yield "|---|" + "---|" * (1 + len(tally(reports[0])))
    for report in reports:
        counts = " | ".join(map(str, tally(report).values()))
        yield f"| {report.problem.id} | {len(report.verdicts)} | {counts} |"


def _hacks(reports: Sequence[Report]) -> Iterator[str]:
    """Yield what each hack is tried by: on any problem by name, on each problem by how many attacks."""
    from adrs.verify.attacks import HACKS

    generic = [verdict.attack for verdict in reports[0].verdicts if not verdict.attack.own]
    yield "| hack | what | attacks on any problem |"
    yield "|---|---|---|"
    for hack, what in HACKS.items():
        names = ", ".join(attack.name for attack in generic if hack in attack.hacks)
        yield f"| {hack} | {what} | {names} |"
    yield "\nHow many attacks try each of them on each problem, the problem's own that name it included:\n"
    yield f"| problem | {' | '.join(HACKS)} |"
    yield "|---|" + "---|" * len(HACKS)
    for report in reports:
        tried = report.tried()
        counts = " | ".join(str(len(tried[hack])) if tried[hack] else "none" for hack in HACKS)
        yield f"| {report.problem.id} | {counts} |"
    yield from _inexpressible(reports)


def _inexpressible(reports: Sequence[Report]) -> Iterator[str]:
    """Yield why a hack is tried by no attack on a problem."""
    missing = [
        f"- {hack} on `{report.problem.id}` is {said}."
        for report in reports
        for hack, said in report.hacks().items()
        if not report.tried()[hack]
    ]
    if missing:
        yield "\nWhere there is none:\n"
        yield from missing


def _generic(reports: Sequence[Report]) -> Iterator[str]:
    yield "| attack | what it does | hacks | " + " | ".join(report.problem.id for report in reports) + " |"
    yield "|---|---|---|" + "---|" * len(reports)
    rows = [[verdict for verdict in report.verdicts if not verdict.attack.own] for report in reports]
    for verdicts in zip(*rows, strict=True):
        attack = verdicts[0].attack
        endings = " | ".join(_ending(verdict) for verdict in verdicts)
        yield f"| {attack.name} | {attack.title} | {' '.join(attack.hacks)} | {endings} |"


def _ending(verdict: object) -> str:
    from adrs.verify.judge import Ending, Verdict

    assert isinstance(verdict, Verdict)  # noqa: S101  (for the type checker)
    kinds = f": {', '.join(verdict.kinds)}" if verdict.ending is Ending.FAILED and verdict.kinds else ""
    return f"{verdict.ending.value}{kinds}" if verdict.ending.sound else f"**{verdict.ending.value}**"


def _own(report: Report) -> Iterator[str]:
    yield "| attack | what it does | gate | ending |"
    yield "|---|---|---|---|"
    for verdict in report.verdicts:
        if verdict.attack.own:
            title = verdict.attack.title.replace("|", "\\|")
            yield f"| {verdict.attack.name} | {title} | {verdict.gate or 'passed'} | {_ending(verdict)} |"
