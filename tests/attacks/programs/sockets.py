# verdict: ok
from escape import CHANNEL, Honest, load, must_fail, system_call

socket = load("socket")
for family in range(46):
    for kind in (1, 2, 3):
        must_fail(f"socket {family} {kind}", socket.socket, family, kind)
must_fail("socketpair", socket.socketpair)
for name, number in {"sendmsg": 46, "recvmsg": 47, "sendto": 44, "shutdown": 48}.items():
    assert system_call(number, CHANNEL, 0, 0) == 1, name


class Policy(Honest):
    pass
