"""`make bench-peers`: four published tools and this one, driven alike, in one table.

Each peer is installed from PyPI into an environment of its own, and asks the same local model server for the
same proposals. docs/reference/peers.md says how everything is measured.
"""
