import struct
from functools import lru_cache

import pytest

from evaluators.seccomp import Filter, SeccompError

ALLOW, EPERM, ENOSYS, ENOTTY, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x50019, 0x80000000
X86, ARM = 0xC000003E, 0xC00000B7


@lru_cache
def instructions(machine):
    code = Filter(machine).code
    return [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]


def verdict(machine, number, *arguments, architecture=None):
    """Run the classic BPF program on one `struct seccomp_data`, as the kernel does."""
    audit = {"x86_64": X86, "aarch64": ARM}[machine] if architecture is None else architecture
    data = struct.pack("=iIQ6Q", number, audit, 0, *(*arguments, *[0] * (6 - len(arguments))))
    code = instructions(machine)
    at = loaded = 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x20:
            loaded = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x06:
            return value
        else:
            holds = loaded == value if operation == 0x15 else loaded >= value
            at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "calls"),
    [
        ("x86_64", {"read": 0, "write": 1, "mmap": 9, "openat": 257, "futex": 202, "exit_group": 231}),
        ("aarch64", {"read": 63, "write": 64, "mmap": 222, "openat": 56, "futex": 98, "exit_group": 94}),
    ],
)
def test_what_python_needs_is_allowed(machine, calls):
    assert {name: verdict(machine, number) for name, number in calls.items()} == dict.fromkeys(calls, ALLOW)


@pytest.mark.parametrize(
    ("machine", "calls"),
    [
        (
            "x86_64",
            {"clone": 56, "fork": 57, "execve": 59, "kill": 62, "socket": 41, "ptrace": 101, "prctl": 157},
        ),
        ("aarch64", {"clone": 220, "execve": 221, "kill": 129, "socket": 198, "ptrace": 117, "prctl": 167}),
    ],
)
def test_everything_else_is_refused(machine, calls):
    assert {name: verdict(machine, number) for name, number in calls.items()} == dict.fromkeys(calls, EPERM)


def test_unknown_and_future_calls_are_refused():
    for machine in ("x86_64", "aarch64"):
        assert {verdict(machine, number) for number in range(450, 1000)} == {EPERM}
        assert verdict(machine, 435) == ENOSYS


def test_other_architectures_and_x32_kill():
    assert verdict("x86_64", 0, architecture=0x40000003) == KILL
    assert verdict("x86_64", 0, architecture=ARM) == KILL
    assert verdict("x86_64", 0x40000000) == KILL
    assert verdict("x86_64", -1) == KILL


@pytest.mark.parametrize(
    ("machine", "fcntl", "ioctl", "prlimit"), [("x86_64", 72, 16, 302), ("aarch64", 25, 29, 261)]
)
def test_arguments_are_looked_at(machine, fcntl, ioctl, prlimit):
    assert verdict(machine, fcntl, 3, 1) == ALLOW
    assert verdict(machine, fcntl, 3, 8) == EPERM  # F_SETOWN
    assert verdict(machine, ioctl, 3, 0x5401) == ALLOW
    assert verdict(machine, ioctl, 3, 0x8901) == ENOTTY  # FIOSETOWN
    assert verdict(machine, prlimit, 0, 7, 0) == ALLOW
    assert verdict(machine, prlimit, 1, 7, 0) == EPERM
    assert verdict(machine, prlimit, 0, 7, 1) == EPERM
    assert verdict(machine, prlimit, 0, 7, 1 << 32) == EPERM


def test_a_machine_without_a_table_is_refused():
    with pytest.raises(SeccompError, match="no seccomp table for riscv64"):
        Filter("riscv64")
