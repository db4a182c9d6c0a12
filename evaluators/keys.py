"""The seed of a candidate's own random numbers."""

from __future__ import annotations

import hmac

SEED_BYTES = 16


def candidate_seed(key: bytes, index: int, repeat: int) -> bytes:
    """Return the seed of the `rng` that a candidate is handed for one workload.

    It depends on the workload and the repeat and not on the program, so that a changed comment buys no new
    draw. It comes from a key of its own, derived from the split's key, so that it tells nothing about the
    workload.

    Args:
        key: the secret key of the split; empty for recorded data.
        index: the workload's position in its split.
        repeat: 0 for the first measurement, 1 for the second, and so on.

    Returns:
        `SEED_BYTES` bytes.
    """
    derived = hmac.digest(key, b"the candidate's own random numbers", "sha256")
    return hmac.digest(derived, f"{index}/{repeat}".encode(), "sha256")[:SEED_BYTES]
