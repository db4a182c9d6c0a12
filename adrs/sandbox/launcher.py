"""The launcher of the `process` back-end: confines itself as the kernel allows, then becomes the worker.

Run as a script by the interpreter (`python -s -S -P -B launcher.py < SETTINGS`); standard library only. In
order: namespaces, private mounts, no capabilities, no new privileges, Landlock, seccomp, `execve`. Every step
that SETTINGS asks for must succeed; otherwise it says why on standard error and ends with 1. With
`"probe": true` it reports what would work; with `"unconfined": true` (`--sandbox none`) it only ties the
worker's life to its parent's; with `"guard": true` it puts a PID namespace around another launcher, so that
nothing of that one can outlive us, whenever we are killed.

Kernel interfaces: `unshare(2)`, `mount(2)`, `prctl(2)`, `landlock(7)` (system calls 444 to 446 everywhere).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

_NEWNS, _NEWUTS, _NEWIPC = 0x00020000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_EVERYTHING = _NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CAPSET = {"x86_64": 126, "aarch64": 91}
_LAST_CAPABILITY = 63

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_READ_ONLY = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Refused(Exception):
    """The kernel refused a step; the text says which and why."""


def main() -> None:
    """Confine this process as the settings ask, and run the command."""
    settings = json.load(sys.stdin)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        if settings.get("probe"):
            print(json.dumps(_offers()))
            return
        _confine(settings)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)


def _confine(settings: dict[str, Any]) -> None:
    _die_with_parent()
    if os.getppid() != settings["parent"]:
        sys.exit(1)
    if settings.get("unconfined"):
        _announce(settings, os.getpid())
        _become(settings)
    if settings.get("guard"):
        _unshare(settings["user_namespace"], _NEWPID, (os.geteuid(), os.getegid()))
        _become_first_process(settings)
        _become(settings)
    rights = landlock_rights(landlock_abi())
    if settings["namespaces"]:
        _unshare(settings["user_namespace"])
        _become_first_process(settings)
        _mount_private(settings)
    else:
        _announce(settings, os.getpid())
    if settings["uid"] is not None:
        os.setgroups([])
        os.setresgid(settings["uid"], settings["uid"], settings["uid"])
        os.setresuid(settings["uid"], settings["uid"], settings["uid"])
    _drop_capabilities()
    _call("no new privileges", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _die_with_parent()  # changing the user has cleared it
    os.chdir(next(iter(settings["scratch"]), "/"))
    restrict_files(settings, rights)
    if settings["seccomp"] is not None:
        filter_calls(bytes.fromhex(settings["seccomp"]))
    _become(settings)


def _become(settings: dict[str, Any]) -> NoReturn:
    os.execve(settings["command"][0], settings["command"], settings["environment"])  # noqa: S606


def _die_with_parent() -> None:
    _call("parent-death signal", _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def _offers() -> dict[str, Any]:
    """Report what works here: the Landlock version, and namespaces with or without a user namespace."""
    offers: dict[str, Any] = {"landlock": landlock_abi(), "uid": os.geteuid()}
    for name, user in (("user", True), ("plain", False)):
        child = os.fork()
        if child == 0:
            try:
                _unshare(user)
                _call("private mounts", _mount(None, "/", None, _MS_REC | _MS_PRIVATE, None))
                _call("tmpfs", _mount("tmpfs", "/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m"))  # noqa: S108
            except (Refused, OSError):
                os._exit(1)
            os._exit(0)
        offers[name] = os.waitpid(child, 0)[1] == 0
    return offers


def _unshare(user_namespace: bool, flags: int = _EVERYTHING, ids: tuple[int, int] = (1000, 1000)) -> None:
    uid, gid = os.geteuid(), os.getegid()
    if user_namespace:
        _call("user namespace", _libc.unshare(_NEWUSER))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{ids[0]} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{ids[1]} {gid} 1")
    _call("namespaces", _libc.unshare(flags))


def _become_first_process(settings: dict[str, Any]) -> None:
    """Fork: the child is process 1 of the new namespace; this process waits for it and passes its end on.

    The child knows by a pipe that this process still lives: in its namespace the parent has no number.
    """
    alive, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        os.close(settings["info_fd"])
        _die_with_parent()
        if not os.read(alive, 1) or select.select([alive], [], [], 0)[0]:
            os._exit(1)
        os.close(alive)
        return
    os.close(alive)
    _announce(settings, child)
    os.close(settings["control_fd"])
    os.write(held, b"x")
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _announce(settings: dict[str, Any], pid: int) -> None:
    os.write(settings["info_fd"], json.dumps({"child-pid": pid}).encode())
    os.close(settings["info_fd"])


def _mount_private(settings: dict[str, Any]) -> None:
    """Lay empty folders over scratch, shared memory and what must not be seen; `/proc` comes last."""
    _call("private mounts", _mount(None, "/", None, _MS_REC | _MS_PRIVATE, None))
    covers = [(folder, f"size={settings['scratch_mib']}m,mode=1777") for folder in settings["scratch"]]
    covers += [(folder, "size=1m,mode=755") for folder in settings["covered"]]
    for folder, options in covers:
        if not Path(folder).is_dir():
            continue
        under = [path for path in settings["read_only"] if path.startswith(f"{folder}/")]
        kept = [(path, os.open(path, os.O_PATH)) for path in under]
        _call(f"cover over {folder}", _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, options))
        for path, descriptor in kept:
            _show_again(path, descriptor)


def _show_again(path: str, descriptor: int) -> None:
    """Bind a readable path back that a cover has just hidden."""
    place = Path(path)
    source = f"/proc/self/fd/{descriptor}"
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    _call(f"bind of {path}", _mount(source, path, None, _MS_BIND | _MS_REC, None))
    os.close(descriptor)
    # In a user namespace the flags that the original mount has must be kept.
    kept = os.statvfs(path).f_flag & (_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    flags = kept | _MS_REMOUNT | _MS_BIND | _MS_RDONLY
    _call(f"read-only bind of {path}", _mount(None, path, None, flags, None))


def _drop_capabilities() -> None:
    for capability in range(_LAST_CAPABILITY + 1):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    number = _CAPSET.get(os.uname().machine)
    if number is None:
        raise Refused(f"capabilities cannot be dropped on the processor {os.uname().machine}")
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    nothing = ctypes.create_string_buffer(24)
    _call("dropping capabilities", _libc.syscall(number, header, nothing))


def landlock_abi() -> int:
    """Return the kernel's Landlock version; 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def landlock_rights(abi: int) -> int:
    """Return every file system right that this version can restrict."""
    known = (1 << 13) - 1
    return known | (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0) | (_IOCTL if abi >= 5 else 0)


