"""The Docker back-end: every worker in a warm container of its own, with the worker as its first process.

Both workers run so. The zygote's container is shown `interface.py`, the few files of the worker, and the
folder of its control socket; the trusted worker's the evaluator, the simulators, the problem's folder and its
data; all read-only. Libraries come from the image that `adrs sandbox build` makes. Neither has a network, an
archive or a key. No program is ever started in a container from outside (`docker exec`): between candidates
its first process sweeps it, and one that is not empty then, or has reached its set age, is replaced.

`--sandbox auto` prefers bubblewrap where that works: there a worker has no `/proc` and a user namespace, no
service that runs as root stands between it and us, and a start takes a third of the time. Docker comes next,
since a process that is merely confined (`process`) can see which paths exist and has no limits on the whole.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from adrs.errors import SandboxUnavailable
from adrs.sandbox import container, distributions, engine, entry, launcher
from adrs.sandbox.check import try_out
from adrs.sandbox.contract import Guarantee, LaunchSpec, Sandbox, Worker
from adrs.sandbox.said import Said
from adrs.sandbox.seccomp import worker_filter
from adrs.sandbox.view import require

AGE_S = 3600.0
"""How long a container is used."""

_START_S = 60.0
_END_S = 20
_POLL_S = 0.2
_FOLDERS = "adrs-container-"
_checked: set[str] = set()


class Docker(Sandbox):
    """Starts workers in containers of an engine on this machine."""

    name = "docker"

    def check(self) -> None:
        """Verify that the engine, the image and the confinement work here, by starting something in it.

        What a killed adrs left behind is removed on the way.

        Raises:
            SandboxUnavailable: no engine answers, no image fits this host, or a container does not confine.
        """
        client = engine.connect()
        found = engine.images(client)
        image = engine.fitting(found, distributions.resolve(distributions.EVALUATORS).versions)
        engine.remove_left(client)
        _remove_folders()
        if image.id not in _checked:
            try_out(self)
            _checked.add(image.id)

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises on this host and what it cannot."""
        offers = _offers()
        filtered = worker_filter() is not None and "name=seccomp" in " ".join(offers["SecurityOptions"])
        landlock = launcher.landlock_abi()
        own = "every entry but a process's own"
        proc = f"Landlock {landlock}, and masks over the rest" if landlock else f"masked: {own}"
        memory = offers.get("MemoryLimit", False) and offers.get("SwapLimit", False)
        no_swap = "this kernel counts memory and no swap" if offers.get("MemoryLimit") else "not counted here"
        processes = offers.get("PidsLimit", False)
        quota = offers.get("CPUCfsQuota", False)
        return (
            Guarantee("no network", True, "a network namespace without devices"),
            Guarantee("files", True, "a read-only root of a known image, and named, read-only paths"),
            Guarantee("file names hidden", True, "nothing else of the host is in its file system"),
            Guarantee("other processes", True, "a PID namespace; the worker is its first process"),
            Guarantee("no /proc", landlock > 0, proc),
            Guarantee("shared memory", True, "an IPC namespace and a private /dev/shm"),
            Guarantee("no privileges", True, f"uid {container.UID}, no capabilities, no new privileges"),
            Guarantee("environment", True, "cleared"),
            Guarantee("system calls", filtered, "an allow-list" if filtered else "not filtered here"),
            Guarantee("memory of the whole", memory, "no swap beyond it" if memory else no_swap),
            Guarantee(
                "processes of the whole", processes, f"{container.PIDS}" if processes else "not counted"
            ),
            Guarantee("processor of the whole", quota, "one" if quota else "this kernel has no quota"),
            Guarantee("dies with us", True, "it ends with its control socket, and is removed when it ends"),
        )

    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker.

        Raises:
            SandboxUnavailable: it cannot be started.
        """
        require(spec.readable)
        _require_open(spec)
        needed = distributions.resolve(spec.libraries).versions
        image = engine.fitting(engine.images(engine.connect()), needed)
        return ContainerWorker(image, spec)


class ContainerWorker(Worker):
    """A worker that is the first process of a container. Used by one thread."""

    def __init__(self, image: engine.Image, spec: LaunchSpec) -> None:
        """Start the container and wait until its worker is connected.

        Raises:
            SandboxUnavailable: the engine refuses, or the worker does; the sentence says why.
        """
        self._client = engine.connect()
        self._image = image
        self._ended = False
        self._said = Said()
        self._id = ""
        self._born = time.monotonic()
        offers = _offers()
        # The outer folder is ours alone (0700); the inner one is shown, and its socket open to any user.
        prefix = f"{_FOLDERS}{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix) as outer, socket.socket(socket.AF_UNIX) as server:
            folder = Path(outer, "control")
            folder.mkdir()
            folder.chmod(0o755)
            folder.with_name(container.NOTHING).touch(0o000)
            path = folder / "socket"
            server.bind(str(path))
            path.chmod(0o666)
            server.listen(1)
            swap, quota = bool(offers.get("SwapLimit")), bool(offers.get("CPUCfsQuota"))
            wanted = container.configuration(image, spec, folder, swap=swap, processors=quota)
            try:
                self._start(wanted)
                self.control = self._accept(server)
                path.unlink()
                self._greet()
                with engine.told_as_unavailable():
                    self.pid = self._client.inspect_container(self._id)["State"]["Pid"]
            except BaseException:
                self.kill()
                raise

    def _start(self, wanted: dict[str, Any]) -> None:
        with engine.told_as_unavailable():
            self._id = self._client.create_container_from_config(wanted)["Id"]  # type: ignore[no-untyped-call]
            self._client.start(self._id)

    def _accept(self, server: socket.socket) -> socket.socket:
        """Wait for the worker to connect, or for its container to be gone."""
        deadline = time.monotonic() + _START_S
        server.settimeout(_POLL_S)
        while time.monotonic() < deadline:
            try:
                control, _ = server.accept()
            except TimeoutError:
                if self._gone():
                    break
                continue
            control.settimeout(None)
            return control
        raise SandboxUnavailable(
            f"The worker in the container of {self._image.name} ended or did not connect; has its base "
            "a `python3` on its PATH? Run `adrs sandbox build` again."
        )

    def _gone(self) -> bool:
        import docker.errors

        try:
            with engine.told_as_unavailable():
                return not self._client.inspect_container(self._id)["State"]["Running"]
        except (SandboxUnavailable, docker.errors.NotFound):
            return True

    def _greet(self) -> None:
        """Hand over where standard error goes, and hear whether the worker's image fits this host."""
        self.control.settimeout(_START_S)
        with suppress(OSError):
            socket.send_fds(self.control, [entry.ERRORS], [self._said.fileno()])
        try:
            ready = self.control.recv(1) == entry.READY  # what follows may be the worker's own already
            reason = "" if ready else self.control.recv(4096).decode(errors="replace")
        except OSError as error:
            ready, reason = False, str(error)
        if not ready:
            reason = reason or "it ended"
            raise SandboxUnavailable(
                f"The image {self._image.name} does not fit this host: {reason}. Run `adrs sandbox build`."
            )
        self.control.settimeout(None)

    def worn(self) -> bool:
        """Whether it has reached the age at which it is replaced."""
        return time.monotonic() - self._born > AGE_S

    def errors(self) -> str:
        """Return the end of what the worker has written to its standard error so far."""
        return self._said.text()

    def kill(self) -> None:
        """End the container with everything in it, and wait until it is gone. Idempotent."""
        if self._ended:
            return
        self._ended = True
        if self._id:
            with engine.unless_gone():
                self._client.remove_container(self._id, force=True, v=True)
            with engine.unless_gone():  # where the engine was removing it already
                self._client.wait(self._id, timeout=_END_S, condition="removed")
            self._client.close()  # the connections kept for the paths of this container; it opens others
        self._said.close()
        if hasattr(self, "control"):
            with suppress(OSError):
                self.control.shutdown(socket.SHUT_RDWR)
            self.control.close()


def _offers() -> dict[str, Any]:
    """What the engine says of itself and its kernel."""
    with engine.told_as_unavailable():
        found: dict[str, Any] = engine.connect().info()
    return found


def _remove_folders() -> None:
    """Remove the folders of sockets of every adrs that was killed while it started a container."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDERS}*-*"):
        owner = folder.name.removeprefix(_FOLDERS).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists() and folder.stat().st_uid == os.getuid():
            shutil.rmtree(folder, ignore_errors=True)


def _require_open(spec: LaunchSpec) -> None:
    """Check that what is shown can be read by a user who is nobody here."""
    for path in spec.readable:
        mode = path.stat().st_mode
        wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
        if mode & wanted != wanted:
            raise SandboxUnavailable(
                f"{path} is to be shown to a worker in a container, which is another user, and may not be "
                f"read by others; run `chmod -R o+rX {path}`, or use another sandbox."
            )
