"""Carries programs to worker pairs and turns what comes back into evaluations."""
