"""Runs side by side at equal budgets: what the search itself is worth."""
