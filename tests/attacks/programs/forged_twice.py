# verdict: output
from escape import Honest, load

child = load("evaluators.child", fromlist=["child"])
write = child._write


def twice(data):
    write(data)
    write(data)


child._write = twice


class Policy(Honest):
    pass
