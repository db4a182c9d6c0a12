# verdict: ok
import interface

from escape import Honest, load, modules, os, sys

resource, signal, gc = load("resource"), load("signal"), load("gc")


def mode(number):
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_mode


def folder(path):
    try:
        return sorted(os.listdir(path)), os.stat(path).st_mtime, os.stat(path).st_nlink
    except OSError as error:
        return error.errno


# Everything that one candidate could leave for the next one to see.
SEEN = repr(
    [
        folder("."),
        folder("/tmp") if os.getcwd() == "/tmp" else None,
        folder("/dev/shm") if os.getcwd() == "/tmp" else None,
        [mode(number) for number in range(64)],
        sorted(name for name in vars(interface) if not name.startswith("__")),
        sorted(vars(modules["builtins"])),
        sorted(vars(modules["math"])),
        sorted(modules),
        sorted(os.environ.items()),
        [str(signal.getsignal(number)) for number in range(1, 32)],
        [resource.getrlimit(number) for number in range(16)],
        [load("fcntl").fcntl(number, 3) for number in range(4)],
        gc.get_threshold(),
        gc.isenabled(),
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        load("random").random(),
        load("hashlib").sha256(b"").hexdigest(),
    ]
)


class Policy(Honest):
    def step(self, obs):
        # Reported in the action, so that what is seen shows in the score and in the digest of the answers.
        self.tick += 1
        digest = int.from_bytes(load("hashlib").blake2b(SEEN.encode(), digest_size=8).digest(), "big")
        return (digest >> (2 * self.tick)) % 3
