"""How each tool is started, and what it has evaluated."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adrs.archive.store import Archive
from adrs.evaluation.source import Source
from adrs.model.problem import Problem
from adrs.model.trial import TrialState
from tests.bench.peers.install import ADAPTERS, OURS, PEERS, interpreter
from tests.bench.peers.model import ADRS, MODEL, environment

TUNING = Path(__file__).parent / "tuning"


@dataclass(frozen=True)
class Work:
    """What a tool is asked to do."""

    tool: str
    folder: Path
    """Everything it writes goes here."""
    home: Path
    """Where the peers' environments are."""
    url: str
    """The model server's."""
    evaluations: int
    """Proposals to evaluate; the initial program comes on top of them."""
    concurrency: int = 4
    seed: int = 0
    sleep_s: float = 0.0
    problem: str | None = None
    """A bundled problem, scored by `service`; None is `tuning`."""
    service: str | None = None
    runs: Path | None = None
    """The archive of ours, where it is not to be one of its own."""
    initial: str = ""
    """The initial program's text, with the peers' marks around what may change."""
    system: str = ""
    """What a model is told of the problem."""
    resume: bool = False
    extra: tuple[str, ...] = ()
    """More words for ours."""


def command(work: Work) -> list[str]:
    """Return the command line, after everything that it needs has been written.

    Raises:
        NotInstalled: the peer cannot be installed.
    """
    work.folder.mkdir(parents=True, exist_ok=True)
    return _ours(work) if work.tool == OURS else _peer(work)


def env(work: Work) -> dict[str, str]:
    """Return the environment of the command."""
    if work.tool == OURS:
        return environment(work.url) | {"ADRS_RUNS": str(_archive(work))}
    scoring = {"PEERS_SCORING": str(work.folder / "scoring.json"), "PEERS_ADAPTERS": str(ADAPTERS)}
    return environment(None) | scoring


def _ours(work: Work) -> list[str]:
    if work.resume:
        return [*ADRS, "resume", "last", "--trials", str(work.evaluations)]
    problem = work.problem or str(_tuning(work))
    words = [*ADRS, "run", problem, "--model", MODEL, "--trials", str(work.evaluations)]
    words += ["--workers", str(work.concurrency), "--seed", str(work.seed)]
    words += ["--set", f"proposer.options.concurrency={work.concurrency}"]
    words += ["--set", "proposer.options.edit=rewrite"]  # the peers ask for whole programs too
    return [*words, *work.extra]


def _tuning(work: Work) -> Path:
    """Copy the problem of the speed measurements, with the sleep that is asked for."""
    copy = work.folder / "tuning"
    if not copy.exists():
        shutil.copytree(TUNING, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / "problem.toml"
        text = file.read_text("utf-8").replace("sleep_s = 0.0", f"sleep_s = {work.sleep_s}")
        file.write_text(text, "utf-8")
    return copy


def _peer(work: Work) -> list[str]:
    peer = PEERS[work.tool]
    initial = work.folder / "initial.py"
    initial.write_text(work.initial, "utf-8")
    scoring = {
        "log": str(work.folder / "evaluations.jsonl"),
        "sleep_s": work.sleep_s,
        "service": work.service,
        "target": target(),
    }
    (work.folder / "scoring.json").write_text(json.dumps(scoring), "utf-8")
    config = {
        "url": work.url,
        "model": MODEL,
        "initial": str(initial),
        "evaluations": work.evaluations,
        "concurrency": work.concurrency,
        "seed": work.seed,
        "system": work.system,
        "out": str(work.folder / "out"),
        "resume": work.resume,
    }
    file = work.folder / "config.json"
    file.write_text(json.dumps(config), "utf-8")
    return [str(interpreter(peer, work.home)), str(ADAPTERS / peer.adapter), str(file)]


def tuning_program() -> str:
    """Return the initial program of `tuning`."""
    return (TUNING / "initial" / "solver.py").read_text("utf-8")


def target() -> list[int]:
    """Return the numbers that programs of `tuning` are to come near."""
    found: list[int] = tomllib.loads((TUNING / "problem.toml").read_text("utf-8"))["params"]["target"]
    return found


def _archive(work: Work) -> Path:
    return work.runs or work.folder / "archive"


@dataclass(frozen=True)
class Done:
    """One evaluation that a tool has had."""

    at: float
    """Unix time when it was done; of ours, when it was recorded."""
    digest: str
    value: float | None
    """A peer's score, or the objective on train of ours; None where it failed or, of ours, was pruned."""
    valid: bool
    """Whether the program ran as it should."""
    requests: int | None = None
    """Of ours, how many answers of the model had been read by then, for trials without an evaluation too."""


def evaluated(work: Work) -> list[Done]:
    """Return what has been evaluated so far without the initial program, in the order of time.

    A trial of ours whose proposals were all duplicates has evaluated nothing and is not among them.
    """
    return _trials(work) if work.tool == OURS else logged(work.folder)[1:]


def measured(work: Work, done: Sequence[Done]) -> list[float]:
    """Return when each evaluation within the search was done, in the order of time.

    Of ours those of champions on validation workloads are among them, as every call of a peer's evaluator is
    among theirs, whatever it is for.
    """
    if work.tool != OURS or not done:
        return [each.at for each in done]
    with sqlite3.connect(f"file:{_archive(work) / 'archive.sqlite'}?mode=ro", uri=True) as connection:
        rows = connection.execute("select at_us / 1e6 from evaluations order by at_us")
        return [at for (at,) in rows if done[0].at <= at <= done[-1].at]


def logged(folder: Path) -> list[Done]:
    """Return the evaluations of a peer from its evaluator's log, the initial program's first."""
    file = folder / "evaluations.jsonl"
    if not file.exists():
        return []
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.endswith("}")]
    found = [
        Done(line["at"], line["digest"], line["score"] if line["valid"] else None, line["valid"])
        for line in lines
    ]
    return sorted(found, key=lambda done: done.at)


