"""The random numbers of a run: one independent stream per trial, attempt and purpose."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of every recorded run: never change them."""

    ASK = 0
    PROPOSE = 1
    CHOOSE = 2
    """Who proposes, and how."""


def stream(seed: int, trial: int, attempt: int, purpose: Purpose) -> np.random.Generator:
    """Return the generator of one trial's attempt; equal arguments give equal streams, anywhere."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(trial, attempt, purpose)))
