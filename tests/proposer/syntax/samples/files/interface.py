from typing import NamedTuple


class Given(NamedTuple):
    sizes_mib: tuple[float, ...]
    bins: int
    capacity_mib: float
