"""Building the image of the Docker back-end: the host's Python minor version and its exact library versions.

The build itself needs no network: wheels are fetched by the host's own pip, with its configuration, or come
from a folder, or the libraries are copied from this host. Only a base that is not here is pulled.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from adrs.errors import SandboxUnavailable
from adrs.sandbox import distributions, engine, rootfs

IMAGE_FILES = Path(__file__).parent / "image"
_BUILT_FROM = ("Dockerfile", "install.py")
_ENGINES = ("Step", " --->", "Removing", "\n")
"""How lines of a build begin that are the engine's own."""
_STAGE_LABEL = "adrs.sandbox.stage"
_TIMEOUT_S = 1800


def build(
    declared: Iterable[str],
    *,
    base: str | None = None,
    from_host: bool = False,
    wheels: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> engine.Image:
    """Build the image, and return it.

    Args:
        declared: the distributions that problems declare.
        base: an image with this Python on its PATH; by default the official one.
        from_host: make the base and copy the libraries from this host: needs no registry and no index.
        wheels: a folder with a wheel of every library; by default the host's pip downloads them.
        say: told what happens.

    Raises:
        ProblemError: a library is not installed on this host.
        SandboxUnavailable: the engine, the base or a library cannot be had; the sentence says which.
    """
    libraries = distributions.resolve((*distributions.EVALUATORS, *declared))
    client = engine.connect()
    name = f"{engine.REPOSITORY}:{key(libraries.versions)}"
    with tempfile.TemporaryDirectory(prefix="adrs-build-") as folder:
        context = Path(folder, "context")
        _lay_out(context, libraries.versions)
        if from_host:
            say("Copying the interpreter and the libraries from this host.")
            _copy(libraries, context / "libraries")
            base = base or _import_host(client, Path(folder), libraries)
        else:
            _wheels(libraries.versions, wheels, context / "wheels", say)
            base = base or f"python:{engine.host_python()}-slim"
            _pull(client, base, say)
        say(f"Building {name}.")
        _run(client, context, name, base, libraries.versions)
    return next(image for image in engine.images(client) if image.name == name)


def key(versions: Mapping[str, str]) -> str:
    """Return what names an image: a digest of Python, processor, libraries, and the files that build it."""
    parts = [engine.host_python(), platform.machine(), json.dumps(dict(sorted(versions.items())))]
    parts += [(IMAGE_FILES / name).read_text() for name in _BUILT_FROM]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _lay_out(context: Path, versions: Mapping[str, str]) -> None:
    for name in ("libraries", "wheels"):
        (context / name).mkdir(parents=True)
    for name in _BUILT_FROM:
        shutil.copy(IMAGE_FILES / name, context / name)
    wanted = {"python": engine.host_python(), "libraries": dict(versions)}
    (context / "libraries.json").write_text(json.dumps(wanted))


def _copy(libraries: distributions.Libraries, target: Path) -> None:
    for part in libraries.parts:
        for entry in part.files:
            place = target / part.name / entry.relative_to(part.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            if entry.is_dir():
                shutil.copytree(entry, place)
            else:
                shutil.copy2(entry, place)


def _import_host(client: Any, folder: Path, libraries: distributions.Libraries) -> str:
    """Make a base of this host's interpreter, and return the image's id."""
    archive = folder / "root.tar"
    rootfs.write(archive, libraries.files)
    with engine.told_as_unavailable():
        said = client.import_image_from_file(str(archive), changes=["ENV PATH=/usr/local/bin"])
    archive.unlink()
    return str(json.loads(said.strip().splitlines()[-1])["status"])


def _wheels(
    versions: Mapping[str, str], given: Path | None, target: Path, say: Callable[[str], None]
) -> None:
    if given is not None:
        for wheel in sorted(given.glob("*.whl")):
            shutil.copy(wheel, target)
        return
    say("Downloading wheels with this host's pip.")
    requirements = [f"{name}=={version}" for name, version in versions.items()]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "download", *quiet, "--dest", str(target), *requirements]
    done = subprocess.run(  # noqa: S603  (our own interpreter)
        command, capture_output=True, check=False, text=True, timeout=_TIMEOUT_S
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SandboxUnavailable(
            f"The wheels of {', '.join(requirements)} cannot be downloaded ({reason}); give a folder of them "
            "with --wheels, or copy the libraries of this host with --from-host."
        )


def _pull(client: Any, base: str, say: Callable[[str], None]) -> None:
    import docker.errors

    try:
        client.inspect_image(base)
    except docker.errors.ImageNotFound:
        say(f"Pulling {base}.")
    else:
        return
    try:
        with engine.told_as_unavailable():
            client.pull(*base.partition(":")[::2])
    except SandboxUnavailable as error:
        raise SandboxUnavailable(
            f"The base {base} is not on this engine and cannot be pulled; name one that is with --base, or "
            f"make one from this host with --from-host. {error}"
        ) from None


def _run(client: Any, context: Path, name: str, base: str, versions: Mapping[str, str]) -> None:
    stage = uuid.uuid4().hex
    with engine.told_as_unavailable():
        lines = client.build(
            path=str(context), tag=name, buildargs={"BASE": base, "STAGE": stage}, rm=True, forcerm=True,
            network_mode="none", timeout=_TIMEOUT_S, decode=True,
            labels={
                engine.PYTHON_LABEL: engine.host_python(),
                engine.LIBRARIES_LABEL: json.dumps(dict(sorted(versions.items()))),
            },
        )  # fmt: skip
        said = [line for line in lines if "stream" in line or "error" in line]
    with engine.unless_gone():
        client.prune_images(filters={"dangling": True, "label": f"{_STAGE_LABEL}={stage}"})
    failed = next((line["error"] for line in said if "error" in line), None)
    if failed is not None:
        told = [
            line["stream"].strip() for line in said if not line.get("stream", "Step").startswith(_ENGINES)
        ]
        reason = next((line for line in reversed(told) if line), failed)
        raise SandboxUnavailable(f"The image cannot be built from {base}: {reason}.")
