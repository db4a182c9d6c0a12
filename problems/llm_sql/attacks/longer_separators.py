# verdict: invalid
"""Answers what is to stand between cells, a long text that all prompts would share."""

from interface import as_given, columns_as_given


def solve(given, rng):
    return (*as_given(given, columns_as_given(given)), {"separator": "-" * 4096})
