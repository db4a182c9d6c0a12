"""A minimal root file system from this host: the interpreter, its standard library, their shared libraries.

For machines that reach no registry. Nothing else of the host is taken: no shell, no package manager, no
users, no configuration. The shared libraries are those that the dynamic loader names (`ldd`).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from adrs.errors import SandboxUnavailable
from adrs.sandbox.view import host_view

_PREFIX = PurePosixPath("usr/local")
"""Where Python goes: it finds its standard library from where its executable lies."""
_LEFT_OUT = frozenset({
    "dist-packages", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter", "turtledemo",
})  # fmt: skip
_FOLDERS = ("dev", "proc", "sys", "tmp", "var/tmp", "mnt", "srv", "media", "etc", "opt/adrs")
_RESOLVED = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_DYNAMIC = ("libgcc_s.so.1",)
"""Loaded by name while a program runs, so that no file says that it needs them."""


def write(archive: Path, libraries: Iterable[Path]) -> None:
    """Write the file system as a tar file.

    Args:
        archive: where.
        libraries: files and folders of third-party libraries; not taken, but what they need is.

    Raises:
        SandboxUnavailable: the shared libraries of this Python cannot be found.
    """
    view = host_view()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    objects = [view.interpreter, *(path for folder in view.standard_library for path in _shared(folder))]
    objects += [path for entry in libraries for path in _shared(entry)]
    with tarfile.open(archive, "w") as tar:
        for name in _FOLDERS:
            _add_folder(tar, name)
        tar.add(view.interpreter, str(_PREFIX / "bin" / version), filter=_plain)
        _add_link(tar, str(_PREFIX / "bin" / "python3"), version)
        for folder in view.standard_library:
            tar.add(folder, str(_PREFIX / "lib" / version), filter=_standard)
        for place, source in needed(objects).items():
            tar.add(source, place.lstrip("/"), filter=_plain)


def needed(objects: Iterable[Path]) -> dict[str, Path]:
    """Return where the loader will look for each shared library of the system, and the file that it is.

    Raises:
        SandboxUnavailable: `ldd` is missing or names nothing.
    """
    try:
        said = subprocess.run(  # noqa: S603  (files of ours)
            ["ldd", *map(str, objects)],  # noqa: S607  (the system's own)
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxUnavailable(
            f"The shared libraries of Python cannot be listed with ldd: {error}."
        ) from None
    named = sorted({Path(path) for path in _RESOLVED.findall(said)})
    home = next((path.parent for path in named if path.name.startswith("libc.so")), None)
    if home is None:
        raise SandboxUnavailable(
            "ldd names no C library for this Python, so no image can be made from this host; "
            "build one from a base with --base."
        )
    named += [home / name for name in _DYNAMIC if (home / name).exists()]
    system = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
    found = {}
    for path in named:
        own = any(path.is_relative_to(folder) for folder in system)
        if not own and "python" not in path.name:
            continue  # part of a library, which is copied with it
        found[str(path if own else home / path.name)] = path.resolve()
    return found


def _shared(entry: Path) -> list[Path]:
    """Return the shared objects below a folder, or a file that is one."""
    if entry.is_dir():
        found = (path for path in entry.rglob("*.so*") if ".so" in path.suffixes and path.is_file())
        return sorted(path for path in found if not path.name.startswith("_tkinter"))
    return [entry] if ".so" in entry.suffixes else []


def _standard(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = PurePosixPath(member.name).relative_to(_PREFIX / "lib").parts[1:]
    if parts and (parts[0] in _LEFT_OUT or parts[0].startswith("config-")):
        return None
    return _plain(member)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Everything belongs to root, can be read by all and written by nobody else."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _add_folder(tar: tarfile.TarFile, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = 0o755
    tar.addfile(member)


def _add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    member = tarfile.TarInfo(name)
    member.type = tarfile.SYMTYPE
    member.linkname = target
    tar.addfile(member)
