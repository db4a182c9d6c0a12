# verdict: ok
from escape import Honest, must_fail, os, system_call

must_fail("nice", os.nice, 5)
must_fail("setpriority", os.setpriority, os.PRIO_PGRP, 0, 19)
must_fail("affinity", os.sched_setaffinity, 0, {0})
must_fail("scheduler", os.sched_setscheduler, 0, os.SCHED_BATCH, os.sched_param(0))
assert system_call(251, 1, 0, 0) == 1, "ioprio_set"


class Policy(Honest):
    pass
