"""The system calls that a candidate may make: an allow-list, set in the child after the fork.

What Python and numpy need to compute and to use private scratch is allowed; everything else returns EPERM. So
there are no new processes or threads, no sockets, signals to others, priorities, limits of others, io_uring,
keyrings, memfd, namespaces or tracing, and no way to ask for more than the list.

The filter is classic BPF, assembled here: seccomp(2), and Documentation/userspace-api/seccomp_filter.rst of
Linux. Standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import signal
import struct
from dataclasses import dataclass

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_LOAD_WORD, _JUMP_EQUAL, _JUMP_ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data`: the call's number, the architecture, six 64-bit arguments."""
_X32_BIT = 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36

# number on x86_64 (None where there is none), number on aarch64
_CALLS: dict[str, tuple[int | None, int | None]] = {
    # reading and writing what is open
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "lseek": (8, 62), "pread64": (17, 67),
    "pwrite64": (18, 68), "readv": (19, 65), "writev": (20, 66), "ftruncate": (77, 46), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "close_range": (436, 436),
    # files: the sandbox's file system decides what is there
    "open": (2, None), "openat": (257, 56), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents64": (217, 61),
    "getcwd": (79, 17), "chdir": (80, 49), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276),
    # memory: bounded by RLIMIT_AS
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216),
    "madvise": (28, 233),
    # signals of its own
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    # waiting and time
    "futex": (202, 98), "sched_yield": (24, 124), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    # who and where it is
    "getpid": (39, 172), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160), "getrusage": (98, 165),
    "getrlimit": (97, 163), "getcpu": (309, 168), "sched_getaffinity": (204, 123), "getrandom": (318, 278),
    "rseq": (334, 293), "set_robust_list": (273, 99),
    # the end
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
_FCNTL, _IOCTL, _PRLIMIT64, _CLONE3 = (72, 25), (16, 29), (302, 261), (435, 435)
_FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: not F_SETOWN, which sends signals."""
_IOCTL_COMMANDS = (0x5401, 0x5413, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONBIO, FIONCLEX, FIOCLEX: not FIOSETOWN."""


class SeccompError(Exception):
    """The filter cannot be made or set on this machine."""


@dataclass(frozen=True)
class _Machine:
    column: int
    audit: int
    """AUDIT_ARCH_... of `linux/audit.h`."""


_MACHINES = {"x86_64": _Machine(0, 0xC000003E), "aarch64": _Machine(1, 0xC00000B7)}


class _Program(ctypes.Structure):
    """`struct sock_fprog` of `linux/filter.h`."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class Filter:
    """The assembled allow-list, made once in the zygote and set in each child."""

    def __init__(self, machine: str | None = None) -> None:
        """Assemble for a machine as `platform.machine` names it; this one by default.

        Raises:
            SeccompError: there is no table for this machine.
        """
        name = machine or platform.machine()
        if name not in _MACHINES:
            raise SeccompError(f"There is no seccomp table for {name}; there is for {', '.join(_MACHINES)}.")
        self.code = _assemble(_MACHINES[name])
        self._buffer = ctypes.create_string_buffer(self.code, len(self.code))
        self._program = _Program(len(self.code) // 8, ctypes.addressof(self._buffer))
        self._prctl = _prctl()

    def set(self) -> None:
        """Confine this process, for good.

        Raises:
            SeccompError: the kernel refuses.
        """
        if self._prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise SeccompError(f"no_new_privs cannot be set: {errno.errorcode[ctypes.get_errno()]}")
        if self._prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(self._program), 0, 0):
            raise SeccompError(f"the seccomp filter is refused: {errno.errorcode[ctypes.get_errno()]}")


def hide_and_adopt() -> None:
    """Let no process read or trace this one, and make it the parent of all orphans below it."""
    prctl = _prctl()
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _prctl()(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _prctl() -> ctypes._NamedFuncPointer:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return prctl


def _assemble(machine: _Machine) -> bytes:
    column = machine.column
    plain = sorted(number for numbers in _CALLS.values() if (number := numbers[column]) is not None)
    code = [
        *_load(_ARCHITECTURE),
        *_unless(machine.audit, _KILL_PROCESS),
        *_load(_NUMBER),
        _one(_JUMP_ABOVE, _X32_BIT, 0, 1),
        _one(_RETURN, _KILL_PROCESS),
    ]
    for number in plain:
        code += [_one(_JUMP_EQUAL, number, 0, 1), _one(_RETURN, _ALLOW)]
    code += _call(_FCNTL[column], [*_load(_argument(1)), *_among(_FCNTL_COMMANDS), *_deny(errno.EPERM)])
    code += _call(_IOCTL[column], [*_load(_argument(1)), *_among(_IOCTL_COMMANDS), *_deny(errno.ENOTTY)])
    code += _call(_PRLIMIT64[column], _own_limits_read_only())
    # glibc falls back from clone3 to clone only on ENOSYS; clone is then denied like everything else.
    code += _call(_CLONE3[column], _deny(errno.ENOSYS))
    return b"".join([*code, *_deny(errno.EPERM)])


def _own_limits_read_only() -> list[bytes]:
    """Allow `prlimit64(0, resource, NULL, old)`: process 0 is oneself."""
    no = _deny(errno.EPERM)
    return [
        *_load(_argument(0)), *_unless(0, _ERRNO | errno.EPERM),
        *_load(_argument(2)), *_unless(0, _ERRNO | errno.EPERM),
        *_load(_argument(2) + 4), *_among((0,)), *no,
    ]  # fmt: skip


def _argument(index: int) -> int:
    """Return where the low word of an argument is; every machine of the table is little-endian."""
    return _ARGUMENTS + 8 * index


def _call(number: int, body: list[bytes]) -> list[bytes]:
    """Run `body`, which always returns, for one system call."""
    return [_one(_JUMP_EQUAL, number, 0, len(body)), *body]


def _among(values: tuple[int, ...]) -> list[bytes]:
    return [part for value in values for part in (_one(_JUMP_EQUAL, value, 0, 1), _one(_RETURN, _ALLOW))]


def _unless(value: int, otherwise: int) -> list[bytes]:
    return [_one(_JUMP_EQUAL, value, 1, 0), _one(_RETURN, otherwise)]


def _deny(number: int) -> list[bytes]:
    return [_one(_RETURN, _ERRNO | number)]


def _load(offset: int) -> list[bytes]:
    return [_one(_LOAD_WORD, offset)]


def _one(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
