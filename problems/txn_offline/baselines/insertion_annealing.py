"""Best insertion, then simulated annealing: what the published best orders are made with.

Transactions are inserted one by one, those of the hottest keys first, each at the best of some places (NEH:
Nawaz, Enscore and Ham, Omega 11, 1983); the best of that, arrival order
and Shortest Makespan First is where single moves and swaps begin, accepted by the law of Metropolis at
falling temperature (Kirkpatrick et al., Science 220, 1983). The effort is a count of operations, not of
seconds, so that the same order comes out on every machine.
"""

from math import exp
from random import Random

from interface import Given, LockTable, cheapest_next, heat, key_uses, makespan_ticks

EFFORT = 1_500_000
"""Operations that are looked at in all; about 0.3 s."""
PLACES = 6
"""Places that are tried for each transaction that is inserted."""


def solve(given: Given, rng: Random) -> list[int]:
    """Return the best order found."""
    every = list(range(len(given.transactions)))
    starts = (every, inserted_order(given, rng), shortest_first(given))
    start = min(starts, key=lambda order: makespan_ticks(given, order))
    size = sum(1 + len(ops) for _, ops in given.transactions)
    return annealed(given, rng, start, max(0, EFFORT // size - PLACES * len(every) // 2))


def inserted_order(given: Given, rng: Random) -> list[int]:
    """Insert the transactions one by one, each at the best of some places."""
    uses = key_uses(given)
    order: list[int] = []
    for index in sorted(range(len(given.transactions)), key=lambda index: -heat(given, uses, index)):
        places = {len(order), *(rng.randint(0, len(order)) for _ in range(PLACES - 1))}
        tried = [[*order[:place], index, *order[place:]] for place in sorted(places)]
        order = min(tried, key=lambda one: makespan_ticks(given, one))
    return order


def shortest_first(given: Given) -> list[int]:
    """Append what adds least, one after the other."""
    table, rest, order = LockTable(), list(range(len(given.transactions))), []
    while rest:
        order.append(cheapest_next(given, table, rest))
        rest.remove(order[-1])
        table.append(given.transactions[order[-1]])
    return order


def annealed(given: Given, rng: Random, start: list[int], tries: int) -> list[int]:
    """Move and swap, accepting worse orders ever more rarely."""
    here, ticks = start, makespan_ticks(given, start)
    best, least = here, ticks
    hot, cold = max(1.0, 0.02 * ticks), 0.2
    for at in range(tries):
        temperature = hot * (cold / hot) ** (at / tries)
        one, other = rng.randrange(len(here)), rng.randrange(len(here))
        there = list(here)
        if rng.random() < 0.5:
            there.insert(other, there.pop(one))
        else:
            there[one], there[other] = there[other], there[one]
        found = makespan_ticks(given, there)
        if found <= ticks or rng.random() < exp((ticks - found) / temperature):
            here, ticks = there, found
            if ticks < least:
                best, least = here, ticks
    return best
