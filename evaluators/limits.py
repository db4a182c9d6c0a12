"""Resource limits of a child. Standard library only."""

from __future__ import annotations

import math
import mmap
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MIB = 1 << 20
_LARGEST = 1 << 47
_STACK_BYTES = 8 * _MIB
_OPEN_FILES = 64
_NOTHING = ("CORE", "NPROC", "MEMLOCK", "MSGQUEUE", "RTPRIO", "NICE", "SIGPENDING")


def address_space() -> int:
    """Return the bytes of address space that this process has now.

    In a sandbox without `/proc` they are found by halving: one more page fits below a limit, or does not.
    """
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    except OSError:
        return _search()


def set_limits(limits: Mapping[str, Any], zygote_bytes: int) -> None:
    """Limit this process for good: memory as growth over the zygote, CPU seconds, file size, and the rest.

    Args:
        limits: `cpu_s`, `memory_mib` and `file_mib`.
        zygote_bytes: the address space that the zygote had before it forked.
    """
    cpu_s = max(1, math.ceil(limits["cpu_s"]))
    _lower("CPU", cpu_s, cpu_s + 1)  # the first is SIGXCPU, which can be ignored; the second cannot
    _lower("FSIZE", int(limits["file_mib"]) * _MIB)
    _lower("NOFILE", _OPEN_FILES)
    _lower("STACK", _STACK_BYTES)
    for name in _NOTHING:
        _lower(name, 0)
    _lower("AS", zygote_bytes + int(limits["memory_mib"]) * _MIB)


def _lower(name: str, soft: int, hard: int | None = None) -> None:
    which = getattr(resource, f"RLIMIT_{name}")
    now = resource.getrlimit(which)[1]
    wanted = [soft, soft if hard is None else hard]
    if now != resource.RLIM_INFINITY:
        wanted = [min(value, now) for value in wanted]
    resource.setrlimit(which, (wanted[0], wanted[1]))


def _search() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, _LARGEST if hard == resource.RLIM_INFINITY else hard
    try:
        while high - low > mmap.PAGESIZE:
            middle = (low + high) // 2
            if _page_fits(middle, hard):
                high = middle
            else:
                low = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high


def _page_fits(limit: int, hard: int) -> bool:
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        mmap.mmap(-1, mmap.PAGESIZE).close()
    except (OSError, MemoryError):
        return False
    return True
