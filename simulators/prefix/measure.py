"""What an order of rows and columns is worth, in the forms that the field reports."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.prefix.cache import serve
from simulators.prefix.table import TOKEN_BYTES, Ints, Table, prompts
from simulators.prefix.text import common_length


@dataclass(frozen=True)
class Reuse:
    """How many tokens of a table's prompts need not be computed again."""

    tokens: int
    """Of all prompts together."""
    hit_tokens: int
    """In cached blocks."""
    unbounded_hit_tokens: int
    """In blocks that any earlier prompt had: what a cache without limit would give."""
    shared_tokens: int
    """In the longest beginning that any earlier prompt had, token by token: no blocks, no limit."""
    evicted_blocks: int
    lost_by_column: tuple[int, ...]
    """Tokens of every column's lines that an earlier line of the column had and that were computed again."""


def measure(table: Table, rows: Ints, columns: Ints, block_tokens: int, cache_blocks: int) -> Reuse:
    """Send the rows of a table through a cache in an order.

    Args:
        table: what is sent.
        rows: the order of the rows, `[rows]`.
        columns: the order of the columns of every row, `[rows, columns]`, by the row's number.
        block_tokens: the size of a block.
        cache_blocks: how many the cache holds.
    """
    sent = prompts(table, rows, columns)
    served = serve(sent, block_tokens, cache_blocks)
    hits = block_tokens * np.array(served.hit_blocks, dtype=np.int64)
    return Reuse(
        tokens=sum(map(len, sent)) // TOKEN_BYTES,
        hit_tokens=int(hits.sum()),
        unbounded_hit_tokens=block_tokens * sum(served.known_blocks),
        shared_tokens=_trie_hits(sent),
        evicted_blocks=served.evicted,
        lost_by_column=_lost(table, rows, columns, hits),
    )


def phrase_count(table: Table, rows: Ints, columns: Ints) -> tuple[int, int]:
    """Return the prefix hit count of the literature, and what it would be if every cell were hit.

    Of every row, the leading cells that equal those of the row before it, name and value, count the square
    of their values' length in characters (Liu et al., Optimizing LLM Queries in Relational Data Analytics
    Workloads, MLSys 2025).
    """
    order = columns[rows]
    values = np.take_along_axis(table.cells[rows], order, axis=1)
    squares = np.take_along_axis(table.characters[rows], order, axis=1) ** 2
    same = (order[1:] == order[:-1]) & (values[1:] == values[:-1])
    leading = np.logical_and.accumulate(same, axis=1)
    return int((squares[1:] * leading).sum()), int(squares.sum())


def character_hit_rate(texts: Sequence[str]) -> float:
    """Return the share of characters in the longest beginning that any earlier text has.

    The measure of published harnesses, with rows as texts without separators: no tokens, no cache.
    """
    earlier: list[str] = []
    shared = 0
    for text in texts:
        at = bisect.bisect_left(earlier, text)
        near = earlier[max(0, at - 1) : at + 1]
        shared += max((common_length(text, other) for other in near), default=0)
        earlier.insert(at, text)
    return shared / max(1, sum(map(len, texts)))


def common_tokens(one: bytes, other: bytes) -> int:
    """Return how many leading tokens two prompts have in common."""
    size = min(len(one), len(other))
    if one[:size] == other[:size]:
        return size // TOKEN_BYTES
    pair = (np.frombuffer(each, dtype=np.int32, count=size // TOKEN_BYTES) for each in (one, other))
    return int(np.not_equal(*pair).argmax())


def _trie_hits(sent: Sequence[bytes]) -> int:
    """Return tokens less the size of their trie: the order of prompts does not matter to it."""
    inorder = sorted(sent)
    return sum(map(common_tokens, inorder, inorder[1:]))


def _lost(table: Table, rows: Ints, columns: Ints, hits: Ints) -> tuple[int, ...]:
    """Return the repeated tokens of every column that were not hit."""
    ends = np.take_along_axis(table.line_tokens[rows], columns[rows], axis=1).cumsum(axis=1)
    begins = np.concatenate((np.zeros((len(rows), 1), np.int64), ends[:, :-1]), axis=1)
    reused = np.clip(hits[:, None], begins, ends) - begins
    by_column = np.bincount(columns[rows].ravel(), weights=reused.ravel(), minlength=len(table.columns))
    repeated = [
        int(table.line_tokens[:, at].sum()) - trie_tokens(lines) for at, lines in enumerate(table.encoded)
    ]
    return tuple(max(0, most - int(had)) for most, had in zip(repeated, by_column, strict=True))


def trie_tokens(lines: Sequence[bytes]) -> int:
    """Return how many different beginnings some different lines have: the size of their token trie."""
    inorder = sorted(lines)
    return sum(map(len, inorder)) // TOKEN_BYTES - sum(map(common_tokens, inorder, inorder[1:]))
