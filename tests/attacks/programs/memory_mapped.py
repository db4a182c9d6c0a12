# verdict: ok
from escape import Honest, load, must_fail

mmap = load("mmap")
HELD = []


def take(flags):
    while True:
        HELD.append(mmap.mmap(-1, 1 << 24, flags=flags))


must_fail("private mappings", take, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
HELD.clear()
must_fail("shared mappings", take, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
HELD.clear()


class Policy(Honest):
    pass
