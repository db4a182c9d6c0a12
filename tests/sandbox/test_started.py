from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable, WorkerLost
from adrs.sandbox import cgroup
from adrs.sandbox.contract import LaunchSpec, Sandbox
from adrs.sandbox.started import Launch, StartedWorker

from .conftest import EXPLORER, Explorer


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("command", "said"),
    [(["/nonexistent"], "cannot be started"), (["/bin/sh", "-c", "echo no luck >&2; exit 3"], "no luck")],
)
def test_a_launcher_that_fails_says_why_and_leaks_nothing(command: list[str], said: str) -> None:
    before = descriptors()
    for _ in range(3):
        with pytest.raises(SandboxUnavailable, match=said):
            StartedWorker(lambda control, info: Launch(command), memory_mib=64)
    assert descriptors() == before


def test_a_folder_that_is_missing_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    spec = LaunchSpec("zygote", (str(EXPLORER),), (EXPLORER, tmp_path / "missing"), (), memory_mib=64)
    with pytest.raises(SandboxUnavailable, match="missing"):
        sandbox.launch(spec)


def test_starting_and_killing_leaks_no_descriptor(sandbox: Sandbox) -> None:
    spec = LaunchSpec("zygote", (str(EXPLORER),), (EXPLORER,), (), memory_mib=64)
    sandbox.launch(spec).kill()
    gc.collect()  # an engine's client closes its connections with its last object
    before = descriptors()
    for _ in range(3):
        sandbox.launch(spec).kill()
    gc.collect()
    assert descriptors() == before


def test_the_whole_sandbox_has_a_memory_limit_where_the_host_has_one(sandbox: Sandbox) -> None:
    parent = cgroup.parent_group()
    if parent is None:
        pytest.skip("this host has no control group that we may write")
    spec = LaunchSpec("zygote", (str(EXPLORER),), (EXPLORER,), (), memory_mib=64)
    worker = sandbox.launch(spec)
    try:
        mine = list(parent.glob(f"adrs-{os.getpid()}-*"))
        assert len(mine) == (0 if sandbox.name == "docker" else 1)  # an engine has groups of its own
        with pytest.raises(WorkerLost):
            Explorer(worker).ask("len(bytearray(200 << 20)) + len(os.urandom(200 << 20))")
        deadline = time.monotonic() + 5
        while worker.alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not worker.alive()
    finally:
        worker.kill()
    assert not list(parent.glob(f"adrs-{os.getpid()}-*"))
