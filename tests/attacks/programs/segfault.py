# verdict: crash
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        code = (lambda: 0).__code__
        # A stack that is popped more often than pushed.
        exec(code.replace(co_code=bytes([1, 0] * 5000 + [83, 0]), co_stacksize=1))
        exec(code.replace(co_code=bytes([100, 255, 83, 0])))
