"""Plots as SVG text: lines with bands, and a matrix; readable on light and dark ground."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from statistics import fmean

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 36, 44

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888", "#d98032")
"""Paul Tol's bright palette, told apart by colour-blind readers too."""

DASHES = ("", "6 3", "2 3", "8 3 2 3")

Curves = Mapping[str, Sequence[Sequence[float]]]


def band_plot(curves: Curves, title: str, across: str, up: str) -> str:
    """Return a plot of means over seeds; the band goes from the lowest seed to the highest.

    Args:
        curves: by name, one curve per seed, all of the same length.
        title: above the plot.
        across: names the horizontal axis, which counts points from 0.
        up: names the vertical axis.
    """
    points = [value for seeds in curves.values() for curve in seeds for value in curve]
    low, high = min(points, default=0.0), max(points, default=1.0)
    ticks = _ticks(low, high if high > low else low + 1.0)
    longest = max((len(curve) for seeds in curves.values() for curve in seeds), default=2)
    x = Scale(0, max(1, longest - 1), LEFT, WIDTH - RIGHT)
    y = Scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [_text(LEFT, 20, title, weight="bold"), *_axes(ticks, longest - 1, x, y, across, up)]
    for place, (name, seeds) in enumerate(curves.items()):
        columns = list(zip(*seeds, strict=True))
        colour, dash = COLOURS[place % len(COLOURS)], DASHES[place // 4 % len(DASHES)]
        upper = [(x(at), y(max(column))) for at, column in enumerate(columns)]
        lower = [(x(at), y(min(column))) for at, column in enumerate(columns)]
        if len(seeds) > 1:
            outline = _points([*upper, *reversed(lower)])
            parts.append(f'<polygon points="{outline}" fill="{colour}" fill-opacity="0.12"/>')
        mean = _points([(x(at), y(fmean(column))) for at, column in enumerate(columns)])
        parts.append(
            f'<polyline points="{mean}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dash}"><title>{escape(name)}</title></polyline>'
        )
        row = TOP + 12 + 18 * place
        parts.append(
            f'<line x1="{WIDTH - RIGHT + 12}" x2="{WIDTH - RIGHT + 36}" y1="{row}" y2="{row}" '
            f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        parts.append(_text(WIDTH - RIGHT + 42, row + 4, name))
    return _document(WIDTH, HEIGHT, title, parts)


def matrix_plot(wins: Mapping[str, Mapping[str, float]], title: str) -> str:
    """Return a table of counts, darker where the row wins more often than the column.

    Args:
        wins: by row and column; the diagonal is left out.
        title: above the table.
    """
    names = list(wins)
    step, left, top = 56, 150, 150
    parts = [_text(10, 20, title, weight="bold")]
    for row, one in enumerate(names):
        middle = top + step * row + step / 2 + 4
        parts.append(_text(left - 8, middle, one, anchor="end"))
        turned = f'transform="rotate(-40 {left + step * row + step / 2} {top - 8})"'
        parts.append(_text(left + step * row + step / 2, top - 8, one, extra=turned))
        for column, other in enumerate(names):
            if one == other:
                continue
            mine, theirs = wins[one][other], wins[other][one]
            share = mine / (mine + theirs) if mine + theirs else 0.5
            parts.append(
                f'<rect x="{left + step * column}" y="{top + step * row}" width="{step - 2}" '
                f'height="{step - 2}" fill="#4477aa" fill-opacity="{0.5 * share:.2f}"/>'
            )
            parts.append(_text(left + step * column + step / 2 - 1, middle, f"{mine:g}", anchor="middle"))
    side = step * len(names)
    return _document(left + side + 60, top + side + 16, title, parts)


def _axes(ticks: Sequence[float], last: int, x: Scale, y: Scale, across: str, up: str) -> list[str]:
    parts = []
    for tick in ticks:
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" '
            'stroke="#888888" stroke-opacity="0.3"/>'
        )
        parts.append(_text(LEFT - 6, y(tick) + 4, f"{tick:g}", anchor="end"))
    for tick in (t for t in _ticks(0, max(1, last)) if 0 <= t <= last and t == int(t)):
        parts.append(_text(x(tick), HEIGHT - BOTTOM + 16, f"{tick:g}", anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, anchor="middle"))
    turned = f'transform="rotate(-90 14 {HEIGHT / 2})"'
    parts.append(_text(14, HEIGHT / 2, up, anchor="middle", extra=turned))
    return parts


class Scale:
    """Turns data into pixels, in a straight line."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        """Put `low` at `start` and `high` at `end`."""
        self._low, self._start = low, start
        self._slope = (end - start) / (high - low) if high != low else 0.0

    def __call__(self, value: float) -> float:
        """Return where a value lies."""
        return self._start + (value - self._low) * self._slope


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers, about five, that enclose both ends."""
    rough = (high - low) / 5
    base = 10.0 ** math.floor(math.log10(rough))
    step = next(base * factor for factor in (1, 2, 5, 10) if base * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", extra: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" {extra}>'
        f"{escape(text)}</text>"
    )


def _document(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#777777"><title>{escape(title)}</title>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
