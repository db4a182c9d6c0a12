"""The durable store of everything: programs, trials, evaluations, model calls, artifacts.

`store.Archive` is the whole of its public face; the other modules hold the tables it is made of.
"""
