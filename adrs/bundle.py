"""Where the bundled folders `problems/`, `evaluators/` and `simulators/` are.

In a checkout they stand beside `adrs/`; in an install they travel inside the wheel as `adrs/_bundled/`.
This is the only place that knows.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds `problems/`, `evaluators/` and `simulators/`."""
    bundled = _PACKAGE / "_bundled"
    return bundled if bundled.is_dir() else _PACKAGE.parent
