"""Intervals, paired tests, ties: pure functions."""
