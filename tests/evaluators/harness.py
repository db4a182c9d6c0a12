"""Drive the two workers directly over socket pairs, with no sandbox and no pool between."""

import json
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from evaluators import control

ROOT = Path(control.__file__).resolve().parent.parent
KEY = bytes(range(16)).hex()


class Worker:
    """One worker process and its control socket."""

    def __init__(self, module, *arguments):
        self.control, theirs = socket.socketpair()
        self.control.settimeout(60)
        environment = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        environment["PYTHONPATH"] = str(ROOT)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "--control-fd", str(theirs.fileno()), *arguments],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=ROOT,
            )

    def ask(self, op, fds=(), **fields):
        control.send(self.control, {"op": op, **fields}, tuple(fds))
        answer, _ = control.receive(self.control)
        assert answer is not None, "the worker is gone"
        return answer

    def close(self):
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Workers:
    """A trusted worker and a zygote for one problem."""

    def __init__(self, folder, *, libraries=(), scratch=None, params=None):
        self.folder = Path(folder)
        self.toml = tomllib.loads((self.folder / "problem.toml").read_text())
        self._temporary = tempfile.TemporaryDirectory() if scratch is None else None
        self.scratch = Path(self._temporary.name if self._temporary else scratch)
        interface = self.folder / "interface.py"
        self.zygote = Worker(
            "evaluators.zygote",
            *("--libraries", ",".join(libraries), "--scratch", str(self.scratch)),
            *(("--interface", str(interface)) if interface.exists() else ()),
        )
        self.trusted = Worker("evaluators.trusted")
        self.zygote_hello = self.zygote.ask("hello")
        self.trusted_hello = self.trusted.ask(
            "hello",
            problem=str(self.folder),
            base=None,
            evaluator=self.toml["problem"]["evaluator"],
            params=self.toml.get("params", {}) | (params or {}),
            objectives=[
                {"name": each["name"], "direction": each["direction"]} for each in self.toml["objective"]
            ],
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.zygote.close()
        self.trusted.close()
        if self._temporary:
            self._temporary.cleanup()

    def fork(self, files, *, cpu_s=5.0, memory_mib=128):
        """Start a child with a program; return our end of its channel."""
        ours, theirs = socket.socketpair()
        limits = {"cpu_s": cpu_s, "memory_mib": memory_mib, "file_mib": 4}
        with theirs:
            answer = self.zygote.ask("fork", [theirs.fileno()])
        assert answer["ok"], answer
        entry_file, entry_name = self.toml["problem"]["entry"].split(":")
        if isinstance(files, str):
            files = {entry_file: files}
        frame = {
            "files": files,
            "entry_file": entry_file,
            "entry_name": entry_name,
            "imports": self.toml.get("limits", {}).get("imports", []),
        }
        for message in (limits, frame):
            body = json.dumps(message).encode()
            ours.sendall(struct.pack(">I", len(body)) + body)
        return ours

    def run(self, files, indices=(0, 1, 2), *, wall_s=10.0, repeat=0, key=KEY, kill_after_s=0.25, **limits):
        """Run a program; return what the trusted worker and the zygote say."""
        ours = self.fork(files, **limits)
        request = {"op": "run", **self.source(key), "indices": list(indices), "repeat": repeat}
        request |= {"entry": "", "wall_s": wall_s}
        with ours:
            control.send(self.trusted.control, request, (ours.fileno(),))
        answer, _ = control.receive(self.trusted.control)
        assert answer is not None, "the trusted worker is gone"
        end = self.zygote.ask("end", kill_after_s=kill_after_s)
        return answer, end

    def source(self, key=KEY, split="train"):
        return {"split": split, "key": key}


def fresh_key():
    return secrets.token_bytes(16).hex()