def restrict_files(settings: dict[str, Any], rights: int) -> None:
    """Set Landlock: only `read_only`, `listed`, `devices` and `scratch` are in reach from now on.

    Raises:
        Refused: the kernel has no Landlock, or a path to read is not there.
    """
    abi = landlock_abi()
    if abi < 1:
        raise Refused("Landlock is not available")
    attributes = struct.pack("=Q", rights)
    if abi >= 4:
        attributes += struct.pack("=Q", 0b11)
    if abi >= 6:
        attributes += struct.pack("=Q", 0b11)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    ruleset = _libc.syscall(_CREATE_RULESET, buffer, ctypes.c_size_t(len(attributes)), 0)
    _call("Landlock", ruleset)
    for path in settings["read_only"]:
        _allow(ruleset, path, _READ_ONLY, required=True)
    for path in settings["listed"]:
        _allow(ruleset, path, _READ_DIR)
    for path in settings["devices"]:
        _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
    for path in settings["scratch"]:
        _allow(ruleset, path, rights & ~_EXECUTE)
    _call("Landlock", _libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int, *, required: bool = False) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if required:
            raise Refused(f"{path} cannot be bound: {error.strerror}") from None
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= _ON_FILES
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor), 12)
    _call(f"Landlock rule for {path}", _libc.syscall(_ADD_RULE, ruleset, 1, rule, 0))
    os.close(descriptor)


def filter_calls(program: bytes) -> None:
    """Set a seccomp filter: classic BPF, 8 bytes an instruction. New privileges must be given up already.

    Raises:
        Refused: the kernel does not take it.
    """
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    _call("seccomp", _libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0))


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> int:
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    result: int = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    return result


def _call(step: str, result: int) -> None:
    if result < 0:
        raise Refused(f"{step}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
