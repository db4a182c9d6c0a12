"""What a candidate is given."""

from typing import NamedTuple


class Given(NamedTuple):
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    serial: float
