"""Killing our process at any moment of a start leaves no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from adrs.sandbox.contract import LaunchSpec, Sandbox

from .conftest import EXPLORER

_VICTIM = """
import sys
from pathlib import Path
from adrs.sandbox import registry
from adrs.sandbox.contract import LaunchSpec

sandbox = registry.sandbox(sys.argv[1])
script = Path(sys.argv[2])
print("ready", flush=True)
while True:
    workers = [sandbox.launch(LaunchSpec("zygote", (str(script),), (script,), (), 256)) for _ in range(3)]
    for worker in workers:
        worker.kill()
"""


def mentioning(text: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and text in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_kill_at_any_moment_leaves_no_process(sandbox: Sandbox, tmp_path: Path) -> None:
    script = tmp_path / "explorer-of-this-test.py"
    shutil.copy(EXPLORER, script)
    for delay_s in (0.0, 0.011, 0.023, 0.037, 0.052, 0.071):
        victim = subprocess.Popen(
            [sys.executable, "-c", _VICTIM, sandbox.name, str(script)], stdout=subprocess.PIPE
        )
        assert victim.stdout is not None
        with victim, victim.stdout:
            assert victim.stdout.readline() == b"ready\n"
            time.sleep(delay_s)
            os.kill(victim.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while (left := mentioning(script.name)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


@pytest.mark.parametrize("delay_s", [0.0, 0.005, 0.02])
def test_killing_a_launcher_ends_its_worker(sandbox: Sandbox, tmp_path: Path, delay_s: float) -> None:
    if sandbox.name == "docker":
        pytest.skip("an engine starts its workers, and outlives us")
    script = tmp_path / "explorer-of-this-test.py"
    shutil.copy(EXPLORER, script)
    worker = sandbox.launch(LaunchSpec("zygote", (str(script),), (script,), (), 256))
    try:
        time.sleep(delay_s)
        for child in psutil.Process().children():
            if script.name in " ".join(child.cmdline()) or "launcher.py" in " ".join(child.cmdline()):
                child.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while (left := mentioning(script.name)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert left == []
    finally:
        worker.kill()
