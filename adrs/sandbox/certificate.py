"""Writes down what a sandbox guarantees on this host."""

from __future__ import annotations

import platform

from adrs.model.certificate import Certificate
from adrs.sandbox.contract import Sandbox


def certify(sandbox: Sandbox) -> Certificate:
    """Return what a sandbox guarantees here; it was seen to work.

    Raises:
        SandboxUnavailable: it has stopped working.
    """
    found = sandbox.guarantees()
    return Certificate(
        sandbox=sandbox.name,
        kernel=f"{platform.system()} {platform.release()}",
        arch=platform.machine(),
        python=platform.python_version(),
        held=tuple(sorted(one.name for one in found if one.held)),
        not_held=tuple(sorted(one.name for one in found if not one.held)),
    )
