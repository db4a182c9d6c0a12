# verdict: ok
from escape import Honest, load, must_fail, os

signal, fcntl = load("signal"), load("fcntl")
for target in (1, os.getpid(), 0, -1):
    must_fail(f"kill {target}", os.kill, target, 0)
must_fail("killpg", os.killpg, 0, 0)
must_fail("pidfd", os.pidfd_open, 1)
must_fail("sigqueue by owner", fcntl.fcntl, 3, fcntl.F_SETOWN, 1)
must_fail("signal number", fcntl.fcntl, 3, fcntl.F_SETSIG, signal.SIGKILL)
must_fail("lease", fcntl.fcntl, 3, fcntl.F_SETLEASE, fcntl.F_WRLCK)
must_fail("owner by ioctl", fcntl.ioctl, 3, 0x8901, b"\x01\x00\x00\x00")
must_fail("alarm", signal.setitimer, signal.ITIMER_REAL, 0.001)
must_fail("setsid", os.setsid)


class Policy(Honest):
    pass
