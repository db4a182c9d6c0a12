from __future__ import annotations

import random
import sys

from evaluators import child


def test_a_rehearsal_leaves_nothing_behind() -> None:
    child._rehearse()  # what it imports for the first time here is imported by every zygote
    before = dict(sys.modules), list(sys.meta_path), list(sys.path), random.getstate()
    child._rehearse()
    assert (dict(sys.modules), list(sys.meta_path), list(sys.path), random.getstate()) == before
