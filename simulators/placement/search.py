"""A long local search that knows the rates: strong, but not proven to be the best.

It takes the most pressed GPU and moves one of its models, or swaps it with another, whatever leaves the GPUs
that are touched least pressed. When nothing helps, some moves are taken back and it goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from simulators.placement.fleet import Instance, moved_gb, used_gb

LOOKS = 20_000
"""How many changes are looked at, in all."""
_GAIN = 1e-12

Change = tuple[tuple[int, int], ...]
"""Models and where they go."""


def search(instance: Instance, rate_per_s: Sequence[float], looks: int = LOOKS) -> tuple[int, ...]:
    """Return a placement that is allowed, no worse than the current one.

    Args:
        instance: what is placed; its current placement is allowed.
        rate_per_s: requests of every model in the window that counts.
        looks: how many changes are looked at.
    """
    rng = Random(0)  # noqa: S311  (the same search at every call)
    state = _State(instance, instance.loads(rate_per_s), looks)
    state.descend()
    best, least = list(state.placement), state.worst()
    while state.looks > 0:
        before = state.looks
        state.kick(rng)
        state.descend()
        if state.worst() < least:
            best, least = list(state.placement), state.worst()
        else:
            state.restore(best)
        state.looks = min(state.looks, before - 50)
    return tuple(best)


class _State:
    def __init__(self, instance: Instance, loads: Sequence[float], looks: int) -> None:
        self.instance = instance
        self.loads = loads
        self.looks = looks
        self.memory = instance.fleet.memory_gb
        self.restore(list(instance.current))

    def restore(self, placement: Sequence[int]) -> None:
        """Begin again from a placement."""
        instance = self.instance
        self.placement = list(placement)
        self.used = used_gb(instance, placement)
        self.load = [0.0] * instance.fleet.gpus
        self.on: list[list[int]] = [[] for _ in self.load]
        for model, first in enumerate(placement):
            for gpu in instance.group(model, first):
                self.load[gpu] += self.loads[model]
                self.on[gpu].append(model)
        self.left_gb = instance.budget_gb - moved_gb(instance, placement)

    def pressure(self, gpu: int) -> float:
        """Return the pressure of one GPU."""
        return self.load[gpu] / (self.memory[gpu] - self.used[gpu])

    def worst(self) -> float:
        """Return the largest pressure."""
        return max(map(self.pressure, range(len(self.load))))

    def descend(self) -> None:
        """Improve until nothing helps the most pressed GPU."""
        while self.looks > 0:
            hot = max(range(len(self.load)), key=self.pressure)
            least, chosen = self.pressure(hot) - _GAIN, None
            for change in self._changes(hot):
                self.looks -= 1
                value = self._after(change)
                if value < least:
                    least, chosen = value, change
            if chosen is None:
                return
            for model, first in chosen:
                self._put(model, first)

    def kick(self, rng: Random) -> None:
        """Take some moves back, and move some models of the most pressed GPUs anywhere."""
        for _ in range(rng.randint(1, 4)):
            away = [m for m, first in enumerate(self.placement) if first != self.instance.current[m]]
            if away and rng.random() < 0.7:
                model = rng.choice(away)
                change = ((model, self.instance.current[model]),)
            else:
                model = rng.randrange(self.instance.models)
                change = ((model, rng.choice(self.instance.starts[self.instance.width[model]])),)
            if self._after(change) < float("inf"):
                self._put(*change[0])

    def _changes(self, hot: int) -> Iterator[Change]:
        instance = self.instance
        for model in tuple(self.on[hot]):
            home, width = self.placement[model], instance.width[model]
            for first in instance.starts[width]:
                if first == home:
                    continue
                yield ((model, first),)
                for other in tuple(self.on[first]):
                    if instance.width[other] == width:
                        yield ((model, first), (other, home))

    def _after(self, change: Change) -> float:
        """Return the largest pressure on the GPUs that a change touches; inf where it is not allowed."""
        instance = self.instance
        moved = 0.0
        load: dict[int, float] = {}
        used: dict[int, float] = {}
        for model, first in change:
            old, home, shard = self.placement[model], instance.current[model], instance.shard_gb[model]
            moved += ((first != home) - (old != home)) * instance.size_gb[model]
            for begin, sign in ((old, -1), (first, 1)):
                for gpu in instance.group(model, begin):
                    load[gpu] = load.get(gpu, self.load[gpu]) + sign * self.loads[model]
                    used[gpu] = used.get(gpu, self.used[gpu]) + sign * shard
        if moved > self.left_gb:
            return float("inf")
        worst = 0.0
        for gpu, weights in used.items():
            free = self.memory[gpu] - weights
            if free < instance.fleet.reserve_gb:
                return float("inf")
            worst = max(worst, load[gpu] / free)
        return worst

    def _put(self, model: int, first: int) -> None:
        instance = self.instance
        old, home = self.placement[model], instance.current[model]
        for gpu in instance.group(model, old):
            self.load[gpu] -= self.loads[model]
            self.used[gpu] -= instance.shard_gb[model]
            self.on[gpu].remove(model)
        for gpu in instance.group(model, first):
            self.load[gpu] += self.loads[model]
            self.used[gpu] += instance.shard_gb[model]
            self.on[gpu].append(model)
        self.left_gb -= ((first != home) - (old != home)) * instance.size_gb[model]
        self.placement[model] = first
