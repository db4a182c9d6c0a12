"""Score orders of a table's rows and columns by what a prefix cache of blocks then holds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from evaluators.contract import BadData, Invalid, Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Array, Schema, TupleOf
from simulators.prefix import (
    Shape,
    Table,
    TableError,
    draw_table,
    measure,
    phrase_count,
    prompts,
    read_tables,
    reuse_limit,
    serve,
    split_by_columns,
)

from .interface import Given, Plan, characters, greedy_groups, tokens

_IN_TURN = ("cache_share", "block_tokens")
_CROSSED = ("zipf", "rows", "clustered", "fan_out")
_STEP = 1 / 1.1673039782614187
"""Of an additive recurrence over the crossed parameters: powers of 1/g, g the root of g^5 = g + 1 (M.
Roberts, The unreasonable effectiveness of quasirandom sequences, 2018)."""
_WORST_NAMED = 3


@dataclass(frozen=True)
class Case:
    """The truth of a workload, all of which is told."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    family: str
    table: Table
    block_tokens: int
    cache_blocks: int


class LlmSql(PlanEvaluator):
    """The candidate orders rows, and the columns of every row, by number; prompts are made of that here."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._bounds: dict[str, float] = {}
        self._references: dict[str, float] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        cells = self.params["shift" if split == "shift" else "search"]
        for index in itertools.count():
            rng = workload_rng(key, index, split)
            yield self._draw(_cell(cells, index), rng, f"{split}/{key.hex()}/{index}")

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield workloads from CSV files, in pieces of some rows, with each size of cache.

        Raises:
            BadData: a file cannot be read, or there is none.
        """
        try:
            tables = list(read_tables(path, self.params["recorded_rows"]))
        except TableError as error:
            raise BadData(str(error)) from None
        return itertools.chain.from_iterable(self._pieces(path, name, table) for name, table in tables)

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        return tuple(_given(_case(workload)))

    def plan_schema(self, workload: Workload) -> Schema:
        """Return the schema of a plan: every row once, and columns for each."""
        rows, columns = _case(workload).table.cells.shape
        return TupleOf(
            Array("int64", (rows,), 0, rows - 1, unique=True), Array("int64", (rows, columns), 0, columns - 1)
        )

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the share of tokens that are in cached blocks, and what became of the others.

        Raises:
            Invalid: a row has a column twice, and so lacks another.
        """
        case = _case(workload)
        rows, columns = plan
        wrong = (np.sort(columns, axis=1) != np.arange(columns.shape[1])).any(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            raise Invalid(f"row {row} does not have every column once: {columns[row].tolist()[:20]}")
        reuse = measure(case.table, rows, columns, case.block_tokens, case.cache_blocks)
        phrases, most = phrase_count(case.table, rows, columns)
        lost = int(np.argmax(reuse.lost_by_column))
        return {
            "hit_rate": reuse.hit_tokens / reuse.tokens,
            "unbounded_hit_rate": reuse.unbounded_hit_tokens / reuse.tokens,
            "token_hit_rate": reuse.shared_tokens / reuse.tokens,
            "phrase_count": float(phrases),
            "phrase_share": phrases / max(1, most),
            "tokens": float(reuse.tokens),
            "hit_tokens": float(reuse.hit_tokens),
            "evicted_blocks": float(reuse.evicted_blocks),
            "column_orders": float(len(np.unique(columns, axis=0))),
            "lost_column": float(lost),
            "lost_column_share": reuse.lost_by_column[lost] / reuse.tokens,
        }

    def worst(self, workload: Workload) -> Metrics:
        """Return what a cache does that is never hit."""
        return {"hit_rate": 0.0}

    def bound(self, workload: Workload) -> Metrics:
        """Return the share that no order exceeds (proofs in `simulators/prefix/limits.py`)."""
        case = _case(workload)
        if case.token not in self._bounds:
            most = reuse_limit(case.table, case.block_tokens)
            self._bounds[case.token] = most / int(case.table.line_tokens.sum())
        return {"hit_rate": self._bounds[case.token]}

    def reference(self, workload: Workload) -> Metrics:
        """Return what the best of three recursions reaches: by values of long text or tokens, by columns."""
        case = _case(workload)
        if case.token not in self._references:
            self._references[case.token] = _best_known(case)
        return {"hit_rate": self._references[case.token]}

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how many column orders there are, and how far whole long cells follow equal ones."""
        ran = [
            (len(_case(workload).table.cells), metrics)
            for workload, metrics in results
            if metrics is not None
        ]
        if not ran:
            return {"column_variety": 0.0, "phrases": 0.0}
        variety = [math.log(metrics["column_orders"]) / math.log(rows) for rows, metrics in ran]
        phrases = [metrics["phrase_share"] for _, metrics in ran]
        return {"column_variety": sum(variety) / len(ran), "phrases": sum(phrases) / len(ran)}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three workloads that are furthest below their bound and why."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {workload.cell}: {reason}" for workload, reason in failures[:_WORST_NAMED]]
        gaps = [
            (metrics["hit_rate"] - self.bound(workload)["hit_rate"], at, workload, metrics)
            for at, (workload, metrics, _) in enumerate(results)
            if metrics is not None
        ]
        gaps.sort(key=lambda gap: gap[:2])
        lines += [f"- {self._loss(workload, metrics)}" for _, _, workload, metrics in gaps[:_WORST_NAMED]]
        return "\n".join(lines)

    def _draw(self, cell: Mapping[str, Any], rng: Random, token: str) -> Workload:
        shape = Shape(cell["rows"], cell["zipf"], cell["fan_out"], bool(cell["clustered"]))
        table = draw_table(rng, cell["families"], shape)
        case = _case_of(token, cell["families"], table, cell["block_tokens"], cell["cache_share"])
        return Workload(case, f"family={cell['families']},cache={cell['cache_share']:g}")

    def _pieces(self, path: Path, name: str, table: Table) -> Iterator[Workload]:
        search = self.params["search"]
        for share in search["cache_share"]:
            case = _case_of(f"{path}:{name}:{share}", "recorded", table, search["block_tokens"][0], share)
            # Pieces of one table have entities in common.
            yield Workload(case, f"recorded,cache={share:g}", shares=f"{path}:{name.rpartition(':')[0]}")

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        case = _case(workload)
        rows, columns = case.table.cells.shape
        return (
            f"{case.family}, {rows} rows of {columns} columns, blocks of {case.block_tokens} tokens, "
            f"{case.cache_blocks} of them cached: {metrics['hit_rate']:.3f} of "
            f"{metrics['tokens']:.0f} tokens hit, no order exceeds "
            f"{self.bound(workload)['hit_rate']:.3f}. {_why(case, metrics)}"
        )


