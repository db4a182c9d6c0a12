"""Rows of a table as prompts, and the prefix cache of the engine that serves them.

The system is that of Liu et al., Optimizing LLM Queries in Relational Data Analytics Workloads (MLSys 2025):
one request per row, whose cells may be written in any order. `text` says how a cell becomes tokens, `table`
how a row becomes a prompt, `cache` what is served from it, `measure` what an order is worth, `limits` proves
what no order can exceed, `search` finds a good one, and `generate` and `recorded` bring tables.
"""

from simulators.prefix.cache import Served, paths, serve
from simulators.prefix.generate import FAMILIES, Shape, draw_table
from simulators.prefix.limits import column_trie_limit, reuse_limit, spanning_tree_limit
from simulators.prefix.measure import Reuse, character_hit_rate, measure, phrase_count
from simulators.prefix.recorded import TableError, read_tables
from simulators.prefix.search import split_by_columns
from simulators.prefix.table import Table, found_dependencies, prompts, table_of
from simulators.prefix.text import line, pieces

__all__ = [
    "FAMILIES",
    "Reuse",
    "Served",
    "Shape",
    "Table",
    "TableError",
    "character_hit_rate",
    "column_trie_limit",
    "draw_table",
    "found_dependencies",
    "line",
    "measure",
    "paths",
    "phrase_count",
    "pieces",
    "prompts",
    "read_tables",
    "reuse_limit",
    "serve",
    "spanning_tree_limit",
    "split_by_columns",
    "table_of",
]
