"""Move models between GPUs, within a budget, so that no GPU is short of memory for its KV cache."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def forecast(model: Model) -> float:
    return last_rate(model)


def solve(given: Given, rng: Random) -> Placement:
    """Each model in turn goes where it is pressed least, if that is less than where it is."""
    draft: Draft = current_draft(given, [forecast(model) for model in models(given)])
    for model in models(given):
        gpu: GpuId = least_pressed(draft, model)
        if gpu != NO_GPU and pressure_after(draft, model, gpu) < pressure_of(draft, model):
            move(draft, model, gpu)
    return draft.place


# EVOLVE-BLOCK-END
