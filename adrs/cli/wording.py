"""Numbers, times and hostile text as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_BARS = "▁▂▃▄▅▆▇█"
_TAB = "    "


def safe(text: str, limit: int = 2000, *, lines: bool = False) -> str:
    """Return text that cannot move a cursor, change a colour or reorder what is read.

    Everything that is not printable (control, bidirectional, unassigned characters) is shown as its escape.

    Args:
        text: anything that a candidate, a model or a plug-in wrote.
        limit: characters kept; longer text ends in an ellipsis.
        lines: whether line ends are kept; otherwise they are shown as spaces.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(_visible(char, lines=lines) for char in text)


def _visible(char: str, *, lines: bool) -> str:
    if char.isprintable():
        return char
    if char == "\n":
        return "\n" if lines else " "
    if char == "\t":
        return _TAB
    return char.encode("unicode_escape").decode("ascii")


def number(value: float | None, significant: int = 5) -> str:
    """Return a value with so many significant digits and no needless exponent."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    magnitude = abs(value)
    if magnitude and not 1e-3 <= magnitude < 1e7:
        return f"{value:.4g}"
    digits = 0 if magnitude == 0 else max(0, significant - 1 - math.floor(math.log10(magnitude)))
    text = f"{value:,.{min(digits, 6)}f}"
    return text


def amount(value: float | None, unit: str = "") -> str:
    """Return a value with its unit."""
    return f"{number(value)} {safe(unit)}".rstrip()


def signed(value: float, unit: str = "") -> str:
    """Return a difference with its sign and unit."""
    sign = "+" if value > 0 else ""
    return sign + amount(value, unit)


def percent(share: float) -> str:
    """Return a share of 1 as percent, with one decimal below 1000 %."""
    if not math.isfinite(share):
        return "-"
    decimals = 1 if abs(share) < 10 else 0
    return f"{100 * share:,.{decimals}f} %"


def money(cost_usd: float) -> str:
    """Return dollars; small sums keep four decimals, and none is rounded to nothing."""
    if 0 < cost_usd < 0.0001:
        return "under $0.0001"
    return f"${cost_usd:.2f}" if cost_usd >= 1 or cost_usd == 0 else f"${cost_usd:.4f}"


def duration(seconds: float) -> str:
    """Return a time span such as `8.4 s`, `3:05` or `2:10:00`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def count(how_many: int, noun: str) -> str:
    """Return a number with its noun in the right form: `1 trial`, `2 trials`."""
    return f"{how_many:,} {noun}" if how_many == 1 else f"{how_many:,} {noun}s"


def size(n_bytes: float) -> str:
    """Return a size in binary units, such as `3.4 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"


def tally(counts: Mapping[str, int]) -> str:
    """Return counts by name, largest first, without zeros: `duplicate 41 · syntax 3`."""
    ordered = sorted(((n, name) for name, n in counts.items() if n), key=lambda pair: (-pair[0], pair[1]))
    return " · ".join(f"{safe(name, 40)} {n:,}" for n, name in ordered)


def sparkline(history: Sequence[tuple[int, float]], upto: int, width: int) -> str:
    """Draw a best-so-far curve.

    Args:
        history: improvements as (trials told, best so far), rising in trials.
        upto: trials told by now: the curve's right end.
        width: columns.
    """
    if not history or width < 1:
        return ""
    columns = min(width, max(1, upto + 1))
    curve = []
    step = 0
    for column in range(columns):
        at = upto if columns == 1 else round(column * upto / (columns - 1))
        while step + 1 < len(history) and history[step + 1][0] <= at:
            step += 1
        curve.append(history[step][1])
    low, high = min(curve), max(curve)
    if high == low:
        return _BARS[3] * columns
    top = len(_BARS) - 1
    return "".join(_BARS[round((value - low) / (high - low) * top)] for value in curve)


def gap_share(value: float, start: float, goal: float) -> float | None:
    """Return the share of the way from `start` to `goal`: 0 none, 1 all; None where there is no way."""
    return None if start == goal else (value - start) / (goal - start) + 0.0


def train_sizes(sizes: Sequence[tuple[int, int]]) -> str:
    """Return how many workloads train had, and when it grew.

    Args:
        sizes: the first trial and the number of workloads of each.
    """
    return ", ".join(
        f"{workloads} from trial {since} on" if since else count(workloads, "workload")
        for since, workloads in sizes
    )
