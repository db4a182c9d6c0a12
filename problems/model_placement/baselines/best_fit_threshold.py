"""Best fit decreasing on the linearised threshold, for what is above it now.

`load / (memory - weights) <= t` is `sum(load + t * size) <= t * memory`: for a fixed t this is bin packing.
Found by the programs evolved for the model placement of Cheng et al., arXiv 2510.06189: bisection on t, each
packing by falling weight, each model to the fullest GPU that still holds it. The published packing begins
with empty GPUs; so does this one where any move is free. Under a budget GPUs above t give up their most
loaded models, by load per GB, until they are not, and those are packed.
"""

from interface import Given, current_draft, last_rate, models, worst_pressure

STEPS = 20


def solve(given: Given, rng):
    """Return the packing with the least threshold found, the current placement where there is none."""
    draft = current_draft(given, [last_rate(model) for model in models(given)])
    free = given.budget_gb >= sum(given.size_gb)
    low, high, best = 0.0, 2.0 * worst_pressure(draft) if free else worst_pressure(draft), list(given.current)
    for _ in range(STEPS):
        limit = (low + high) / 2
        found = _pack(draft, limit, free)
        if found is None:
            low = limit
        else:
            high, best = limit, found
    return best


def _pack(draft, limit, free):
    given, place = draft.given, list(draft.place)
    weight = [
        load + limit * model.shard_gb for load, model in zip(draft.model_load, models(given), strict=True)
    ]
    room = [limit * gb - load for gb, load in zip(draft.free_gb, draft.load, strict=True)]
    free_gb = [each - given.reserve_gb for each in draft.free_gb]
    loose = models(given) if free else _above(draft, room, limit)
    if sum(model.size_gb for model in loose) > given.budget_gb:
        return None
    for model in loose:
        _add(room, free_gb, model, place[model.number], -weight[model.number], -1.0)
    for model in sorted(loose, key=lambda model: (-model.width, -weight[model.number])):
        gpu = _fullest(draft, room, free_gb, model, weight[model.number])
        if gpu < 0:
            return None
        _add(room, free_gb, model, gpu, weight[model.number], 1.0)
        place[model.number] = gpu
    return place


def _add(room, free_gb, model, gpu, weight, sign):
    for each in range(gpu, gpu + model.width):
        room[each] -= weight
        free_gb[each] -= sign * model.shard_gb


def _above(draft, room, limit):
    loose, left = set(), list(room)
    for gpu in range(len(room)):
        by_density = sorted(draft.on[gpu], key=lambda model: draft.model_load[model.number] / model.shard_gb)
        while left[gpu] < 0 and by_density:
            model = by_density.pop()
            if model in loose:
                continue
            loose.add(model)
            for each in range(draft.place[model.number], draft.place[model.number] + model.width):
                left[each] += draft.model_load[model.number] + limit * model.shard_gb
    return sorted(loose)


def _fullest(draft, room, free_gb, model, needs):
    width, size = model.width, model.shard_gb
    best, least = -1, float("inf")
    for gpu in draft.groups[width]:
        tightest = min(room[gpu : gpu + width])
        if needs <= tightest < least and min(free_gb[gpu : gpu + width]) >= size:
            best, least = gpu, tightest
    return best
