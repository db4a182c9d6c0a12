# verdict: ok
from escape import Honest, load, must_fail, os, system_call

must_fail("fork", os.fork)
must_fail("forkpty", os.forkpty)
must_fail("posix_spawn", os.posix_spawn, "/bin/true", ["true"], {})
must_fail("subprocess", load("subprocess").run, ["true"])
must_fail("execv", os.execv, "/bin/true", ["true"])
assert os.system("true") != 0
for name, number in {"clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322}.items():
    assert system_call(number, 17, 0, 0, 0, 0) != 0, name
assert system_call(435, 0, 88) != 0, "clone3"


class Policy(Honest):
    pass
