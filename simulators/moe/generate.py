"""Loads of experts, window by window: a log-normal popularity that stays, and one that wanders.

Per layer and expert the logarithm of the load is `static + wandering`, with `static` from N(0, static_sd)
drawn once and `wandering` a stationary AR(1) process with standard deviation `wander_sd` and correlation
`rho` from window to window. Softmax makes shares of it, and a multinomial draw tokens. With 64 experts on 288
slots and (0.8, 0.7, 0.6) the DeepSeek policies come near to the balances published for recorded loads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Drift:
    """How skewed loads are, and how they change."""

    static_sd: float
    wander_sd: float
    rho: float
    """Correlation of the wandering part from one window to the next."""
    hot_layer_factor: float = 1.0
    """Standard deviations of every hot layer are this many times larger."""
    hot_layers: int = 0
    """How many layers are hot, drawn evenly."""
    shift_after: int | None = None
    """From this window on the static part is another draw: the requests come from another domain."""


def draw_loads(
    rng: np.random.Generator, windows: int, layers: int, experts: int, tokens: int, drift: Drift
) -> NDArray[np.int64]:
    """Return tokens per window, layer and expert: int64 `[windows, layers, experts]`.

    Args:
        rng: where all randomness comes from.
        windows: how many windows, the oldest first.
        layers: how many layers.
        experts: how many experts a layer has.
        tokens: what every layer and window sums to.
        drift: skew and change.
    """
    size = (layers, experts)
    scale = np.ones((layers, 1))
    scale[rng.permutation(layers)[: drift.hot_layers]] = drift.hot_layer_factor
    domains = [drift.static_sd * rng.standard_normal(size) for _ in range(2)]
    wander = rng.standard_normal(size)
    loads = np.empty((windows, *size), dtype=np.int64)
    for window in range(windows):
        shifted = drift.shift_after is not None and window >= drift.shift_after
        log_load = scale * (domains[shifted] + drift.wander_sd * wander)
        share = np.exp(log_load - log_load.max(axis=1, keepdims=True))
        loads[window] = rng.multinomial(tokens, share / share.sum(axis=1, keepdims=True))
        fresh = rng.standard_normal(size)
        wander = drift.rho * wander + np.sqrt(1.0 - drift.rho**2) * fresh
    return loads
