"""Feeds the codec hostile bytes: no crash, no exception but its own, no memory beyond what was sent.

    python tests/fuzz/fuzz_wire.py [INPUTS] [SEED]

Inputs are encoded values with bytes flipped, cut, doubled, moved or replaced by lengths that lie, and bytes
from nowhere. What decodes must encode and decode to the same again. Memory is measured by Python's own tracer
on every 64th input, and by the process's peak over all.
"""

import random
import resource
import struct
import sys
import time
import tracemalloc

import numpy as np

from evaluators.wire import ANSWER, WireError, decode, encode

SHARE = 64
"""Every so many inputs, memory is traced."""
SLACK_BYTES = 1 << 20
PER_BYTE = 200
"""What one byte of a frame may cost at most: an empty tuple is one byte in a frame and 56 in memory."""


FLOATS = (0.0, -0.0, 1e308, 5e-324, float("inf"), float("nan"), 0.1)
SCALARS = (
    lambda rng: None,
    lambda rng: rng.random() < 0.5,
    lambda rng: rng.randrange(-(1 << 63), 1 << 63),
    lambda rng: rng.choice(FLOATS),
    lambda rng: "".join(rng.choices("aé\U0001f40d\0\n", k=rng.randrange(20))),
    lambda rng: rng.randbytes(rng.randrange(20)),
)
CONTAINERS = (
    lambda rng, depth: [value(rng, depth + 1) for _ in range(rng.randrange(8))],
    lambda rng, depth: tuple(value(rng, depth + 1) for _ in range(rng.randrange(8))),
    lambda rng, depth: {str(i): value(rng, depth + 1) for i in range(rng.randrange(5))},
    lambda rng, depth: [(i, rng.random(), i > 3) for i in range(rng.randrange(40))],
    lambda rng, depth: np.zeros(
        tuple(rng.randrange(4) for _ in range(rng.randrange(1, 5))),
        rng.choice([np.int64, np.float64, np.bool_]),
    ),
)


def value(rng, depth=0):
    """Return a random value of the types that may cross."""
    if depth < 4 and rng.random() < 0.5:
        return rng.choice(CONTAINERS)(rng, depth)
    return rng.choice(SCALARS)(rng)


def mutated(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = data[: rng.randrange(len(data) + 1)]
            case 3:
                data[place : place + 4] = struct.pack(
                    "=I", rng.choice([0, 1, 255, 1 << 16, 1 << 31, (1 << 32) - 1])
                )
            case 4:
                data[place:place] = rng.randbytes(rng.randrange(8))
            case _:
                data = data[place:] + data[:place]
    return bytes(data)


def check(data):
    """Decode hostile bytes; return whether they were a value."""
    try:
        found = decode(data, ANSWER)
    except WireError:
        return False
    again = encode(found, ANSWER)
    assert encode(decode(again, ANSWER), ANSWER) == again, data
    return True


def main(inputs, seed):
    rng = random.Random(seed)
    begun, accepted, worst = time.monotonic(), 0, 0.0
    pool = [encode(value(rng), ANSWER) for _ in range(2000)]
    for number in range(inputs):
        if number % 1000 == 0:
            pool[rng.randrange(len(pool))] = encode(value(rng), ANSWER)
        data = rng.randbytes(rng.randrange(64)) if number % 10 == 0 else mutated(rng, rng.choice(pool))
        if number % SHARE:
            accepted += check(data)
            continue
        tracemalloc.start()
        accepted += check(data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        worst = max(worst, peak / (len(data) + 1))
        assert peak <= SLACK_BYTES + PER_BYTE * len(data), (peak, data)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"inputs      {inputs}, seed {seed}")
    print(f"accepted    {accepted} ({100 * accepted / inputs:.1f} %), the rest refused by WireError")
    print(f"memory      at most {worst:.0f} bytes for a byte of input; process peak {peak_mib:.0f} MiB")
    print(f"time        {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
