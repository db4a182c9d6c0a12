"""How a container of the Docker back-end is confined: what is asked of the engine for one worker.

Everything here is plain data for the engine's `POST /containers/create`; nothing is started.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from adrs.sandbox import boot, distributions, engine, entry
from adrs.sandbox.contract import LaunchSpec, environment
from adrs.sandbox.seccomp import worker_filter

UID = 65532
"""User and group of every worker: nobody of the host's, and not root."""
NOTHING = "nothing"
PIDS = 64
"""Processes and threads that a container may hold."""

_CONTROL = "/run/adrs"
"""Where the folder with the control socket is seen; the socket is gone once it is connected."""
_OWN = "/opt/adrs/entry"
_HERE = Path(__file__).parent
_PROFILE = _HERE / "image" / "seccomp.json"
_OWN_FILES = ("entry.py", "launcher.py")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_ENGINE_FILES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""What an engine writes into every container, from the host's own."""
_INODES = 16384
_OPEN_FILES = 1024
_CPUS = 1
_PATH = "/usr/local/bin:/usr/bin:/bin"
_UNSET = ("HOSTNAME", "LANG", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256")


def configuration(
    image: engine.Image, spec: LaunchSpec, control: Path, *, swap: bool, processors: bool
) -> dict[str, Any]:
    """Return what to ask of the engine.

    Args:
        image: an image that fits the spec.
        spec: the worker.
        control: the host's folder with the control socket, which is called `socket`; beside the folder lies
            an empty file that nobody may read, called `NOTHING`.
        swap: whether this kernel counts swap, so that it can be limited.
        processors: whether this kernel can limit processor time.
    """
    python = ["python3", "-s", "-S", "-P", "-B", f"{_OWN}/adrs/sandbox/entry.py"]
    return {
        "Image": image.id,
        "Entrypoint": [],
        "Cmd": [*python, json.dumps(_settings(image, spec))],
        "User": f"{UID}:{UID}",
        "Hostname": "sandbox",
        "WorkingDir": next(iter(spec.scratch), "/"),
        # A name without a value is taken out; the first program clears the rest before the worker starts.
        "Env": [f"PATH={_PATH}", f"PYTHONPATH={_OWN}", *_UNSET],
        "NetworkDisabled": True,
        "Labels": {engine.OWNER_LABEL: engine.owner()},
        "HostConfig": _host_configuration(image, spec, control, swap, processors),
    }


def _host_configuration(
    image: engine.Image, spec: LaunchSpec, control: Path, swap: bool, processors: bool
) -> dict[str, Any]:
    memory, largest_file = spec.memory_mib << 20, spec.scratch_mib << 20
    found = {
        "NetworkMode": "none",
        "IpcMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={profile()}"],
        "Memory": memory,
        "PidsLimit": PIDS,
        "Ulimits": [
            {"Name": name, "Soft": value, "Hard": value}
            for name, value in (("core", 0), ("nofile", _OPEN_FILES), ("fsize", largest_file))
        ],
        "Tmpfs": _tmpfs(image, spec),
        "Mounts": _mounts(spec, control),
        "MaskedPaths": [*_proc_entries(), "/sys"],
        "LogConfig": {"Type": "none", "Config": {}},
        "AutoRemove": True,
        "DeviceRequests": _gpus(spec.gpus),
    }
    if swap:
        found["MemorySwap"] = memory
    if processors:
        found["NanoCpus"] = _CPUS * 10**9
    return found


@lru_cache(maxsize=1)
def profile() -> str:
    """Return the seccomp profile of every container: an allow-list."""
    return json.dumps(json.loads(_PROFILE.read_text()))


def _settings(image: engine.Image, spec: LaunchSpec) -> dict[str, Any]:
    """What the first program in the container is told; see `entry.py`."""
    libraries = distributions.resolve(spec.libraries).versions
    folders = {name: f"{engine.LIBRARIES_FOLDER}/{name}" for name in libraries}
    program = worker_filter()
    shown = [str(path) for path in _bound(spec)]
    inside = replace(spec, import_path=(*_own_path(spec), *map(Path, folders.values())))
    return {
        "control": f"{_CONTROL}/socket",
        "python": image.python,
        "libraries": {name: [folders[name], version] for name, version in libraries.items()},
        "watched": spec.role == "trusted",
        "read_only": [*shown, *folders.values()],
        "listed": [str(path) for path in _own_path(spec)],
        "devices": _DEVICES,
        "scratch": spec.scratch,
        "seccomp": None if program is None else program.hex(),
        "environment": dict(environment()),
        # The interpreter is the container's own, which is known only there.
        "command": boot.command(inside, entry.CONTROL_FD)[1:],
    }


def _bound(spec: LaunchSpec) -> list[Path]:
    """What is shown of the host: all that is readable but the libraries, which the image has."""
    held = set(distributions.resolve(spec.libraries).files)
    return [path for path in spec.readable if path not in held]


def _own_path(spec: LaunchSpec) -> list[Path]:
    held = set(distributions.resolve(spec.libraries).import_path)
    return [path for path in spec.import_path if path not in held or _is_within(spec, path)]


def _is_within(spec: LaunchSpec, folder: Path) -> bool:
    """Whether a folder of packages also holds something that is not a library."""
    return any(path.is_relative_to(folder) for path in _bound(spec))


def _mounts(spec: LaunchSpec, control: Path) -> list[dict[str, Any]]:
    own = {f"{_OWN}/adrs/sandbox/{name}": _HERE / name for name in _OWN_FILES}
    nothing = dict.fromkeys(_ENGINE_FILES, control.with_name(NOTHING))
    places = {**{str(path): path for path in _bound(spec)}, **own, **nothing, _CONTROL: control}
    return [
        {"Type": "bind", "Source": str(path), "Target": place, "ReadOnly": True}
        for place, path in places.items()
    ]


def _tmpfs(image: engine.Image, spec: LaunchSpec) -> dict[str, str]:
    """Scratch, and empty folders over whatever of the image this worker has not declared."""
    owned = f"uid={UID},gid={UID}"
    size = f"size={spec.scratch_mib}m,nr_inodes={_INODES}"
    found = dict.fromkeys(spec.scratch, f"rw,nosuid,nodev,noexec,mode=0700,{size},{owned}")
    declared = distributions.resolve(spec.libraries).versions
    hidden = [f"{engine.LIBRARIES_FOLDER}/{name}" for name in image.libraries if name not in declared]
    closed = "ro,nosuid,nodev,noexec,mode=0000,size=4k,nr_inodes=2"
    return {**found, **dict.fromkeys((*hidden, "/dev/mqueue"), closed)}


@lru_cache(maxsize=1)
def _proc_entries() -> list[str]:
    """Everything in `/proc` that is not about a process: the machine's load, memory, devices, settings."""
    return [
        f"/proc/{path.name}"
        for path in sorted(Path("/proc").iterdir())
        if not re.fullmatch(r"[0-9]+", path.name) and not path.is_symlink() and path.name != "thread-self"
    ]


def _gpus(count: int) -> list[dict[str, Any]]:
    return [{"Count": count, "Capabilities": [["gpu"]]}] if count else []
