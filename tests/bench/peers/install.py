"""The peers, pinned, each in a virtual environment of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).parent / "adapters"
OURS = "adrs"
_INSTALL_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Peer:
    """One tool that is measured beside ours."""

    name: str
    title: str
    requirement: str
    """As pip takes it; always one exact version."""
    adapter: str
    """The file in `adapters/` that drives it, run by its own interpreter."""

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.requirement.partition("==")[2]


PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("openevolve", "OpenEvolve", "openevolve==0.4.0", "openevolve.py"),
        Peer("shinka", "ShinkaEvolve", "shinka-evolve==0.0.7", "shinka.py"),
        Peer("skydiscover", "SkyDiscover", "skydiscover==0.1.0", "skydiscover.py"),
        Peer("gepa", "GEPA", "gepa==0.1.4", "gepa.py"),
    )
}


class NotInstalled(Exception):
    """A peer cannot be installed; the text says why."""


def interpreter(peer: Peer, folder: Path) -> Path:
    """Return the interpreter of a peer's environment, which is made where it is missing.

    Raises:
        NotInstalled: pip cannot install it.
    """
    home = folder / "environments" / peer.requirement
    python = home / "bin" / "python"
    done = home / "installed"
    if done.exists():
        return python
    print(f"installing {peer.requirement}", file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(home)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement],
        [str(python), "-m", "compileall", "-q", str(home / "lib")],
    ):
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"not installed within {_INSTALL_TIMEOUT_S:.0f} s") from None
        if ended.returncode != 0 and "compileall" not in command:
            last = ended.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise NotInstalled(f"pip could not install it: {last[0][:120]}")
    done.touch()
    return python
