"""Turns a selection into a candidate: syntax-tree edits, models."""
