"""Transactions: which keys they read and write, and when in their run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_OPERATION = re.compile(r"([rw])-(\d{1,9})|\*")


class Op(NamedTuple):
    """One operation that needs a lock."""

    key: int
    position: int
    """The tick of the transaction in which it runs, from 1."""
    write: bool


class Transaction(NamedTuple):
    """A transaction that runs for `length` ticks once it has started; other ticks need no lock."""

    length: int
    ops: tuple[Op, ...]
    """In the order of their positions, which all differ."""


def parse(text: str) -> Transaction:
    """Read a transaction in the published notation: `r-3 w-17 *` reads 3, writes 17, and works a tick.

    Raises:
        ValueError: a word is none of `r-KEY`, `w-KEY` and `*`, or there is none.
    """
    words = text.split()
    if not words:
        raise ValueError("it has no operations")
    ops = []
    for position, word in enumerate(words, 1):
        found = _OPERATION.fullmatch(word)
        if found is None:
            raise ValueError(f"{word[:40]!r} is not an operation; accepted are 'r-KEY', 'w-KEY' and '*'")
        if found[1]:
            ops.append(Op(int(found[2]), position, found[1] == "w"))
    return Transaction(len(words), tuple(ops))


def show(transaction: Transaction) -> str:
    """Write a transaction in the published notation."""
    words = ["*"] * transaction.length
    for key, position, write in transaction.ops:
        words[position - 1] = f"{'w' if write else 'r'}-{key}"
    return " ".join(words)


def steps(*parts: tuple[int, bool] | None) -> Transaction:
    """Build a transaction from its ticks: `(key, write)`, or None for a tick without a lock."""
    ops = (Op(part[0], at, part[1]) for at, part in enumerate(parts, 1) if part is not None)
    return Transaction(len(parts), tuple(ops))


def renumbered(transactions: Sequence[Transaction]) -> tuple[Transaction, ...]:
    """Return the transactions with their keys numbered 0, 1, 2, ... in the order in which they appear."""
    names: dict[int, int] = {}
    return tuple(
        Transaction(
            each.length,
            tuple(Op(names.setdefault(op.key, len(names)), op.position, op.write) for op in each.ops),
        )
        for each in transactions
    )


def key_count(transactions: Iterable[Transaction]) -> int:
    """Return one more than the largest key, 0 where no key is used."""
    return max((op.key for each in transactions for op in each.ops), default=-1) + 1


def conflict_masks(transactions: Sequence[Transaction]) -> tuple[int, ...]:
    """Return for each transaction the others that it conflicts with, as the bits of an int.

    Two transactions conflict where both use a key and one of them writes it.
    """
    users: dict[int, int] = {}
    writers: dict[int, int] = {}
    for at, each in enumerate(transactions):
        for key, _, write in each.ops:
            users[key] = users.get(key, 0) | 1 << at
            if write:
                writers[key] = writers.get(key, 0) | 1 << at
    masks = []
    for at, each in enumerate(transactions):
        mask = 0
        for key, _, write in each.ops:
            mask |= users[key] if write else writers.get(key, 0)
        masks.append(mask & ~(1 << at))
    return tuple(masks)
