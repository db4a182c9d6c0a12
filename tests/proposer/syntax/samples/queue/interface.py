from typing import NamedTuple


class Given(NamedTuple):
    servers: int


class Observation(NamedTuple):
    queue_length: tuple[int, ...]
    work_ms: tuple[float, ...]
    alive: tuple[bool, ...]
    last: int | None
