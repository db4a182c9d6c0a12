"""Hostile candidates with the verdict that each must get: the probes of `adrs sandbox check`.

Each is one text file, `NAME.txt`, that no one imports or compiles here. Its first lines say what is expected:

    # verdict: ok            or a kind of failure; `ok`: all it tried was refused, and it scored honestly
    # guarantee: no network  which guarantee of a back-end stops it; see `ALWAYS` for two that every one gives
    # tries: to ...          in words
    # needs: scratch         (optional) it writes files, so it is left out where scratch is not private

A probe is written as a policy, and does no harm where what it tries works. `escape.txt` is what they share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from adrs.model.program import Program

ALWAYS = {
    "limits": "a candidate's memory, time, files and output are limited, and nothing of it is left",
    "answers": "nothing but well-formed answers is believed, and only once",
}
"""Guarantees that every back-end gives, by what the workers themselves do."""

_SHARED = "escape"
_FOLDER = Path(__file__).parent
_PLAN = """\
import probe
from escape import load


def solve(given, rng):
    jobs = list(range(len(given.first_s)))
    answer = probe.Policy(given, rng).step(None)
    if hasattr(probe, "SEEN"):  # what it saw becomes the order, and so the digest of its answers
        return sorted(jobs, key=lambda job: load("hashlib").sha256(f"{job} {probe.SEEN}".encode()).digest())
    return jobs if type(answer) is int and answer == 1 else answer
"""
"""Makes a policy a solver of the problem `flow_shop`."""


@dataclass(frozen=True)
class Probe:
    """One hostile candidate."""

    name: str
    source: str
    verdict: str
    guarantee: str
    tries: str
    needs_scratch: bool


@dataclass(frozen=True)
class Target:
    """Things of the host that probes try to reach; every one of them is there."""

    archive: str
    """A file."""
    folder: str
    """Where it lies."""
    socket: str
    """Path of a Unix socket that listens."""
    name: str
    """Name of another in the abstract namespace."""
    port: int
    """A TCP port of 127.0.0.1 that listens."""
    shared: str
    """Name of a file in `/dev/shm`."""
    home: tuple[str, ...]
    """Files in the home of who runs this."""
    passwords: tuple[int, int]
    """Inode, and time of change in nanoseconds, of the host's `/etc/passwd`."""
    pids: tuple[int, ...]
    """Processes: the first of all, and those that started the sandbox."""
    root: str
    """The folder that holds `evaluators`."""
    problem: str
    """The problem's folder."""
    variables: tuple[str, ...]
    """Names of the environment that a candidate may see."""


@cache
def probes() -> tuple[Probe, ...]:
    """Return every probe, by name."""
    files = sorted(_FOLDER.glob("*.txt"))
    return tuple(_read(file.stem, file.read_text()) for file in files if file.stem != _SHARED)


def probe(name: str) -> Probe:
    """Return one probe.

    Raises:
        KeyError: there is none of that name.
    """
    return {found.name: found for found in probes()}[name]


def helpers(target: Target) -> dict[str, str]:
    """Return the modules that probes import, for any problem."""
    constants = "".join(f"{name.upper()} = {value!r}\n" for name, value in asdict(target).items())
    return {"escape.py": (_FOLDER / f"{_SHARED}.txt").read_text(), "target.py": constants}


def solver(source: str, target: Target) -> Program:
    """Return a policy as a program of the problem `flow_shop`."""
    return Program.of({"solver.py": _PLAN, "probe.py": source, **helpers(target)})


def _read(name: str, source: str) -> Probe:
    said = dict(_headers(source.splitlines()))
    return Probe(
        name=name,
        source=source,
        verdict=said["verdict"],
        guarantee=said["guarantee"],
        tries=said["tries"],
        needs_scratch=said.get("needs") == "scratch",
    )


def _headers(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.removeprefix("# ").partition(": ")
        if not line.startswith("# ") or not colon or key not in ("verdict", "guarantee", "tries", "needs"):
            return
        yield key, value
