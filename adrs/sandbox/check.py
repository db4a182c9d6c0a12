"""The self-check of a back-end: start something in it that tries to get out."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from adrs.errors import SandboxUnavailable, WorkerLost
from adrs.sandbox import frames
from adrs.sandbox.contract import LaunchSpec, Sandbox, environment
from adrs.sandbox.view import scratch_folders

_PROBE = Path(__file__).with_name("probe.py")
_DEADLINE_S = 20.0


def try_out(sandbox: Sandbox, *, signals: bool = True) -> None:
    """Start the probe and verify what it could and could not reach.

    Args:
        sandbox: the back-end.
        signals: whether it says that it keeps a worker's signals inside.

    Raises:
        SandboxUnavailable: the back-end does not start, or it starts and does not confine.
    """
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        secret = Path(folder, "secret")
        secret.write_text("x")
        asked = {
            "files": [str(secret), str(_PROBE.with_name("contract.py")), str(_PROBE)],
            "folders": [folder, str(_PROBE.parent)],
            "port": server.getsockname()[1],
            "pid": os.getpid(),
        }
        _judge(sandbox.name, _ask(sandbox, asked), asked, signals)


def _ask(sandbox: Sandbox, asked: dict[str, Any]) -> dict[str, Any]:
    worker = sandbox.launch(
        LaunchSpec(
            role="zygote",
            argv=(str(_PROBE), json.dumps(asked)),
            readable=(_PROBE,),
            import_path=(),
            memory_mib=512,
            scratch=scratch_folders([_PROBE]),
        )
    )
    try:
        return frames.receive(worker.control, time.monotonic() + _DEADLINE_S)
    except (WorkerLost, frames.DeadlinePassed):
        worker.kill()
        reason = worker.errors().splitlines()[-1:] or ["no reason given"]
        raise SandboxUnavailable(
            f"The sandbox {sandbox.name!r} does not start on this machine: {reason[0]}."
        ) from None
    finally:
        worker.kill()


def _judge(name: str, found: dict[str, Any], asked: dict[str, Any], signals: bool) -> None:
    faults = []
    if found["readable"] != [str(_PROBE)]:
        faults.append("files of the host can be read" if found["readable"] else "bound files cannot be read")
    if found["writable"]:
        faults.append("the host can be written to")
    if found["network"]:
        faults.append("the network can be reached")
    if signals and found["signal"] and found["pid"] != asked["pid"]:
        faults.append("processes of the host can be signalled")
    if set(found["environment"]) - set(environment()) - {"PWD", "LC_CTYPE"}:
        faults.append("the environment is not empty")
    if faults:
        raise SandboxUnavailable(
            f"The sandbox {name!r} starts on this machine but does not confine: {', '.join(faults)}."
        )
