"""What is simulated: what every zone offers at every tick, and the job that has to be done."""

from __future__ import annotations

from dataclasses import dataclass

NONE = 0
"""No machine runs."""
SPOT = 1
"""A spot machine: cheap, lost when its zone has none left."""
ON_DEMAND = 2
"""An on-demand machine: dear, never lost, to be had in every zone."""

Matrix = tuple[tuple[float, ...], ...]
IntMatrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Market:
    """Spot availability and prices of every zone, tick by tick.

    What a tick says holds from its start to its end.
    """

    tick_s: int
    regions: tuple[int, ...]
    """The region of every zone, numbered from 0."""
    available: tuple[tuple[bool, ...], ...]
    """Shape (ticks, zones): whether a spot machine can be had, and kept, during this tick."""
    spot_usd_per_h: Matrix
    """Shape (ticks, zones)."""
    on_demand_usd_per_h: float

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: a row has another number of zones, or the tables differ in length.
        """
        zones = len(self.regions)
        if len(self.available) != len(self.spot_usd_per_h):
            raise ValueError("availability and prices must have one row per tick each")
        if any(len(row) != zones for row in (*self.available, *self.spot_usd_per_h)):
            raise ValueError(f"every row must have {zones} zones, one for each entry of regions")

    @property
    def zones(self) -> int:
        """How many zones there are."""
        return len(self.regions)

    @property
    def tick_h(self) -> float:
        """The length of a tick in hours."""
        return self.tick_s / 3600


@dataclass(frozen=True)
class Job:
    """Work to be done before a deadline; all durations are whole ticks.

    The job's checkpoint starts in zone 0.
    """

    work_ticks: int
    deadline_ticks: int
    restart_ticks: int
    """Paid ticks that every launch takes before the job goes on: at least 1."""
    move_ticks: IntMatrix
    """Shape (zones, zones): paid ticks that a launch takes longer where the checkpoint is elsewhere,
    `[checkpoint's zone][zone launched in]`."""
    transfer_usd: Matrix
    """Shape (zones, zones): what fetching the checkpoint costs, per launch."""

    def __post_init__(self) -> None:
        """Check that the job can be done on demand, whatever happens.

        Raises:
            ValueError: a duration is out of range, or staying in a zone would cost time or money.
        """
        if self.restart_ticks < 1 or self.work_ticks < 1:
            raise ValueError("restart_ticks and work_ticks must be at least 1")
        if self.restart_ticks + self.work_ticks > self.deadline_ticks:
            raise ValueError(
                f"{self.work_ticks} ticks of work and {self.restart_ticks} of launch do not fit before "
                f"the deadline at tick {self.deadline_ticks}"
            )
        for table in (self.move_ticks, self.transfer_usd):
            if any(value < 0 for row in table for value in row):
                raise ValueError("moving cannot take negative time or money")
            if any(row[zone] for zone, row in enumerate(table)):
                raise ValueError("a launch where the checkpoint already is moves nothing")

    @property
    def slack_ticks(self) -> int:
        """Ticks that may pass without work over the whole job."""
        return self.deadline_ticks - self.work_ticks


def between_zones(
    regions: tuple[int, ...], same_region: float, other_region: float
) -> tuple[tuple[float, ...], ...]:
    """Return a (zones, zones) table: 0 within a zone, one value within and one between regions."""
    return tuple(
        tuple(
            0 * same_region
            if here == there
            else same_region
            if regions[here] == regions[there]
            else other_region
            for there in range(len(regions))
        )
        for here in range(len(regions))
    )
