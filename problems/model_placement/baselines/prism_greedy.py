"""The greedy placement of Prism, for as many models as the budget lets move.

Yu et al., Prism: Unleashing GPU Sharing for Cost-Efficient Multi-LLM Serving, arXiv 2505.04021, as the
baseline of Cheng et al., arXiv 2510.06189: models by falling rate / SLO, each to the GPU with the smallest
pressure so far that has room. The published rule places every model anew. Under a budget it does so with
the models that press most: again and again the most loaded model of the most pressed GPU is taken off, until
the budget is spent; then those are placed by the rule, models over several GPUs first, while there are whole
groups. Where any move is free this is the published algorithm.
"""

from interface import NO_GPU, Given, current_draft, last_rate, models, move, pressure, take_off


def solve(given: Given, rng):
    """Return the placement, the current one where a model that was taken off finds no room."""
    draft = current_draft(given, [last_rate(model) for model in models(given)])
    loose = _most_pressing(draft)
    for model in loose:
        take_off(draft, model)
    for model in sorted(
        loose, key=lambda model: (-model.width, -draft.model_load[model.number], model.number)
    ):
        gpu = _calmest(draft, model)
        if gpu == NO_GPU:
            return list(given.current)
        move(draft, model, gpu)
    return draft.place


def _most_pressing(draft):
    left_gb = draft.given.budget_gb
    load, free = list(draft.load), list(draft.free_gb)
    on = [sorted(there, key=lambda model: draft.model_load[model.number]) for there in draft.on]
    loose = []
    while any(on):
        hot = max((gpu for gpu in range(len(on)) if on[gpu]), key=lambda gpu: load[gpu] / free[gpu])
        model = on[hot].pop()
        if model.size_gb > left_gb or model in loose:
            continue
        loose.append(model)
        left_gb -= model.size_gb
        for gpu in range(model.home, model.home + model.width):
            load[gpu] -= draft.model_load[model.number]
            free[gpu] += model.shard_gb
    return loose


def _calmest(draft, model):
    width, shard = model.width, model.shard_gb
    best, least = NO_GPU, float("inf")
    for gpu in draft.groups[width]:
        group = range(gpu, gpu + width)
        if all(draft.free_gb[each] - shard >= draft.given.reserve_gb for each in group):
            before = max(pressure(draft, each) for each in group)
            if before < least:
                best, least = gpu, before
    return best
