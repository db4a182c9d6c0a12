"""What a placement program may use: what it is given, a draft to work on, and helpers to read both.

A program is a function `solve(given, rng) -> Placement`. GPUs and models are numbered from 0. A model of
width k takes k GPUs of one node, the aligned group that begins at its place: with width 2 it may begin at the
first, third, fifth ... GPU of a node. Its weights and its load are shared evenly by them.

The KV pressure of a GPU is the sum of rate / SLO of what is on it, each divided by its width, over the memory
that weights leave free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

GpuId = int
Placement = list[GpuId]
"""The first GPU of every model."""

NO_GPU = -1
"""What a helper that looks for a GPU returns where there is none."""
TOO_MUCH = 1e6
"""The pressure of what is not allowed."""


class Given(NamedTuple):
    """All that is told."""

    memory_gb: tuple[float, ...]
    """Of every GPU."""
    node: tuple[int, ...]
    """Of every GPU; the GPUs of a node are numbered one after the other."""
    reserve_gb: float
    """What weights must leave free on every GPU."""
    size_gb: tuple[float, ...]
    """Weights of every model, over all its GPUs."""
    width: tuple[int, ...]
    """How many GPUs every model is split over."""
    slo_s: tuple[float, ...]
    """Of every model."""
    current: tuple[GpuId, ...]
    """The first GPU of every model now."""
    budget_gb: float
    """Weights of the models that may be moved, at most."""
    rate_hz: tuple[tuple[float, ...], ...]
    """Requests per second of every model in every hour that was seen, the oldest first."""


class Model(NamedTuple):
    """One model, as `models(given)` lists them."""

    number: int
    """Its position in `Given` and in a placement."""
    size_gb: float
    """Weights over all its GPUs."""
    width: int
    """How many GPUs it is split over."""
    slo_s: float
    home: GpuId
    """Its first GPU now."""
    rate_hz: tuple[float, ...]
    """Requests per second in every hour that was seen, the oldest first."""

    @property
    def shard_gb(self) -> float:
        """Weights on each of its GPUs."""
        return self.size_gb / self.width


class Draft:
    """A placement that is worked on, with what is on every GPU. Change it with `move` and `swap` only.

    By model, `place` is its first GPU and `model_load` what it loads each of its GPUs with. By GPU, `on`
    lists models, `load` is their load and `free_gb` the memory that their weights leave free. `groups` says
    for every width where a model may begin.
    """

    given: Given
    left_gb: float
    """What may still be moved."""

    def __init__(self, given: Given, rates: Sequence[float]) -> None:
        """Make a draft with no model placed."""
        self.given = given
        self.left_gb = given.budget_gb
        shapes = zip(rates, given.slo_s, given.width, strict=True)
        self.place: list[GpuId] = [NO_GPU] * len(given.size_gb)
        self.model_load = [rate / (slo * width) for rate, slo, width in shapes]
        self.on: list[list[Model]] = [[] for _ in given.memory_gb]
        self.load = [0.0] * len(given.memory_gb)
        self.free_gb = list(given.memory_gb)
        self.groups = {width: _groups(given, width) for width in sorted(set(given.width))}


# Drafts


def current_draft(given: Given, rates: Sequence[float]) -> Draft:
    """Return a draft of the current placement, under these rates."""
    draft = Draft(given, rates)
    for model in models(given):
        _put(draft, model, model.home)
    return draft


def blank_draft(given: Given, rates: Sequence[float]) -> Draft:
    """Return a draft with no model placed and no budget, under these rates: a target to `approach`."""
    draft = Draft(given, rates)
    draft.left_gb = 2.0 * sum(given.size_gb)
    return draft


def settled(draft: Draft) -> Placement:
    """Return the placement of a draft: the current one if a model is left out or the budget is passed."""
    given, place = draft.given, list(draft.place)
    moved_gb = sum(each.size_gb for each in models(given) if place[each.number] != each.home)
    return list(given.current) if NO_GPU in place or moved_gb > given.budget_gb else place


def may_move(draft: Draft, model: Model, gpu: GpuId) -> bool:
    """Return whether a model may go to the group that begins at a GPU: group, memory and budget."""
    width = model.width
    if gpu == draft.place[model.number] or gpu not in draft.groups[width]:
        return False
    if cost_gb(draft, model, gpu) > draft.left_gb:
        return False
    shard, reserve, old = model.shard_gb, draft.given.reserve_gb, draft.place[model.number]
    if old != NO_GPU and old < gpu + width and gpu < old + width:
        return False
    return all(draft.free_gb[each] - shard >= reserve for each in range(gpu, gpu + width))


def cost_gb(draft: Draft, model: Model, gpu: GpuId) -> float:
    """Return what a move takes of the budget: nothing back home, and nothing more for one moved already."""
    home, size = model.home, model.size_gb
    return ((gpu != home) - (draft.place[model.number] not in (home, NO_GPU))) * size


def move(draft: Draft, model: Model, gpu: GpuId) -> bool:
    """Move a model to the group that begins at a GPU, if it may; return whether it did."""
    if not may_move(draft, model, gpu):
        return False
    _put(draft, model, gpu)
    return True


def swap(draft: Draft, model: Model, other: Model) -> bool:
    """Let two models of one width change places, if they may; return whether they did."""
    if pressure_swapped(draft, model, other) >= TOO_MUCH:
        return False
    here, there = draft.place[model.number], draft.place[other.number]
    _put(draft, model, there)
    _put(draft, other, here)
    return True


def take_off(draft: Draft, model: Model) -> None:
    """Take a model off its GPUs; what its move cost comes back. In the end every model must be placed."""
    gpu, home = draft.place[model.number], model.home
    if gpu != NO_GPU:
        draft.left_gb += (gpu != home) * model.size_gb
        _add(draft, model, gpu, -1.0)
        draft.place[model.number] = NO_GPU


def approach(draft: Draft, target: Sequence[GpuId], order: Sequence[Model]) -> Placement:
    """Move models to their places in a target, in order and again; return the best placement seen."""
    best, least, moved = list(draft.place), worst_pressure(draft), True
    while moved:
        moved = False
        for model in order:
            gpu = target[model.number]
            if gpu != draft.place[model.number] and move(draft, model, gpu):
                moved = True
                value = worst_pressure(draft)
                if value < least:
                    best, least = list(draft.place), value
    return best


# Pressure


def pressure(draft: Draft, gpu: GpuId) -> float:
    """Return the pressure of a GPU."""
    return draft.load[gpu] / draft.free_gb[gpu]


def worst_pressure(draft: Draft) -> float:
    """Return the largest pressure."""
    return max(pressure(draft, gpu) for gpu in range(len(draft.load)))


def load_of(draft: Draft, model: Model) -> float:
    """Return what a model loads each of its GPUs with."""
    return draft.model_load[model.number]


def load_on(draft: Draft, gpu: GpuId) -> float:
    """Return the load of a GPU."""
    return draft.load[gpu]


def free_on(draft: Draft, gpu: GpuId) -> float:
    """Return the memory of a GPU that weights leave free."""
    return draft.free_gb[gpu]


def pressure_of(draft: Draft, model: Model) -> float:
    """Return the largest pressure among the GPUs that a model is on; 0 where it is on none."""
    gpu, width = draft.place[model.number], model.width
    return 0.0 if gpu == NO_GPU else max(pressure(draft, each) for each in range(gpu, gpu + width))


def pressure_after(draft: Draft, model: Model, gpu: GpuId) -> float:
    """Return the largest pressure in the group that begins at a GPU once a model has moved there."""
    if not may_move(draft, model, gpu):
        return TOO_MUCH
    load, shard, width = draft.model_load[model.number], model.shard_gb, model.width
    group = range(gpu, gpu + width)
    return max((draft.load[each] + load) / (draft.free_gb[each] - shard) for each in group)


def pressure_without(draft: Draft, model: Model) -> float:
    """Return the largest pressure among the GPUs that a model is on, once it has left."""
    gpu, width = draft.place[model.number], model.width
    load, shard = draft.model_load[model.number], model.shard_gb
    if gpu == NO_GPU:
        return 0.0
    group = range(gpu, gpu + width)
    return max((draft.load[each] - load) / (draft.free_gb[each] + shard) for each in group)


def pressure_swapped(draft: Draft, model: Model, other: Model) -> float:
    """Return the largest pressure on the GPUs of two models once they have changed places."""
    given, here, there = draft.given, draft.place[model.number], draft.place[other.number]
    width = model.width
    if here == there or other.width != width or NO_GPU in (here, there):
        return TOO_MUCH
    if cost_gb(draft, model, there) + cost_gb(draft, other, here) > draft.left_gb:
        return TOO_MUCH
    load = draft.model_load[other.number] - draft.model_load[model.number]
    shard = other.shard_gb - model.shard_gb
    worst = 0.0
    for begin, sign in ((here, 1.0), (there, -1.0)):
        for gpu in range(begin, begin + width):
            free = draft.free_gb[gpu] - sign * shard
            if free < given.reserve_gb:
                return TOO_MUCH
            worst = max(worst, (draft.load[gpu] + sign * load) / free)
    return worst


# Looking for GPUs and models


def most_pressed(draft: Draft) -> GpuId:
    """Return the GPU with the largest pressure."""
    return max(range(len(draft.load)), key=lambda gpu: pressure(draft, gpu))


def least_pressed(draft: Draft, model: Model) -> GpuId:
    """Return the GPU where a model would be pressed least, NO_GPU where it may not move."""
    best, least = NO_GPU, TOO_MUCH
    for gpu in draft.groups[model.width]:
        value = pressure_after(draft, model, gpu)
        if value < least:
            best, least = gpu, value
    return best


def fullest_below(draft: Draft, model: Model, limit: float) -> GpuId:
    """Return the most pressed GPU that a model may move to within a limit, NO_GPU if there is none."""
    best, most = NO_GPU, -1.0
    for gpu in draft.groups[model.width]:
        value = pressure_after(draft, model, gpu)
        if most < value <= limit:
            best, most = gpu, value
    return best


def best_partner(draft: Draft, model: Model) -> Model:
    """Return the model that it is best to swap with, the model itself where none is allowed."""
    best = min(models(draft.given), key=lambda other: pressure_swapped(draft, model, other))
    return best if pressure_swapped(draft, model, best) < TOO_MUCH else model


def models(given: Given) -> list[Model]:
    """Return all models."""
    columns = (given.size_gb, given.width, given.slo_s, given.current, given.rate_hz)
    return [Model(number, *row) for number, row in enumerate(zip(*columns, strict=True))]


def models_on(draft: Draft, gpu: GpuId) -> list[Model]:
    """Return the models on a GPU."""
    return list(draft.on[gpu])


def by_load(draft: Draft) -> list[Model]:
    """Return all models, those with most load per GPU first."""
    return sorted(models(draft.given), key=lambda model: -draft.model_load[model.number])


def by_size(draft: Draft) -> list[Model]:
    """Return all models, the widest first, then by falling weights."""
    return sorted(models(draft.given), key=lambda model: (-model.width, -model.size_gb))


def by_pressure(draft: Draft) -> list[Model]:
    """Return all models, those on the most pressed GPUs first."""
    return sorted(models(draft.given), key=lambda model: -pressure_of(draft, model))


# Rates to come


def last_rate(model: Model) -> float:
    """Return the rate of the last hour."""
    return model.rate_hz[-1]


def mean_rate(model: Model) -> float:
    """Return the mean rate of all hours that were seen."""
    return sum(model.rate_hz) / len(model.rate_hz)


def peak_rate(model: Model) -> float:
    """Return the largest rate that was seen."""
    return max(model.rate_hz)


def oldest_rate(model: Model) -> float:
    """Return the rate of the first hour that was seen."""
    return model.rate_hz[0]


def smoothed_rate(model: Model, share: float) -> float:
    """Return the exponentially weighted rate; `share` is how much the newest hour counts."""
    value = model.rate_hz[0]
    for rate in model.rate_hz[1:]:
        value = share * rate + (1.0 - share) * value
    return value


def trend_rate(model: Model, share: float) -> float:
    """Return the last rate, carried on by a share of its change since the hour before; never below 0."""
    rates = model.rate_hz
    return max(0.0, rates[-1] + share * (rates[-1] - rates[-min(2, len(rates))]))


def _groups(given: Given, width: int) -> list[GpuId]:
    found, first = [], 0
    for gpu, node in enumerate(given.node):
        if node != given.node[first]:
            first = gpu
        last = gpu + width - 1
        if (gpu - first) % width == 0 and last < len(given.node) and given.node[last] == node:
            found.append(gpu)
    return found


def _put(draft: Draft, model: Model, gpu: GpuId) -> None:
    draft.left_gb -= cost_gb(draft, model, gpu)
    if draft.place[model.number] != NO_GPU:
        _add(draft, model, draft.place[model.number], -1.0)
    _add(draft, model, gpu, 1.0)
    draft.place[model.number] = gpu


def _add(draft: Draft, model: Model, gpu: GpuId, sign: float) -> None:
    load, shard = sign * draft.model_load[model.number], sign * model.shard_gb
    for each in range(gpu, gpu + model.width):
        draft.load[each] += load
        draft.free_gb[each] -= shard
        if sign > 0:
            draft.on[each].append(model)
        else:
            draft.on[each].remove(model)
