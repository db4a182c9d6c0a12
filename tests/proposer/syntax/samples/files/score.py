"""How bad it is to put an item into a bin."""


def badness(load_mib: float, size_mib: float, capacity_mib: float) -> float:
    # EVOLVE-BLOCK-START
    if load_mib + size_mib > capacity_mib:  # too full
        return 1e6 + load_mib
    return capacity_mib - load_mib
    # EVOLVE-BLOCK-END
