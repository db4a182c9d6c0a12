"""The Docker engine: how it is reached, which image of ours fits this host, what a killed adrs left behind.

The `docker` SDK is imported when it is used: it takes 0.15 s, and most runs need none of it.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adrs.errors import SandboxUnavailable

if TYPE_CHECKING:
    from docker import APIClient

REPOSITORY = "adrs-sandbox"
PYTHON_LABEL = "adrs.sandbox.python"
LIBRARIES_LABEL = "adrs.sandbox.libraries"
OWNER_LABEL = "adrs.sandbox.owner"
LIBRARIES_FOLDER = "/opt/adrs/libraries"
"""Where an image holds each declared library, in a folder of its normalized name."""

_TIMEOUT_S = 60
_DEFAULT_SOCKET = "/var/run/docker.sock"
_BUILD = "Run `adrs sandbox build` (`--from-host` where no registry can be reached)."
_local = threading.local()


@dataclass(frozen=True)
class Image:
    """An image of ours."""

    id: str
    name: str
    python: str
    libraries: Mapping[str, str]
    """The version of every library in it, by normalized name."""


def host_python() -> str:
    """Return this host's Python minor version, such as `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def connect() -> APIClient:
    """Return a client of the engine that belongs to this thread, having seen the engine answer once.

    Raises:
        SandboxUnavailable: there is no engine, or it is not on this machine, or it may not be used.
    """
    address = _address()
    known: tuple[str, APIClient] | None = getattr(_local, "client", None)
    if known is not None and known[0] == address:
        return known[1]
    import docker

    _require_listener(address.removeprefix("unix://"))
    with told_as_unavailable():
        client = docker.APIClient(base_url=address, version="auto", timeout=_TIMEOUT_S)
    _local.client = (address, client)
    return client


def _address() -> str:
    """Return the engine's address: `DOCKER_HOST`, or the usual socket, or that of a rootless engine."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"The sandbox 'docker' needs Linux: on {sys.platform} an engine runs in a virtual machine, and "
            "the workers' sockets cannot reach into it; run adrs in a Linux machine."
        )
    asked = os.environ.get("DOCKER_HOST")
    rootless = f"{os.environ.get('XDG_RUNTIME_DIR', '/nonexistent')}/docker.sock"
    usual = [path for path in (_DEFAULT_SOCKET, rootless) if Path(path).exists()]
    address = asked or f"unix://{(usual or [_DEFAULT_SOCKET])[0]}"
    scheme, _, path = address.partition("://")
    if scheme != "unix":
        raise SandboxUnavailable(
            f"The sandbox 'docker' needs an engine on this machine, and DOCKER_HOST is {address!r}; "
            "set it to unix:///var/run/docker.sock or the like."
        )
    if not Path(path).exists():
        raise SandboxUnavailable(
            f"The sandbox 'docker' needs a Docker engine, and there is none at {path}; install and start one "
            "(`apt install docker.io`, or https://docs.docker.com/engine/install), or set DOCKER_HOST."
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise SandboxUnavailable(
            f"This user may not use the Docker engine at {path}; join its group (`usermod -aG docker $USER`, "
            "then log in again), or use another sandbox."
        )
    return address


def _require_listener(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(path)
        except OSError as error:
            raise SandboxUnavailable(
                f"The Docker engine at {path} does not answer ({error.strerror}); start it (`dockerd`, or "
                "`systemctl start docker`), or use another sandbox."
            ) from None


@contextmanager
def told_as_unavailable() -> Iterator[None]:
    """Turn what the engine refuses into one sentence.

    Raises:
        SandboxUnavailable: the engine refused or does not answer.
    """
    import docker.errors
    import requests.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise SandboxUnavailable(f"The Docker engine refuses: {error.explanation or error}") from None
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise SandboxUnavailable(f"The Docker engine does not answer: {error}") from None


@contextmanager
def unless_gone() -> Iterator[None]:
    """Go on where a container is gone already, or the engine is."""
    import docker.errors
    import requests.exceptions

    with suppress(docker.errors.DockerException, requests.exceptions.RequestException):
        yield


def images(client: APIClient) -> list[Image]:
    """Return the images that `adrs sandbox build` made, newest first.

    Raises:
        SandboxUnavailable: the engine does not answer.
    """
    with told_as_unavailable():
        found: list[dict[str, Any]] = client.images(filters={"label": [PYTHON_LABEL, LIBRARIES_LABEL]})
    found.sort(key=lambda each: -int(each["Created"]))
    return [
        Image(
            id=each["Id"],
            name=tag,
            python=each["Labels"][PYTHON_LABEL],
            libraries=json.loads(each["Labels"][LIBRARIES_LABEL]),
        )
        for each in found
        for tag in each["RepoTags"] or ()
        if tag.startswith(f"{REPOSITORY}:")  # what is half built on one of ours has its labels, and no name
    ]


def fitting(found: list[Image], needed: Mapping[str, str]) -> Image:
    """Return an image with this host's Python and the exact versions of what is needed.

    Of several, the one that holds most, and the newest of those: it fits most problems.

    Args:
        found: the images there are, newest first.
        needed: version by normalized name, as installed on this host.

    Raises:
        SandboxUnavailable: there is none; the sentence says what differs in the newest.
    """
    fit = [each for each in found if each.python == host_python()]
    fit = [each for each in fit if needed.items() <= each.libraries.items()]
    if fit:
        return max(fit, key=lambda each: len(each.libraries))
    if not found:
        raise SandboxUnavailable(f"The sandbox 'docker' has no image on this engine. {_BUILD}")
    raise SandboxUnavailable(f"The image {found[0].name} {_difference(found[0], needed)}. {_BUILD}")


def _difference(image: Image, needed: Mapping[str, str]) -> str:
    if image.python != host_python():
        return f"has Python {image.python}, and this host has Python {host_python()}"
    for name, version in needed.items():
        if (held := image.libraries.get(name)) != version:
            has = f"{name} {held}" if held else f"no {name}"
            return f"has {has}, and this host has {name} {version}"
    return "fits"


def owner() -> str:
    """Return who owns a container that is started now: this process, told apart from all others."""
    return json.dumps({**_place(), "pid": os.getpid(), "started": _started(os.getpid())}, sort_keys=True)


def remove_left(client: APIClient) -> int:
    """Remove the containers of every adrs on this machine that ended without doing so; return how many.

    Raises:
        SandboxUnavailable: the engine does not answer.
    """
    with told_as_unavailable():
        found = client.containers(all=True, filters={"label": OWNER_LABEL})
    left = [each["Id"] for each in found if not _lives(each["Labels"][OWNER_LABEL])]
    for container in left:
        with unless_gone():
            client.remove_container(container, force=True, v=True)
    return len(left)


def _lives(label: str) -> bool:
    """Whether an owner may still run; true of one that cannot be seen from here."""
    try:
        told = json.loads(label)
        pid, started = int(told["pid"]), told["started"]
    except (ValueError, KeyError, TypeError):
        return False
    if any(told.get(key) != value for key, value in _place().items() if key != "boot"):
        return True
    return bool(told.get("boot") == _place()["boot"] and _started(pid) == started)


@lru_cache(maxsize=1)
def _place() -> dict[str, str]:
    """Where a process number means something: a host, since it was started, and a PID namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return {"host": platform.node(), "boot": boot, "namespace": os.readlink("/proc/self/ns/pid")}  # noqa: PTH115


def _started(pid: int) -> str | None:
    """Return when a process started, in ticks since the machine did (`proc(5)`, field 22 of stat)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
