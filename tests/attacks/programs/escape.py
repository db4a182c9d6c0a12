"""How a hostile program gets past the import filter, which is no boundary; shared by the attacks."""

import dataclasses

sys = dataclasses.sys
modules = sys.modules
os = modules["os"]
load = modules["builtins"].__import__
CHANNEL = 3


class Honest:
    """Answers like the honest policy of the tests, so that an attack that fails changes no score."""

    def __init__(self, given, rng):
        self.tick = 0

    def step(self, obs):
        self.tick += 1
        return 1


def must_fail(what, call, *arguments):
    """Call something that the sandbox must refuse."""
    try:
        result = call(*arguments)
    except (OSError, RuntimeError, ValueError, ImportError, AttributeError):
        return
    raise AssertionError(f"{what} worked: {result}")


def system_call(number, *arguments):
    """Make a raw system call; return its error number, 0 where it worked."""
    ctypes = load("ctypes")
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(argument) for argument in arguments])
    return ctypes.get_errno() if result == -1 else 0
