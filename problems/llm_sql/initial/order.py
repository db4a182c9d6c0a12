"""Order the rows of a table, and the columns of every row, for an engine that caches prefixes."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def arrange(given: Given, rng: Random) -> Plan:
    """Send the table as it is."""
    columns: Columns = columns_as_given(given)
    plan: Plan = as_given(given, columns)
    return plan


# EVOLVE-BLOCK-END


def solve(given: Given, rng: Random):
    """Return the plan."""
    return arrange(given, rng)
