"""What every sandbox shows of the host: the interpreter, its standard library, the system's shared libraries.

Named files and folders only, never `/`. Folders of third-party packages inside them are masked.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from adrs.errors import SandboxUnavailable

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  (private in a sandbox)
_SCRATCH = ("/tmp", "/var/tmp", "/mnt", "/srv", "/media", _SHARED_MEMORY)  # noqa: S108
_LOADER_CACHE = Path("/etc/ld.so.cache")


@dataclass(frozen=True)
class HostView:
    """Paths of the host that a worker needs to run Python at all. All are absolute and resolved."""

    interpreter: Path
    standard_library: tuple[Path, ...]
    """Folders that hold the standard library."""
    libraries: tuple[Path, ...]
    """Folders and files of shared libraries."""
    links: tuple[tuple[str, str], ...]
    """System library folders that are symbolic links: where they are, and what they say."""
    masked: tuple[Path, ...]
    """Folders of third-party packages inside of the others, which must not be seen."""


@lru_cache(maxsize=1)
def host_view() -> HostView:
    """Return what this interpreter needs of the host."""
    interpreter = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    system = [Path(name) for name in _SYSTEM_LIBRARIES if Path(name).exists()]
    folders = [path for path in system if not path.is_symlink()]
    standard = _standard_library()
    own = Path(sysconfig.get_config_var("LIBDIR") or "/nonexistent").resolve()
    libraries = [*folders, *([] if _within(own, folders) else sorted(own.glob("lib*.so*")))]
    if _LOADER_CACHE.exists():
        libraries.append(_LOADER_CACHE)
    return HostView(
        interpreter=interpreter,
        standard_library=standard,
        libraries=tuple(libraries),
        links=tuple((str(path), str(path.readlink())) for path in system if path.is_symlink()),
        masked=_packages((*folders, *standard)),
    )


def _standard_library() -> tuple[Path, ...]:
    found = []
    for name in ("stdlib", "platstdlib"):
        path = Path(
            sysconfig.get_path(name, vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})
        )
        if path.resolve().is_dir() and path.resolve() not in found:
            found.append(path.resolve())
    return tuple(found)


def _packages(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    patterns = ("site-packages", "dist-packages", "python3*/site-packages", "python3*/dist-packages")
    return tuple(
        sorted({match for folder in folders for pattern in patterns for match in folder.glob(pattern)})
    )


def _within(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder.resolve()) for folder in folders)


def scratch_folders(readable: Iterable[Path]) -> tuple[str, ...]:
    """Return where scratch can be laid so that nothing readable lies in it: two existing folders of the host.

    Inside a sandbox they are empty and private. The first is a folder for files, the second shared memory.
    """
    view = host_view()
    shown = (*readable, *view.standard_library, *view.libraries, view.interpreter)
    free = [
        name
        for name in _SCRATCH
        if Path(name).is_dir() and not any(path.is_relative_to(name) for path in shown)
    ]
    first = next((name for name in free if name != _SHARED_MEMORY), None)
    return tuple(name for name in (first, _SHARED_MEMORY) if name in free)


def require(readable: Iterable[Path]) -> None:
    """Check that everything that a worker is to read is there.

    Raises:
        SandboxUnavailable: a file or folder is missing.
    """
    for path in readable:
        if not path.exists():
            raise SandboxUnavailable(f"{path} is to be shown to a worker in its sandbox, but is not there.")
