# verdict: ok
from escape import Honest, load, must_fail

must_fail("thread", load("threading").Thread(target=print).start)
must_fail("raw thread", load("_thread").start_new_thread, print, ())


class Policy(Honest):
    pass
