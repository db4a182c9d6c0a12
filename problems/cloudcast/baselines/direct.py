"""Direct: the source sends every partition to every destination itself.

The simplest baseline of Wooders et al., Cloudcast, NSDI 2024, and of Cheng et al., arXiv 2510.06189.
"""

from interface import Given, add, answer, blank_draft, direct_tree, within_deadline


def solve(given: Given, rng):
    """Return the trees, cut down to the deadline."""
    draft = blank_draft(given)
    for _ in range(given.partitions):
        add(draft, direct_tree(given))
    return answer(within_deadline(given, draft))
