"""Strategies: pure, in memory, behind ask and tell."""