def _best_known(case: Case) -> float:
    given = _given(case)
    plans = [
        greedy_groups(given, characters(given), 2.0),
        greedy_groups(given, tokens(given), 1.5),
        Plan(*split_by_columns(case.table)),
    ]
    hits = [_hit_tokens(case, plan) for plan in plans]
    return max(hits) / int(case.table.line_tokens.sum())


def _hit_tokens(case: Case, plan: Plan) -> int:
    served = serve(prompts(case.table, *plan), case.block_tokens, case.cache_blocks)
    return case.block_tokens * sum(served.hit_blocks)


def _why(case: Case, metrics: Metrics) -> str:
    """Say where most was lost: to eviction, at the edges of blocks, or in a column that came too late."""
    evicted = metrics["unbounded_hit_rate"] - metrics["hit_rate"]
    edges = metrics["token_hit_rate"] - metrics["unbounded_hit_rate"]
    behind = metrics["lost_column_share"]
    most = max(evicted, edges, behind)
    if most == evicted:
        return f"{evicted:.1%} of all tokens had been evicted: rows that begin alike came far apart."
    if most == edges:
        return f"{edges:.1%} of all tokens were shared, but not to the end of a block."
    name = case.table.columns[int(metrics["lost_column"])]
    return f"{behind:.1%} of all tokens repeat in {name!r} and were not hit: others that differ came before."


def _case_of(token: str, family: str, table: Table, block_tokens: int, cache_share: float) -> Case:
    """Return the case whose cache holds a share of all blocks, and always the two longest prompts."""
    blocks = math.ceil(cache_share * int(table.line_tokens.sum()) / block_tokens)
    return Case(token, family, table, block_tokens, max(blocks, 2 * table.longest_blocks(block_tokens), 1))


def _given(case: Case) -> Given:
    table, lines = case.table, case.table.lines
    return Given(
        table.columns, table.texts, lines, table.cells, table.implies, case.block_tokens, case.cache_blocks
    )


def _cell(cells: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    """Return the parameters of an index: families in turn, and each round of them with the same others."""
    turn, family = divmod(index, len(cells["families"]))
    picks = ((0.5 + (turn + 1) * _STEP**power) % 1 for power in range(1, len(_CROSSED) + 1))
    return {
        "families": cells["families"][family],
        **{name: cells[name][turn % len(cells[name])] for name in _IN_TURN},
        **{
            name: cells[name][int(pick * len(cells[name]))]
            for name, pick in zip(_CROSSED, picks, strict=True)
        },
    }


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case
