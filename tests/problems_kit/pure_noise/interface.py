"""What a candidate is given."""

from typing import NamedTuple


class Given(NamedTuple):
    level: float
