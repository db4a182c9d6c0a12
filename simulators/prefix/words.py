"""Text that repeats as language does: made-up words by a Zipf law, numbers, names, dates, links."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from random import Random

_ONSETS = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "f",
    "g",
    "gr",
    "h",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "st",
    "t",
    "tr",
    "v",
)
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
_CODAS = ("", "", "l", "m", "n", "r", "rd", "s", "st", "t", "th")
_COMMON = ("the", "of", "and", "a", "to", "in", "is", "with", "for", "it", "that", "on", "this", "was", "but")
_VOCABULARY = 900


class Words:
    """A language of its own for each table; all randomness comes from the `Random` it is made with."""

    def __init__(self, rng: Random) -> None:
        """Make up the words."""
        self._rng = rng
        made = {"".join(self._syllables(rng.choice((1, 2, 2, 3)))) for _ in range(_VOCABULARY)}
        self._words = [*_COMMON, *sorted(made)]
        head, tail = self._words[: len(_COMMON)], self._words[len(_COMMON) :]
        rng.shuffle(tail)
        self._words = head + tail
        self._weights = zipf(len(self._words), 1.0)

    def word(self) -> str:
        """Return a word that is not one of the most common ones."""
        return self._rng.choice(self._words[len(_COMMON) :])

    def text(self, words: int) -> str:
        """Return running text of so many words, in sentences."""
        drawn = self._rng.choices(self._words, cum_weights=self._weights, k=max(1, words))
        ends = {at for at in range(len(drawn)) if self._rng.random() < 0.09} | {len(drawn) - 1}
        begins = {0} | {at + 1 for at in ends}
        parts = [
            (word.capitalize() if at in begins else word) + ("." if at in ends else "")
            for at, word in enumerate(drawn)
        ]
        return " ".join(parts)

    def name(self, words: int) -> str:
        """Return some words in capitals, such as a title or a person's name."""
        return " ".join(self.word().capitalize() for _ in range(max(1, words)))

    def names(self, count: int, fewest: int, most: int) -> list[str]:
        """Return so many different names of `fewest` to `most` words; every fourth begins with `The`."""
        found: dict[str, None] = {}
        while len(found) < count:
            begin = "The " if self._rng.random() < 0.25 else ""
            found[begin + self.name(self._rng.randint(fewest, most))] = None
        return list(found)

    def _syllables(self, count: int) -> list[str]:
        parts = (_ONSETS, _VOWELS, _CODAS)
        return ["".join(self._rng.choice(part) for part in parts) for _ in range(count)]


def zipf(count: int, exponent: float) -> list[float]:
    """Return the cumulative weights of a Zipf law over `count` items, for `Random.choices`."""
    return list(itertools.accumulate((rank + 1.0) ** -exponent for rank in range(count)))


def picks(rng: Random, count: int, size: int, exponent: float) -> list[int]:
    """Return `count` draws of `0 .. size - 1` by a Zipf law, the popular ones at random numbers."""
    numbers = list(range(size))
    rng.shuffle(numbers)
    return rng.choices(numbers, cum_weights=zipf(size, exponent), k=count)


def weighted(rng: Random, weights: Mapping[str, float]) -> str:
    """Return one of some values by its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def date(rng: Random) -> str:
    """Return a day of some years, written year first."""
    return f"{rng.randint(2008, 2023)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
