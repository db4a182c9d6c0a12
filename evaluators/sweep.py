"""Empty the scratch folders that a candidate could write to, whatever it left there.

Standard library only.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from contextlib import suppress

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def sweep(folders: Iterable[str], within_s: float) -> bool:
    """Remove everything in some folders, and not the folders themselves.

    Works on any depth of nesting with two open descriptors: a folder that is not empty gives its own folders
    to the top first. Links are never followed. Nothing else may be writing meanwhile.

    Returns:
        Whether they are empty now; False where time ran out or something could not be removed.
    """
    deadline = time.monotonic() + within_s
    emptied = [_sweep_one(folder, deadline) for folder in folders]  # all of them, also after a failure
    return all(emptied)


def _sweep_one(folder: str, deadline: float) -> bool:
    try:
        top = os.open(folder, _FLAGS)
    except OSError:
        return False
    try:
        found = os.lstat(folder)
        if stat.S_IMODE(found.st_mode) & 0o700 != 0o700:
            os.fchmod(top, stat.S_IMODE(found.st_mode) | 0o700)
        if not _empty(top, deadline):
            return False
        with suppress(PermissionError):  # not ours where another user made it
            os.utime(top, ns=(0, 0))  # when it was last written to is nobody's business
        return True
    except OSError:
        return False
    finally:
        os.close(top)


def _empty(top: int, deadline: float) -> bool:
    moved = 0
    while names := os.listdir(top):
        for name in names:
            if time.monotonic() > deadline:
                return False
            if _is_folder(name, top):
                moved = _flatten(name, top, moved, deadline)
            else:
                os.unlink(name, dir_fd=top)
    return True


def _flatten(name: str, top: int, moved: int, deadline: float) -> int:
    """Remove one folder of the top; its own folders come to the top under new names."""
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, _FLAGS, dir_fd=top)
    try:
        for each in os.listdir(inner):  # noqa: PTH208  (a descriptor has no path)
            if time.monotonic() > deadline:
                return moved
            if _is_folder(each, inner):
                os.chmod(each, 0o700, dir_fd=inner)
                moved = _move(each, inner, top, moved)
            else:
                os.unlink(each, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
    return moved


def _move(name: str, inner: int, top: int, moved: int) -> int:
    """Rename a folder to a name that the top does not have; a candidate may have taken any name."""
    while True:
        moved += 1
        new = f"swept-{moved}"
        try:
            os.stat(new, dir_fd=top, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(name, new, src_dir_fd=inner, dst_dir_fd=top)
            return moved


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
