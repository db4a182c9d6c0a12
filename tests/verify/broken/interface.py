"""What a candidate is given."""

from typing import NamedTuple


class Given(NamedTuple):
    target: int
    size: int
