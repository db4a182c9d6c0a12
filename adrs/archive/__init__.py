"""The durable store of everything: programs, trials, evaluations, model calls, artifacts."""
