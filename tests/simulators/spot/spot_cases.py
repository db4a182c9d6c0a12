"""Small markets and jobs, and a way to run policies through them without any worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st

from simulators.spot import Job, Market, NotAvailable, Outcome, between_zones, run

Answer = tuple[int, int]
ON_DEMAND_USD = 4.0


def market(
    *rows: str, usd: tuple[tuple[float, ...], ...] | None = None, regions: tuple[int, ...] | None = None
) -> Market:
    """Make a market of one-hour ticks: one string per zone, `#` where spot is up."""
    ticks = len(rows[0])
    prices = usd or tuple((1.0,) * ticks for _ in rows)
    return Market(
        tick_s=3600,
        regions=regions or (0,) * len(rows),
        available=tuple(zip(*([mark == "#" for mark in row] for row in rows), strict=True)),
        spot_usd_per_h=tuple(zip(*prices, strict=True)),
        on_demand_usd_per_h=ON_DEMAND_USD,
    )


def job(work: int, deadline: int, restart: int = 1, regions: tuple[int, ...] = (0,), **moving: Any) -> Job:
    near, far = moving.get("move", (0, 0))
    near_usd, far_usd = moving.get("usd", (0.0, 0.0))
    moves = tuple(tuple(int(m) for m in row) for row in between_zones(regions, near, far))
    return Job(work, deadline, restart, moves, between_zones(regions, near_usd, far_usd))


def drive(market: Market, job: Job, policy: Callable[[Any], Answer]) -> tuple[Outcome, list[Any]]:
    """Return the outcome and everything that was observed."""
    steps, seen = run(market, job), []
    try:
        observed = next(steps)
        while True:
            seen.append(observed)
            observed = steps.send(policy(observed))
    except StopIteration as end:
        return end.value, seen


def replay(market: Market, job: Job, answers: Iterator[Answer]) -> Outcome | None:
    """Return the outcome of a row of answers, None where one of them is not allowed."""
    try:
        return drive(market, job, lambda _: next(answers))[0]
    except NotAvailable:
        return None


def allowed(observed: Any) -> list[Answer]:
    """Return every answer that the market has."""
    up = observed[8]
    zones = range(len(up))
    return [(0, 0), *((1, zone) for zone in zones if up[zone]), *((2, zone) for zone in zones)]


def erratic(seed: int) -> Callable[[Any], Answer]:
    """Return a policy that does anything, but now and then keeps what runs."""
    rng = Random(seed)

    def answer(observed: Any) -> Answer:
        kind, zone = observed[3], observed[4]
        keeps = rng.random() < 0.5 and (kind != 1 or observed[8][zone])
        return (kind, zone) if keeps else rng.choice(allowed(observed))

    return answer


@st.composite
def cases(draw: st.DrawFn, max_zones: int = 3, max_ticks: int = 24) -> tuple[Market, Job]:
    zones = draw(st.integers(1, max_zones))
    ticks = draw(st.integers(2, max_ticks))
    restart = draw(st.integers(1, min(3, ticks - 1)))
    work = draw(st.integers(1, ticks - restart))
    regions = tuple(draw(st.lists(st.integers(0, 1), min_size=zones, max_size=zones)))
    rows = draw(
        st.lists(st.lists(st.booleans(), min_size=zones, max_size=zones), min_size=ticks, max_size=ticks)
    )
    # Quarters add up exactly, so bills can be compared without a tolerance.
    quarters = st.lists(st.integers(1, 16).map(lambda q: q / 4), min_size=zones, max_size=zones)
    prices = draw(st.lists(quarters, min_size=ticks, max_size=ticks))
    made = Market(3600, regions, tuple(map(tuple, rows)), tuple(map(tuple, prices)), ON_DEMAND_USD)
    move = (draw(st.integers(0, 1)), draw(st.integers(0, 2)))
    usd = (draw(st.integers(0, 4)) / 4, draw(st.integers(0, 12)) / 4)
    return made, job(work, ticks, restart, regions, move=move, usd=usd)
