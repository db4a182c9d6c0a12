"""The table of edits.

Every edit is a function from a `Context` to a `Change`, or None where it finds nothing to do. Weights say how
often an edit is drawn; edits that mostly break things are rare, and those that only grow the program are left
out near the size limit.

Over 12 runs of 300 trials on `spot_multiregion`, factors of 0 to 2.5 on whole groups of these weights moved
the mean of the best programs by less than the noise between runs: they are round numbers, not tuned further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from adrs.proposer.syntax.edits.common import Change, Context
from adrs.proposer.syntax.edits.conditions import (
    negate_condition,
    replace_condition,
    strengthen_condition,
    swap_comparison,
    weaken_condition,
)
from adrs.proposer.syntax.edits.crossover import (
    recombine_expression,
    recombine_function,
    recombine_lines,
    recombine_statement,
)
from adrs.proposer.syntax.edits.expressions import (
    best_instead_of_first,
    change_key,
    filter_loop,
    hoist,
    order_loop,
    replace_element,
    replace_expression,
    replace_name,
    swap_expressions,
)
from adrs.proposer.syntax.edits.memory import add_memory
from adrs.proposer.syntax.edits.numbers import move_threshold, perturb_number, wrap_number
from adrs.proposer.syntax.edits.statements import (
    insert_assignment,
    insert_guard,
    move_statement,
    remove_statement,
    swap_branches,
)


class Edit(NamedTuple):
    """One kind of edit."""

    make: Callable[[Context], Change | None]
    weight: float
    grows: bool = False
    crosses: bool = False
    """Whether it takes from a second program."""


EDITS: Mapping[str, Edit] = {
    # numbers
    "number": Edit(perturb_number, 12),
    "threshold": Edit(move_threshold, 5, grows=True),
    "wrap": Edit(wrap_number, 4, grows=True),
    # conditions
    "comparison": Edit(swap_comparison, 3),
    "negate": Edit(negate_condition, 2),
    "strengthen": Edit(strengthen_condition, 7, grows=True),
    "weaken": Edit(weaken_condition, 3),
    "condition": Edit(replace_condition, 4),
    # expressions
    "expression": Edit(replace_expression, 9),
    "name": Edit(replace_name, 6),
    "element": Edit(replace_element, 2),
    "hoist": Edit(hoist, 3),
    "reuse": Edit(swap_expressions, 3),
    # order: which position comes first
    "key": Edit(change_key, 5, grows=True),
    "order": Edit(order_loop, 5, grows=True),
    "filter": Edit(filter_loop, 3, grows=True),
    "best": Edit(best_instead_of_first, 4, grows=True),
    # statements
    "guard": Edit(insert_guard, 12, grows=True),
    "assign": Edit(insert_assignment, 4, grows=True),
    "remove": Edit(remove_statement, 5),
    "move": Edit(move_statement, 3),
    "branches": Edit(swap_branches, 2),
    "memory": Edit(add_memory, 3, grows=True),
    # recombination
    "cross_lines": Edit(recombine_lines, 10, crosses=True),
    "cross_function": Edit(recombine_function, 3, crosses=True),
    "cross_statement": Edit(recombine_statement, 5, crosses=True),
    "cross_expression": Edit(recombine_expression, 5, crosses=True),
}

__all__ = ["EDITS", "Change", "Context", "Edit"]
