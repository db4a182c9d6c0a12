# verdict: invalid
"""Places every model anew, whatever may be moved."""

from interface import Draft, least_pressed, models, move


def solve(given, rng):
    draft = Draft(given, [rates[-1] for rates in given.rate_hz])
    draft.left_gb = 1e9
    for model in sorted(models(given), key=lambda model: -model.width):
        move(draft, model, least_pressed(draft, model))
    return [gpu if gpu >= 0 else 0 for gpu in draft.place]
