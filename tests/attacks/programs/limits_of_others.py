# verdict: ok
from escape import Honest, load, must_fail, os, system_call

resource = load("resource")
for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
    soft, hard = resource.getrlimit(which)
    must_fail("raise", resource.setrlimit, which, (soft, hard))
    must_fail("lower", resource.setrlimit, which, (0, hard))
    must_fail("read of another", resource.prlimit, 1, which)
    must_fail("lower its own", resource.prlimit, os.getpid(), which, (0, 0))
assert system_call(157, 4, 1, 0, 0, 0) == 1, "prctl: dumpable again"
assert system_call(160, 7, 0) == 1, "setrlimit"


class Policy(Honest):
    pass
