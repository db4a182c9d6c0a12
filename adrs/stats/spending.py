"""How sure each of many tests must be, so that a lucky program does not get through in the end.

Challengers are tested one after the other, each on workloads of its own. At 5 % each, a hundred that are no
better than the champion would promote five. The levels here keep the expected share of promotions that are
luck at or below `ERROR`, over a whole run of any length; where nothing is better, the chance that anything
is promoted at all is at most half of that.
"""

from __future__ import annotations

from collections.abc import Sequence

ERROR = 0.05
"""Expected share of promotions that are luck, at most."""

_WEALTH = ERROR / 2
"""What may be spent before the first promotion; what follows is earned by promotions."""


def share(test: int) -> float:
    """Return the share of a wealth that its `test`-th use may spend, from 1; all shares add up to 1."""
    return 1.0 / (test * (test + 1))


def next_alpha(outcomes: Sequence[bool]) -> float:
    """Return the one-sided error that the next test may have.

    LORD++ (Ramdas, Yang, Wainwright and Jordan, Online control of the false discovery rate with decaying
    memory, NIPS 2017), which controls the false discovery rate where each test rests on data of its own. A
    promotion earns wealth back, so that a run that goes on to find better programs can go on to show it; a
    challenge that is lost only makes the next one harder.

    Args:
        outcomes: whether each earlier test promoted, oldest first.
    """
    now = len(outcomes) + 1
    won = [place for place, promoted in enumerate(outcomes, 1) if promoted]
    alpha = _WEALTH * share(now)
    if won:
        alpha += (ERROR - _WEALTH) * share(now - won[0])
    return alpha + sum(ERROR * share(now - place) for place in won[1:])


def level_of(alpha: float, looks: int = 1) -> float:
    """Return the level of a two-sided interval whose one side is missed with chance `alpha` at most.

    Args:
        alpha: one-sided error of the whole test.
        looks: how often the data may be looked at; each look gets an equal share (Bonferroni), so that
            stopping as soon as one is clear spends no more than `alpha`.
    """
    return 1.0 - 2.0 * alpha / looks
