"""Local search from the current placement: relieve the most pressed GPU by a move or a swap, and again.

The second half of the best program reported for the model placement of Cheng et al., arXiv 2510.06189 (greedy
with a look at the maximum that results, then moves and swaps). Here it begins where the models are, so that
every step is within the budget.
"""

from interface import (
    Given,
    current_draft,
    last_rate,
    models,
    models_on,
    most_pressed,
    move,
    pressure,
    pressure_after,
    pressure_swapped,
    pressure_without,
    swap,
)

MOST_STEPS = 60


def solve(given: Given, rng):
    """Return the placement at which neither a move nor a swap helps the most pressed GPU."""
    draft = current_draft(given, [last_rate(model) for model in models(given)])
    for _ in range(MOST_STEPS):
        hot = most_pressed(draft)
        least, act = pressure(draft, hot) - 1e-9, None
        for model in models_on(draft, hot):
            without = pressure_without(draft, model)
            for gpu in draft.groups[model.width]:
                value = max(without, pressure_after(draft, model, gpu))
                if value < least:
                    least, act = value, (move, model, gpu)
                for other in draft.on[gpu]:
                    value = pressure_swapped(draft, model, other)
                    if value < least:
                        least, act = value, (swap, model, other)
        if act is None:
            break
        act[0](draft, act[1], act[2])
    return draft.place
