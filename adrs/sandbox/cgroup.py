"""A memory limit over a whole sandbox, where the host has a control group that we may write.

The limit on each child's address space holds everywhere; this one holds the sum: zygote, child and scratch.
Version 2 needs a delegated parent, version 1 a writable memory hierarchy (`cgroups(7)`).
"""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from adrs.sandbox.contract import Guarantee

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "adrs"
_NUMBERS = itertools.count()


class MemoryGroup:
    """A control group of one sandbox."""

    def __init__(self, folder: Path) -> None:
        """Take over a group that was just made."""
        self._folder = folder

    def add(self, pid: int) -> None:
        """Put one more process into the group; one that has ended already is no matter."""
        with suppress(OSError):
            (self._folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        """Remove the group; its processes must have ended. Idempotent."""
        with suppress(OSError):
            self._folder.rmdir()


def limit_memory(pid: int, memory_mib: int) -> MemoryGroup | None:
    """Put a process, and whatever it starts from now on, under a memory limit.

    Returns:
        The group, to be closed when the process has ended; None where this host has none that we may write.
    """
    parent = parent_group()
    if parent is None:
        return None
    folder = parent / f"{_PREFIX}-{os.getpid()}-{next(_NUMBERS)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    group = MemoryGroup(folder)
    size = str(memory_mib << 20)
    try:
        _limit_file(folder).write_text(size)
        with suppress(OSError):
            (folder / "memory.swap.max").write_text("0")
        (folder / "cgroup.procs").write_text(str(pid))
    except OSError:
        group.close()
        return None
    return group


def memory_guarantee() -> Guarantee:
    """Return what can be promised of the memory of a whole sandbox."""
    if parent_group() is None:
        how = "no control group that we may write; each child's address space is limited all the same"
        return Guarantee("memory of the whole", False, how)
    return Guarantee("memory of the whole", True, "a control group, besides each child's address space")


@lru_cache(maxsize=1)
def parent_group() -> Path | None:
    """Return the control group under which we may make others with a memory limit, or None.

    Groups that an earlier process of ours left behind when it was killed are removed on the way.
    """
    for folder in _candidates():
        _remove_left(folder)
        trial = folder / f"{_PREFIX}-{os.getpid()}-trial"
        try:
            trial.mkdir()
        except OSError:
            continue
        try:
            if _limit_file(trial).exists():
                return folder
        finally:
            with suppress(OSError):
                trial.rmdir()
    return None


def _candidates() -> list[Path]:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            found.append(_ROOT / "memory" / path.lstrip("/"))
        elif not controllers and (_ROOT / "cgroup.controllers").exists():
            own = _ROOT / path.lstrip("/")
            found += [folder for folder in (own, own.parent) if folder.is_relative_to(_ROOT)]
    return found


def _limit_file(folder: Path) -> Path:
    second = folder / "memory.max"
    return second if second.exists() else folder / "memory.limit_in_bytes"


def _remove_left(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with suppress(OSError):
                left.rmdir()
