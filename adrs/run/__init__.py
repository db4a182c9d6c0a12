"""The loop, its configuration, stopping and resume."""
