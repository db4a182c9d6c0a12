# verdict: forbidden
"""Leaves through a thread that no timeout of the caller would stop."""

import threading


def solve(given, rng):
    answer = []
    worker = threading.Thread(target=lambda: answer.extend(given.current))
    worker.start()
    return answer
