"""A command and everything it starts: CPU seconds, memory, disk, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_S = 0.2
MEMORY_EVERY = 2
"""Memory is looked at with every second sample: to add up shared pages costs milliseconds a process."""


@dataclass
class Measured:
    """What a command used."""

    started: float = 0.0
    """Unix time."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """User and system time of the command and of all its descendants."""
    peak_mib: float = 0.0
    """The most proportional set size of all of them together."""
    code: int | None = None
    """Exit status; negative for a signal, None where it was stopped from here."""
    why: str = ""
    """Why it was stopped from here."""
    left_over: int = 0
    """Processes of it that were still alive a second after its end."""
    cpu_at: list[tuple[float, float]] = field(default_factory=list)
    """Unix time and CPU seconds so far."""


def watch(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    output: Path,
    cap_s: float,
    until: Callable[[], str] = lambda: "",
    stop: signal.Signals = signal.SIGTERM,
) -> Measured:
    """Run a command to its end and return what it used.

    Args:
        command: what to run.
        env: its whole environment.
        output: where its standard output and error go; it works in that file's folder.
        cap_s: after this time it is stopped.
        until: asked with every sample; any text it returns is why the command is stopped.
        stop: the signal it is stopped with; SIGKILL goes to the first process alone.
    """
    measured = Measured(started=time.time())
    begun = time.monotonic()
    with output.open("ab") as file:
        process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=output.parent,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    tree = _Tree(process.pid)
    try:
        _sample(process.pid, tree, measured, begun + cap_s, until)
    except BaseException:  # such as Ctrl-C: nothing that was started here may go on
        process.kill()
        process.wait()
        tree.end_what_is_left()
        raise
    if measured.why:
        os.kill(process.pid, stop)
        _wait(process.pid, 5.0)
        if not _ended(process.pid):
            os.kill(process.pid, signal.SIGKILL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    measured.wall_s = time.monotonic() - begun
    measured.cpu_s = max(measured.cpu_s, used.ru_utime + used.ru_stime)
    measured.code = None if measured.why else process.returncode
    measured.left_over = tree.end_what_is_left()
    return measured


def _sample(pid: int, tree: _Tree, measured: Measured, deadline: float, until: Callable[[], str]) -> None:
    """Look at the processes until the command has ended or is to be stopped."""
    sample = 0
    while not _ended(pid):
        tree.look()
        measured.cpu_s = max(measured.cpu_s, tree.cpu_s)
        measured.cpu_at.append((time.time(), tree.cpu_s))
        if sample % MEMORY_EVERY == 0:
            measured.peak_mib = max(measured.peak_mib, tree.memory_mib())
        sample += 1
        measured.why = until()
        if not measured.why and time.monotonic() > deadline:
            measured.why = "out of time"
        if measured.why:
            return
        time.sleep(SAMPLE_S)


def disk_mib(folder: Path) -> float:
    """Return what the files of a folder take on the disk, in MiB."""
    return sum(each.lstat().st_blocks for each in folder.rglob("*")) * 512 / 2**20


class _Tree:
    """A process and its descendants, remembered after they have left it."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._known: dict[int, psutil.Process] = {pid: self._root}
        self._living = [self._root]
        self.cpu_s = 0.0

    def look(self) -> None:
        """Add up the CPU time: a living process's own, and of those it has waited for."""
        try:
            living = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return
        total, self._living = 0.0, living
        for each in living:
            self._known[each.pid] = each
            try:
                times = each.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        self.cpu_s = max(self.cpu_s, total)

    def memory_mib(self) -> float:
        """Return the proportional set size of all that live, in MiB."""
        total = 0
        for each in self._living:
            try:
                total += each.memory_full_info().pss
            except psutil.Error:
                continue
        return total / 2**20

    def end_what_is_left(self) -> int:
        """Kill what outlived the command for a second; return how many processes that were."""
        time.sleep(1.0)
        left = 0
        for each in self._known.values():
            try:
                if each.is_running() and each.status() != psutil.STATUS_ZOMBIE:
                    each.kill()
                    left += 1
            except psutil.Error:
                continue
        return left


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _wait(pid: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not _ended(pid):
        time.sleep(0.02)
