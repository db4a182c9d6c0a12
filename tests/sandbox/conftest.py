from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adrs.errors import SandboxUnavailable
from adrs.sandbox import distributions, frames, registry
from adrs.sandbox.contract import LaunchSpec, Sandbox, Worker
from adrs.sandbox.view import scratch_folders

EXPLORER = Path(__file__).with_name("explorer.py")


class Explorer:
    """Asks a worker in a sandbox to evaluate expressions."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def ask(self, expression: str) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        frames.send(self.worker.control, {"expression": expression}, deadline)
        return frames.receive(self.worker.control, deadline)

    def value(self, expression: str) -> Any:
        answer = self.ask(expression)
        assert "value" in answer, (expression, answer)
        return answer["value"]

    def error(self, expression: str) -> str:
        answer = self.ask(expression)
        assert "error" in answer, (expression, answer)
        return str(answer["error"])


@pytest.fixture(params=["bubblewrap", "process", pytest.param("docker", marks=pytest.mark.docker)])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    try:
        return registry.sandbox(request.param)
    except SandboxUnavailable as error:
        pytest.skip(f"{request.param}: {error}")


@pytest.fixture
def explore(sandbox: Sandbox) -> Iterator[Callable[..., Explorer]]:
    started: list[Worker] = []

    def start(readable: Sequence[Path] = (), libraries: Sequence[str] = (), scratch_mib: int = 8) -> Explorer:
        found = distributions.resolve(libraries)
        shown = (EXPLORER, *readable, *found.files)
        spec = LaunchSpec(
            role="zygote",
            argv=(str(EXPLORER),),
            readable=shown,
            import_path=found.import_path,
            memory_mib=512,
            scratch=scratch_folders(shown),
            scratch_mib=scratch_mib,
            libraries=tuple(libraries),
        )
        worker = sandbox.launch(spec)
        started.append(worker)
        return Explorer(worker)

    yield start
    for worker in started:
        worker.kill()
