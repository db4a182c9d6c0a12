"""Proof that a score can be trusted: what confines it, and what it is worth."""
