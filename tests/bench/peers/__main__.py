"""Measure four peers and ours, and print one page: `python -m tests.bench.peers` (`make bench-peers`).

Every run's result is kept under `--home`; a run that was measured is not measured again, so the same command
goes on where it was stopped, and `--again` begins anew.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.peers import cells, faults, kill, search, speed
from tests.bench.peers.cells import QUICK, Cell, Plan, Results
from tests.bench.peers.install import PEERS, NotInstalled, interpreter
from tests.bench.peers.page import page, within
from tests.bench.peers.service import Serving, evaluating

ROOT = Path(__file__).parents[3]
AT_A_TIME = {"kill": 3, "fault": 6, "search": 3}
"""Runs at the same time where only the outcome counts."""


def main() -> None:
    """Measure what has not been measured, print the page, and keep it as `peers.md`."""
    given = _arguments()
    plan = QUICK if given.quick else Plan()
    plan = replace(plan, seeds=given.seeds) if given.seeds else plan
    home = given.home / ("quick" if given.quick else "full")
    if given.again:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another measurement is under way in {home}; wait for its end, or name another --home.")
    _link(given.home, home)
    results = Results(home / "results")
    about = home / "machine.json"
    if not about.exists():
        about.write_text(json.dumps(_machine()), "utf-8")
    kinds = set(given.only.split(",")) if given.only else {"speed", "kill", "fault", "search"}
    _install(home)
    if not given.page:
        _measure(plan, kinds, results, home)
    text = page(plan, results, json.loads(about.read_text("utf-8")))
    (home / "peers.md").write_text(text, "utf-8")
    if given.into is not None:
        given.into.write_text(within(given.into.read_text("utf-8"), text), "utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--again", action="store_true", help="forget what was measured")
    parser.add_argument("--page", action="store_true", help="measure nothing, print what is there")
    parser.add_argument("--seeds", type=int, help="seeds of the search, instead of the plan's")
    parser.add_argument("--only", help="of speed, kill, fault and search, separated by commas")
    parser.add_argument("--into", type=Path, help="a page between whose marks the tables are put")
    parser.add_argument("--home", type=Path, default=ROOT / "runs" / "peers", help="where everything is kept")
    return parser.parse_args()


def _link(shared: Path, home: Path) -> None:
    """Let the short and the full measurement share the peers' environments."""
    (shared / "environments").mkdir(parents=True, exist_ok=True)
    link = home / "environments"
    if not link.exists():
        link.symlink_to(shared.resolve() / "environments", target_is_directory=True)


def _install(home: Path) -> None:
    for peer in PEERS.values():
        try:
            interpreter(peer, home)
        except NotInstalled as why:
            print(f"{peer.title}: {why}", file=sys.stderr)


def _measure(plan: Plan, kinds: set[str], results: Results, home: Path) -> None:
    speed.write_pool(home)
    if "speed" in kinds:
        for cell in cells.timed(plan):
            _one(cell, plan, results, home, None)
    for kind in ("kill", "fault"):
        loose = [cell for cell in cells.untimed(plan) if cell.kind == kind and kind in kinds]
        _side_by_side(loose, AT_A_TIME[kind], plan, results, home, None)
    if "search" in kinds:
        for problem in plan.problems:
            wanted = [cell for cell in cells.searches(plan, problem) if results.get(cell) is None]
            if wanted:
                with evaluating(problem, workers=os.cpu_count() or 1) as serving:
                    _side_by_side(wanted, AT_A_TIME["search"], plan, results, home, serving)


def _side_by_side(
    wanted: Iterable[Cell], at_a_time: int, plan: Plan, results: Results, home: Path, serving: Serving | None
) -> None:
    with ThreadPoolExecutor(at_a_time) as threads:
        waiting = [threads.submit(_one, cell, plan, results, home, serving) for cell in wanted]
        try:
            for each in waiting:
                each.result()
        except BaseException:  # such as Ctrl-C: what is under way ends, and nothing new begins
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _one(cell: Cell, plan: Plan, results: Results, home: Path, serving: Serving | None) -> None:
    """Measure one cell unless it was measured, and forget what the tool has written."""
    if results.get(cell) is not None:
        return
    folder = cells.fresh(home / "work" / cell.key)
    load, begun = os.getloadavg()[0], time.time()
    try:
        result = _run(cell, plan, home, folder, serving)
    except NotInstalled as why:
        result = {"missing": str(why)}
    results.put(cell, result | {"load": load, "at": begun})
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{cell.key}: {time.time() - begun:.1f} s", file=sys.stderr, flush=True)


def _run(cell: Cell, plan: Plan, home: Path, folder: Path, serving: Serving | None) -> dict[str, Any]:
    if cell.kind == "speed":
        assert cell.speed is not None
        return speed.measure(cell.tool, cell.speed, home, folder)
    if cell.kind == "kill":
        return kill.measure(cell.tool, home, folder, plan.long_cap_s)
    if cell.kind == "fault":
        fault = faults.FAULTS[cell.name]
        cap_s = plan.fault_cap_s if fault.passing else plan.lasting_cap_s
        return faults.measure(cell.tool, fault, home, folder, cap_s)
    assert serving is not None
    return search.measure(cell.tool, serving, cell.repeat, home, folder, plan.search_cap_s)


def _machine() -> dict[str, Any]:
    words = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, capture_output=True, text=True).stdout.strip()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": ".".join(map(str, sys.version_info[:3])),
        "system": f"{os.uname().sysname} {os.uname().release.split('-')[0]}",
        "commit": commit,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


if __name__ == "__main__":
    main()
