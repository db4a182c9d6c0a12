"""AI-Driven Research for Systems: evolve algorithms against verifiers whose scores can be trusted."""

__version__ = "0.1.0"
