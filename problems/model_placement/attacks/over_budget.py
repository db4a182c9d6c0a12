# verdict: invalid
"""Places every model anew, whatever may be moved."""

from interface import Draft, least_pressed, move


def solve(given, rng):
    draft = Draft(given, [rates[-1] for rates in given.rate_hz])
    draft.left_gb = 1e9
    for model in sorted(range(len(given.size_gb)), key=lambda model: -given.width[model]):
        move(draft, model, least_pressed(draft, model))
    return [gpu if gpu >= 0 else 0 for gpu in draft.place]
