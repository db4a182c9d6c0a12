"""Deal the models to the GPUs in turn, then move towards that within the budget.

The lower anchor of the leaderboard of Cheng et al., Barbarians at the Gate, arXiv 2510.06189. A model that
does not fit in its turn goes to the next group with room; one that fits nowhere stays.
"""

from interface import Given, approach, blank_draft, current_draft, last_rate, models, move


def solve(given: Given, rng):
    """Return the current placement, changed towards round robin."""
    rates = [last_rate(model) for model in models(given)]
    target, wish, turn = blank_draft(given, rates), list(given.current), 0
    for model in models(given):
        groups = target.groups[model.width]
        for offset in range(len(groups)):
            gpu = groups[(turn + offset) % len(groups)]
            if move(target, model, gpu):
                wish[model.number] = gpu
                turn += offset + 1
                break
    return approach(current_draft(given, rates), wish, models(given))