def count_evaluated(work: Work) -> int:
    """Return how many evaluations there are so far, cheaply."""
    if work.tool != OURS:
        file = work.folder / "evaluations.jsonl"
        return max(0, file.read_bytes().count(b"\n") - 1) if file.exists() else 0
    database = _archive(work) / "archive.sqlite"
    if not database.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0) as connection:
            rows = connection.execute(
                "select count(*) from trials where ended_us > 0 and number > 0 and state != 'rejected'"
            )
            return int(rows.fetchone()[0])
    except sqlite3.Error:  # it is just being made
        return 0


def _trials(work: Work) -> list[Done]:
    if not (_archive(work) / "archive.sqlite").exists():
        return []
    with Archive.open(_archive(work), create=False) as archive:
        runs = archive.runs(limit=1)
        if not runs:
            return []
        calls = Counter(call.number for call in archive.call_costs(runs[0].id))
        trials = [one for one in archive.trials(runs[0].id) if one.number > 0 and one.told is not None]
        found, requests = [], 0
        for trial in sorted(trials, key=lambda one: one.ended_us):
            requests += calls[trial.number]
            if trial.state is TrialState.REJECTED:
                continue
            value = None
            if trial.state is TrialState.COMPLETED and trial.evaluation is not None:
                value = next(iter(trial.evaluation.objectives.values()))
            digest = trial.program.digest if trial.candidate else ""
            valid = trial.state in (TrialState.COMPLETED, TrialState.PRUNED)
            found.append(Done(trial.ended_us / 1e6, digest, value, valid, requests))
    return sorted(found, key=lambda done: done.at)


def spent(work: Work) -> dict[str, float]:
    """Return what ours has written down of its calls: how many, and what they cost."""
    with Archive.open(_archive(work), create=False) as archive:
        run = archive.runs(limit=1)[0].id
        usage = archive.usage(run)
        return {
            "calls": len(archive.call_costs(run)),
            "output_tokens": usage.output_tokens,
            "cost_usd": usage.cost_usd,
        }


def reason(work: Work) -> str:
    """Return why the run of ours ended, as it is recorded."""
    with Archive.open(_archive(work), create=False) as archive:
        return archive.runs(limit=1)[0].stop_reason


def adopt(work: Work, problem: Problem, source: Source) -> None:
    """Let the run of ours see the train workloads that the evaluation service measures on."""
    with Archive.open(_archive(work)) as archive:
        archive.adopt_key(problem, source.split, source.opening, source.key)


def known_after(work: Work) -> int | None:
    """Return how many evaluations a tool has in what it would go on from, or None where it cannot be read.

    Of OpenEvolve and SkyDiscover that is the number of the newest checkpoint, of ShinkaEvolve and ours the
    rows of their tables, of GEPA the counter in its state, less the initial program.
    """
    out = work.folder / "out"
    if work.tool == OURS:
        return len(_trials(work))
    if work.tool in ("openevolve", "skydiscover"):
        found = [int(path.name[11:]) for path in (out / "checkpoints").glob("checkpoint_*")]
        return max(found, default=0)
    if work.tool == "shinka":
        return _rows(out / "programs.sqlite")
    return _gepa_count(work, out / "gepa_state.bin")


def _rows(database: Path) -> int | None:
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5.0) as connection:
            rows = connection.execute("select count(distinct generation) from programs where generation > 0")
            return int(rows.fetchone()[0])
    except sqlite3.Error:
        return None


def _gepa_count(work: Work, state: Path) -> int | None:
    """Let GEPA's own interpreter read its state: the file is a pickle."""
    if not state.exists():
        return 0
    code = "import pickle,sys;print(pickle.load(open(sys.argv[1],'rb'))['total_num_evals'])"
    words: Sequence[str] = [str(interpreter(PEERS["gepa"], work.home)), "-c", code, str(state)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment(None))
    return int(ended.stdout) - 1 if ended.returncode == 0 and ended.stdout.strip().isdigit() else None


def last_line(file: Path) -> str:
    """Return the last line that a tool printed."""
    if not file.exists():
        return ""
    with file.open("rb") as opened:
        opened.seek(max(0, os.fstat(opened.fileno()).st_size - 4096))
        lines = opened.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
