"""How long the archive takes per trial as it grows, and how much room.

Run as a script: `python tests/bench/bench_archive.py [--trials 100000] [--workloads 40]`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "archive"))

import archive_records as records

from adrs.archive.store import Archive

SAMPLES = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--workloads", type=int, default=40, help="workloads per evaluation, 4 numbers each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Archive.open(folder) as archive:
        archive.create_run(records.run_record(), records.INITIAL)
        print("  stored   begin  propose  record     all  queries  MB/1000")
        done = 0
        for size in (1_000, 10_000, 100_000):
            if size > options.trials:
                break
            timings = grow(archive, done, size, options.workloads)
            done = size
            file = Path(folder) / "archive.sqlite"
            megabytes = file.stat().st_size / 1e6 / size * 1000
            medians = [statistics.median(each) * 1e3 for each in timings]
            asked = statistics.median(queries(archive, size)) * 1e3
            cells = [f"{size:8}", *(f"{m:{w}.2f}" for m, w in zip(medians, (7, 8, 7, 7), strict=True))]
            print(*cells, f"{asked:8.2f} {megabytes:8.2f}", flush=True)
        print("milliseconds, medians of 300; queries: usage, two owners and the trial of a program")


def grow(archive: Archive, start: int, stop: int, workloads: int) -> list[list[float]]:
    timings: list[list[float]] = [[], [], [], []]
    for number in range(start, stop):
        trial, running = records.ended(number, workloads=workloads), records.begun(number)
        marks = [time.perf_counter()]
        archive.begin_trial(running)
        marks.append(time.perf_counter())
        archive.record_proposal(records.RUN, number, 0, trial.candidate, normal_form=trial.program.digest)
        marks.append(time.perf_counter())
        archive.record(trial)
        marks.append(time.perf_counter())
        if number >= stop - SAMPLES:
            for i in range(3):
                timings[i].append(marks[i + 1] - marks[i])
            timings[3].append(marks[3] - marks[0])
    return timings


def queries(archive: Archive, size: int) -> list[float]:
    timings = []
    for sample in range(SAMPLES):
        number = sample * 7919 % size
        trial = records.ended(number)
        timings.append(timed(lambda trial=trial: ask(archive, trial)))
    return timings


def ask(archive: Archive, trial: records.Trial) -> None:
    archive.usage(records.RUN)
    owner = archive.normal_form_owner(records.RUN, trial.program.digest)
    archive.behaviour_owner(records.RUN, trial.measured.behaviour)
    found = archive.trial_of(records.RUN, trial.program.digest)
    if owner != trial.program.digest or found is None or found.number != trial.number:
        raise SystemExit(f"trial {trial.number} was not found by its program")


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
