"""The prefix cache of a serving engine: an exact trie of blocks, bounded, least recently used first out.

The model is that of block-based engines (Kwon et al., Efficient Memory Management for Large Language Model
Serving with PagedAttention, SOSP 2023): a prompt's tokens are cut into blocks of fixed size, a full block is
known by everything from the beginning of the prompt to its end, and what is not a full block is never shared.
Blocks are compared by their tokens, not by a hash of them.

Prompts come one after the other. When one is done its blocks are freed last block first, so that of equally
old blocks the deepest goes first, and a block never outlives the one before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from simulators.prefix.table import TOKEN_BYTES


@dataclass(frozen=True)
class Served:
    """What the cache did for each prompt, in the order in which they came."""

    hit_blocks: tuple[int, ...]
    """Leading blocks that were in the cache."""
    known_blocks: tuple[int, ...]
    """Leading blocks that some earlier prompt had, whether they were still in the cache or not."""
    evicted: int
    """Blocks that had to leave."""


def paths(prompts: Sequence[bytes], block_tokens: int) -> list[list[int]]:
    """Return a number for every full block of every prompt: equal where the prompts agree up to its end."""
    size = block_tokens * TOKEN_BYTES
    numbers: dict[tuple[int, bytes], int] = {}
    found = []
    for prompt in prompts:
        block, path = -1, []
        for end in range(size, len(prompt) + 1, size):
            block = numbers.setdefault((block, prompt[end - size : end]), len(numbers))
            path.append(block)
        found.append(path)
    return found


def serve(prompts: Sequence[bytes], block_tokens: int, cache_blocks: int) -> Served:
    """Send prompts through an empty cache.

    Args:
        prompts: their tokens, `TOKEN_BYTES` for each, in the order in which they are sent.
        block_tokens: the size of a block.
        cache_blocks: how many blocks the cache holds.

    Raises:
        ValueError: the cache does not hold the longest prompt.
    """
    all_paths = paths(prompts, block_tokens)
    longest = max(map(len, all_paths), default=0)
    if longest > cache_blocks:
        raise ValueError(f"a cache of {cache_blocks} blocks does not hold a prompt of {longest}")
    cached: OrderedDict[int, None] = OrderedDict()
    hits, known, seen, evicted = [], [], 0, 0
    for path in all_paths:
        hits.append(next((at for at, block in enumerate(path) if block not in cached), len(path)))
        # Numbers rise in the order in which blocks are first met.
        known.append(next((at for at, block in enumerate(path) if block >= seen), len(path)))
        seen = max(seen, path[-1] + 1) if path else seen
        for block in reversed(path):
            cached[block] = None
            cached.move_to_end(block)
        while len(cached) > cache_blocks:
            cached.popitem(last=False)
            evicted += 1
    return Served(tuple(hits), tuple(known), evicted)
