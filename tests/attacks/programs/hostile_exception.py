# verdict: exception
from escape import Honest


def hang(*_, **__):
    while True:
        pass


class Meta(type):
    __name__ = property(hang)
    __qualname__ = property(hang)
    __module__ = property(hang)
    __repr__ = __str__ = __hash__ = __eq__ = hang
    __instancecheck__ = __subclasscheck__ = hang


class Hostile(Exception, metaclass=Meta):
    __str__ = __repr__ = __format__ = __reduce__ = __getattribute__ = __hash__ = __eq__ = hang


class Policy(Honest):
    def step(self, obs):
        raise Hostile("cost_usd: 0.0")
