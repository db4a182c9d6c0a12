"""The local model server, in a process of its own, so that it shares no interpreter with what is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODEL = "adrs-local"
KEY = "sk-local"
_STOP_S = 10.0
ADRS = (sys.executable, "-m", "adrs.cli.main")
"""The command `adrs` of the interpreter that measures."""


class ModelServer:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        """Keep the process and its base URL."""
        self.process = process
        self.url = url

    def stats(self) -> dict[str, Any]:
        """Return what it has served: requests, faults, the most in flight at a time, output tokens."""
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/stats", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def serving(
    *, pool: Path | None = None, latency_s: float = 0.0, seed: int = 0, options: Sequence[str] = ()
) -> Iterator[ModelServer]:
    """Serve for the length of the block: programs of a pool in turn, or sampled edits without one."""
    words = [*ADRS, "testing", "llm-server", "--port", "0", "--latency", str(latency_s), "--seed", str(seed)]
    words += ["--pool", str(pool)] if pool is not None else ["--sample"]
    process = subprocess.Popen([*words, *options], stdout=subprocess.PIPE, text=True, env=environment(None))
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the model server did not start")
        yield ModelServer(process, url)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(url: str | None) -> dict[str, str]:
    """Return the environment of what is started: no key but the local server's, no address but its own."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "SYSTEMROOT")
    given = {name: os.environ[name] for name in kept if name in os.environ}
    given |= {"OPENAI_API_KEY": KEY, "LOCAL_OPENAI_API_KEY": KEY, "PYTHONDONTWRITEBYTECODE": "1"}
    given |= {"NO_PROXY": "127.0.0.1,localhost", "PYTHONHASHSEED": "0"}
    return given if url is None else given | {"OPENAI_BASE_URL": url}
