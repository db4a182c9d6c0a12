import attack
from escape import clone, copied
from honest_program import ENTRY as honest


def ENTRY(given, rng):
    state = {}
    attack.started(given, rng, state)
    attack.seen(given, state)
    return attack.answer(honest(copied(given), clone(rng)), given, state)
