"""The page: one table of all tools, the search, the faults, and how it was measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adrs.compare.statistics import Welch, per_problem
from tests.bench.peers.cells import TOOLS, Cell, Plan, Results, searches, timed
from tests.bench.peers.faults import FAULTS, Fault
from tests.bench.peers.install import OURS, PEERS
from tests.bench.peers.search import EVALUATIONS
from tests.bench.peers.statistics import MARGIN, difference, middle

Json = Mapping[str, Any]
Read = Callable[[Json], float | None]
_NONE = "-"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def within(text: str, measured: str) -> str:
    """Return a page with what stands between its two marks replaced.

    Raises:
        ValueError: it has no such marks.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{before}{begin}\n{measured}{end}{after}"


def page(plan: Plan, results: Results, machine: Json) -> str:
    """Return the whole page as Markdown."""
    parts = [
        _head(machine, results, plan),
        "### Speed, size and what a kill loses\n\n" + speed_table(plan, results),
        "### Faults of the model server\n\n" + fault_table(plan, results),
        "### Search\n\n" + search_tables(plan, results),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Return a number in three significant digits, and whole from 100 on."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """Return median and range: `142 [130-184]`; the value alone of one, and a dash of none."""
    found = middle(values)
    if found is None:
        return _NONE
    if len(values) == 1:
        return number(values[0])
    return f"{number(found[0])} [{number(found[1])}-{number(found[2])}]"


def _title(tool: str) -> str:
    return f"{PEERS[tool].title} {PEERS[tool].version}" if tool in PEERS else OURS


def _head(machine: Json, results: Results, plan: Plan) -> str:
    loads = [one["load"] for cell in timed(plan) if (one := results.get(cell)) is not None]
    load = spread(loads)
    return (
        f"Measured on {machine['date']} at commit {machine['commit']}: {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, Python {machine['python']}, {machine['system']}; load average when "
        f"a timed run began: {load}."
    )


# Speed ----------------------------------------------------------------------------------------------


def speed_table(plan: Plan, results: Results) -> str:
    """Return the table of rates, costs and losses: a row for each quantity, a column for each tool."""
    found = _speeds(plan, results)
    rows = [[title, *(_cell(found, tool, name, read) for tool in TOOLS)] for title, name, read in _ROWS]
    return table(["", *map(_title, TOOLS)], [*rows, *_kill_rows(results)])


def _speeds(plan: Plan, results: Results) -> dict[tuple[str, str], list[Json]]:
    found: dict[tuple[str, str], list[Json]] = {}
    for cell in timed(plan):
        result = results.get(cell)
        if result is not None:
            found.setdefault((cell.tool, cell.name), []).append(result)
    return found


def _cell(found: Mapping[tuple[str, str], Sequence[Json]], tool: str, name: str, read: Read) -> str:
    """Return what a tool has in a row, or why it has nothing there."""
    results = found.get((tool, name), [])
    values = [value for one in results if "missing" not in one and (value := read(one)) is not None]
    if values:
        return spread(values)
    for one in results:
        if "missing" in one:
            return "not installed"
        if one["why"]:
            return f"{one['evaluations']} in {one['wall_s']:.0f} s, then stopped"
        if one["code"] not in (0, None):
            return f"ended with code {one['code']} after {one['evaluations']}"
    return _NONE


def _window(name: str, what: str) -> Read:
    def read(one: Json) -> float | None:
        value: float | None = one["windows"].get(name, {}).get(what)
        return value

    return read


def _whole(read: Read) -> Read:
    """Let a quantity count only of runs that were not stopped before their end."""
    return lambda one: None if one["why"] or one["code"] else read(one)


def _share_of_ideal(what: str, seconds: float, at_a_time: int) -> Read:
    return lambda one: None if one[what] is None else 100 * one[what] * seconds / at_a_time


def _disk(one: Json) -> float | None:
    return 1000 * one["disk_mib"] / one["evaluations"] if one["evaluations"] else None


def _cpu(one: Json) -> float | None:
    return 1000 * one["cpu_s"] / one["evaluations"] if one["evaluations"] else None


_ROWS: tuple[tuple[str, str, Read], ...] = (
    ("evaluations/s, first 200", "first200", _window("0-200", "rate")),
    ("evaluations/s, 801 to 1,000", "growth", _window("800-1000", "rate")),
    ("evaluations/s, 1,801 to 2,000", "growth", _window("1800-2000", "rate")),
    ("CPU ms an evaluation, first 200", "first200", _window("0-200", "cpu_ms")),
    ("CPU ms an evaluation, 801 to 1,000", "growth", _window("800-1000", "cpu_ms")),
    ("CPU ms an evaluation, 1,801 to 2,000", "growth", _window("1800-2000", "cpu_ms")),
    ("CPU ms an evaluation, whole run of 200 with its start", "first200", _whole(_cpu)),
    ("start to first evaluation, s", "first200", lambda one: one["first_s"]),
    ("50 ms evaluations, % of the ideal 80/s", "sleep50", _share_of_ideal("measured_rate", 0.05, 4)),
    ("the same, of new programs only, %", "sleep50", _share_of_ideal("rate", 0.05, 4)),
    ("model of 0.5 s: requests in flight (4 asked for)", "latency500", lambda one: one["in_flight_max"]),
    ("model of 0.5 s, % of the ideal 8/s", "latency500", _share_of_ideal("rate", 0.5, 4)),
    (
        "requests to the model an evaluation",
        "first200",
        lambda one: one["requests"] / max(one["evaluations"], 1),
    ),
    ("peak memory, MiB, run of 200", "first200", lambda one: one["peak_mib"]),
    ("peak memory, MiB, longest run", "growth", lambda one: one["peak_mib"]),
    ("disk, MiB per 1,000 evaluations", "growth", _disk),
)


def _kill_rows(results: Results) -> list[list[str]]:
    found = {tool: results.get(Cell("kill", tool, "kill")) for tool in TOOLS}
    rows: list[tuple[str, Callable[[Json], str]]] = [
        (
            "`kill -9`: evaluations lost of those done",
            lambda one: f"{_said(one['lost'])} of {one['evaluated']}",
        ),
        ("`kill -9`: processes still alive", lambda one: str(one["left_over"])),
        ("`kill -9`: answers of the model that came to nothing", _to_nothing),
        ("gone on with: evaluations at the end of those asked for", _gone_on),
    ]
    return [[title, *(_killed(found[tool], read) for tool in TOOLS)] for title, read in rows]


def _killed(one: Json | None, read: Callable[[Json], str]) -> str:
    if one is None:
        return _NONE
    if "missing" in one:
        return "not installed"
    return read(one) if one["why"] == "killed" else f"{one['evaluated']} done, not killed"


def _gone_on(one: Json) -> str:
    if one["resumed_code"] != 0:
        return one["resumed_why"] or f"ended with code {one['resumed_code']}"
    return f"{_said(one['kept_at_end'])} of {one['target']}"


def _to_nothing(one: Json) -> str:
    """Return how many answers there were beyond the evaluations at the end; GEPA has more of those."""
    kept = one["kept_at_end"]
    return _NONE if kept is None or kept > one["requests_in_all"] else str(one["requests_in_all"] - kept)


def _said(value: object) -> str:
    return "unknown" if value is None else str(value)


# Faults ---------------------------------------------------------------------------------------------


def fault_table(plan: Plan, results: Results) -> str:
    """Return what became of 40 evaluations under every fault."""
    rows = [
        [FAULTS[name].title, *(_fault(results.get(Cell("fault", tool, name))) for tool in TOOLS)]
        for name in plan.faults
        if FAULTS[name].cap_usd is None
    ]
    return table(["", *map(_title, TOOLS)], rows) + "\n\n" + _own_books(plan, results)


def _fault(one: Json | None) -> str:
    if one is None:
        return _NONE
    if "missing" in one:
        return "not installed"
    end = (
        f"still going after {one['wall_s']:.0f} s"
        if one["why"]
        else f"code {one['code']}, {one['wall_s']:.0f} s"
    )
    return f"{one['evaluations']} of {one['asked']}; {one['requests']} requests; {end}"


def _own_books(plan: Plan, results: Results) -> str:
    """Return what ours wrote down of its calls beside what the server billed."""
    rows = []
    for name in plan.faults:
        one = results.get(Cell("fault", OURS, name))
        if one is not None and "recorded" in one:
            recorded = one["recorded"]
            rows.append(
                [
                    FAULTS[name].title,
                    str(one["billed_tokens"]),
                    str(recorded["output_tokens"]),
                    _dollars(FAULTS[name], recorded["cost_usd"]),
                    f"{one['evaluations']} of {one['asked']}",
                    one.get("reason", "").replace("|", "/"),
                ]
            )
    head = [
        "",
        "output tokens billed",
        f"recorded by {OURS}",
        "dollars of the cap",
        "evaluations",
        "why it ended",
    ]
    return f"What {OURS} wrote down of its calls:\n\n" + table(head, rows)


def _dollars(fault: Fault, cost_usd: float) -> str:
    return _NONE if fault.cap_usd is None else f"{cost_usd:.3f} of {fault.cap_usd:g}"


# Search ---------------------------------------------------------------------------------------------


def search_tables(plan: Plan, results: Results) -> str:
    """Return best scores by problem and tool, and what can be said of the differences."""
    best = {tool: _scores(plan, results, tool, "best") for tool in TOOLS}
    area = {tool: _scores(plan, results, tool, "area") for tool in TOOLS}
    few = _scores(plan, results, OURS, "best_of_100_requests")
    rows = [[name, *(_mean(best[tool].get(name, [])) for tool in TOOLS)] for name in plan.problems]
    areas = [[name, *(_mean(area[tool].get(name, [])) for tool in TOOLS)] for name in plan.problems]
    asked = [
        [name, *(spread([one["requests"] for one in _runs(plan, results, tool, name)]) for tool in TOOLS)]
        for name in plan.problems
    ]
    curves = [
        [f"{name}, after {count}", *(_mean(_after(plan, results, tool, name, count)) for tool in TOOLS)]
        for name in plan.problems
        for count in (10, 25, 50)
    ]
    head = ["", *map(_title, TOOLS)]
    return "\n\n".join(
        (
            "Best score on train after 100 evaluations, mean (standard deviation; n):",
            table(head, rows),
            "Requests to the model for them:",
            table(head, asked),
            "Best score so far after fewer:",
            table(head, curves),
            "Mean over evaluations of the best so far:",
            table(head, areas),
            f"{OURS} minus each, best score after 100, mean over problems (margin {100 * MARGIN:.0f} % "
            "of the best baseline's gain):",
            table(
                ["", "difference", "95 % interval", "problems", "seeds", "verdict"],
                [_against(best[OURS], best[tool], tool) for tool in PEERS],
            ),
            "On each problem, with Welch's 95 % interval and the p of its t-test by Holm over the problems "
            "(description):",
            table(["", *map(_title, PEERS)], _by_problem(plan, best)),
            f"The mean over problems again, where only what {OURS} had found within its first 100 requests "
            "to the model counts:",
            table(
                ["", "difference", "95 % interval", "problems", "seeds", "verdict"],
                [_against(few, best[tool], tool) for tool in PEERS],
            ),
        )
    )


def _runs(plan: Plan, results: Results, tool: str, problem: str) -> list[Json]:
    wanted = [cell for cell in searches(plan, problem) if cell.tool == tool]
    found = [results.get(cell) for cell in wanted]
    return [one for one in found if one is not None and one.get("evaluations") == EVALUATIONS]


def _scores(plan: Plan, results: Results, tool: str, what: str) -> dict[str, list[float]]:
    return {name: [one[what] for one in _runs(plan, results, tool, name)] for name in plan.problems}


def _after(plan: Plan, results: Results, tool: str, problem: str, count: int) -> list[float]:
    return [one["curve"][min(count, len(one["curve"])) - 1] for one in _runs(plan, results, tool, problem)]


def _mean(values: Sequence[float]) -> str:
    if not values:
        return _NONE
    sd = f"{statistics.stdev(values):.3f}" if len(values) > 1 else _NONE
    return f"{statistics.fmean(values):.3f} ({sd}; {len(values)})"


def _by_problem(plan: Plan, best: Mapping[str, Mapping[str, list[float]]]) -> list[list[str]]:
    rows = {name: [name] for name in plan.problems}
    for tool in PEERS:
        both = {
            name: (best[OURS][name], best[tool][name])
            for name in plan.problems
            if best[OURS][name] and best[tool][name]
        }
        found = {each.problem: _welch(each) for each in per_problem(both)}
        for name, row in rows.items():
            row.append(found.get(name, _NONE))
    return list(rows.values())


def _welch(found: Welch) -> str:
    p = _NONE if found.adjusted is None else f"{found.adjusted:.3f}"
    return f"{found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}], {p}"


def _against(ours: Mapping[str, list[float]], theirs: Mapping[str, list[float]], tool: str) -> list[str]:
    found = difference(ours, theirs)
    if found is None:
        return [_title(tool), *[_NONE] * 5]
    interval = f"[{found.low:+.3f}, {found.high:+.3f}]"
    return [
        _title(tool),
        f"{found.mean:+.3f}",
        interval,
        str(found.problems),
        str(found.seeds),
        found.verdict,
    ]
