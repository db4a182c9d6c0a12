"""Deterministic models of systems; they know nothing of candidates or scores."""
