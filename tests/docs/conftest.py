import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+) -->\n)?^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S
)
TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str | None
    text: str
    why_not_run: str | None


def read_blocks(page):
    for found in FENCE.finditer(page.read_text()):
        title = TITLE.search(found["info"])
        language = found["info"].split(" ")[0]
        yield Block(language, title and title[1], found["text"], found["why"])


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def blocks():
    return lambda page: list(read_blocks(ROOT / page))


@pytest.fixture
def shell(tmp_path):
    """Run a script as a reader would: `adrs` on the path, and the checkout's problems in the folder."""
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "problems").symlink_to(ROOT / "problems")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ADRS_", "OPENAI_"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def run(script):
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env={**kept, "PATH": path, "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=100)
        finally:
            with suppress(ProcessLookupError):  # whatever a script that failed has left running
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        assert process.returncode == 0, f"{script}\n{output}"
        return output

    run.folder = folder
    return run
