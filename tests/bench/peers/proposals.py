"""The proposals that everybody gets: different whole programs, the same ones in the same order."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_NUMBER = re.compile(r"(?<== )\d+$", re.MULTILINE)
HIGHEST = 1000


def proposals(initial: str, count: int, *, seed: int) -> Iterator[str]:
    """Yield different programs: the initial one with every number drawn afresh.

    No two return the same numbers, so that no tool gains or loses by what it does with duplicates.
    """
    rng = random.Random(seed)
    seen: set[tuple[int, ...]] = set()
    length = len(_NUMBER.findall(initial))
    while len(seen) < count:
        numbers = tuple(rng.randint(0, HIGHEST) for _ in range(length))
        if numbers in seen:
            continue
        seen.add(numbers)
        yield with_numbers(initial, numbers)


def with_numbers(initial: str, numbers: Sequence[int]) -> str:
    """Return the program with its numbers replaced in their order."""
    left = iter(numbers)
    return _NUMBER.sub(lambda _: str(next(left)), initial)


def write(path: Path, initial: str, count: int, *, seed: int) -> None:
    """Write a pool that `adrs testing llm-server --pool` reads."""
    lines = (json.dumps({"program": text}) + "\n" for text in proposals(initial, count, seed=seed))
    path.write_text("".join(lines), "utf-8")
