"""Move models between GPUs, within a budget, so that no GPU is short of memory for its KV cache."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def expected_rate(model: Model) -> float:
    """Say what a model's rate will be in the next hour."""
    return last_rate(model)


def urgency(draft: Draft, model: Model) -> float:
    """Say how early a model is looked at; the largest comes first."""
    return -1.0 * model.number


def gain(draft: Draft, model: Model, gpu: GpuId) -> float:
    """Say what a move is worth; what is worth nothing is not done."""
    return pressure_of(draft, model) - pressure_after(draft, model, gpu)


def improve(given: Given, rng: Random) -> Draft:
    """Each model in turn goes where it is pressed least, if that is less than where it is."""
    draft: Draft = current_draft(given, [expected_rate(model) for model in models(given)])
    for model in sorted(models(given), key=lambda model: -urgency(draft, model)):
        gpu: GpuId = least_pressed(draft, model)
        if gpu != NO_GPU and gain(draft, model, gpu) > 0.0:
            move(draft, model, gpu)
    return draft


# EVOLVE-BLOCK-END


def solve(given: Given, rng: Random) -> Placement:
    """Return where the models are in the draft; where they are now if it leaves one out."""
    return settled(improve(given, rng))
