"""What a back-end starts to see whether it confines: looks around and answers what it could reach.

Runs inside the sandbox as a script; standard library only. It is told what to try by an argument, and answers
one control frame.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Answer what can be reached, then wait until the socket is closed."""
    asked = json.loads(sys.argv[1])
    channel = socket.socket(fileno=int(sys.argv[sys.argv.index("--control-fd") + 1]))
    found: dict[str, Any] = {
        "readable": [path for path in asked["files"] if _works(lambda path=path: Path(path).read_bytes())],
        "network": _works(lambda: _connect(asked["port"])),
        "environment": sorted(os.environ),
        "writable": [path for path in asked["folders"] if _works(lambda path=path: _write(path))],
        "signal": _works(lambda: os.kill(asked["pid"], 0)),
        "pid": os.getpid(),
    }
    body = json.dumps(found).encode()
    channel.sendall(struct.pack(">I", len(body)) + body)
    channel.recv(1)


def _works(action: Any) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


def _connect(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outside:
        outside.settimeout(1.0)
        outside.connect(("127.0.0.1", port))


def _write(folder: str) -> None:
    path = Path(folder, f"adrs-probe-{os.getpid()}")
    path.write_bytes(b"x")
    path.unlink()


if __name__ == "__main__":
    main()
