"""What a failure was: from what the trusted worker saw, and from how the zygote says that the child ended."""

from __future__ import annotations

import signal
import unicodedata
from collections.abc import Mapping
from typing import Any

from adrs.model.evaluation import Failure, FailureKind

_LONGEST_REASON = 500


def one_line(text: str) -> str:
    """Return hostile text as one line of printable characters, capped."""
    kept = "".join(
        " " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 4 * _LONGEST_REASON]
    )
    return " ".join(kept.split())[:_LONGEST_REASON]


def failure_of(reported: Mapping[str, Any] | None, channel: str, end: Mapping[str, Any]) -> Failure | None:
    """Return why one workload failed, or None where it did not.

    Args:
        reported: the `failure` of the trusted worker's result.
        channel: how the channel ended: `ok`, `closed`, `timeout` or `output`.
        end: the zygote's report on the child.
    """
    if reported is None:
        return None
    kind = FailureKind(reported["kind"])
    reason = one_line(str(reported["reason"]))
    if channel == "closed" and kind is FailureKind.CRASH:
        return _how_it_ended(end, reason)
    return Failure(kind, reason)


def _how_it_ended(end: Mapping[str, Any], reason: str) -> Failure:
    number, code = end.get("signal"), end.get("exit")
    if end.get("killed"):
        return Failure(FailureKind.OUTPUT, "it closed its channel and went on running")
    if number is None:
        return Failure(
            FailureKind.CRASH, f"its process ended itself (exit code {code})" if code is not None else reason
        )
    name = _signal_name(number)
    if number == signal.SIGXCPU:
        return Failure(FailureKind.TIMEOUT, f"it used all of its CPU time ({end['cpu_s']:.1f} s)")
    if number == signal.SIGKILL:
        if end["cpu_s"] >= end["cpu_limit_s"]:
            return Failure(FailureKind.TIMEOUT, f"it used all of its CPU time ({end['cpu_s']:.1f} s)")
        return Failure(FailureKind.MEMORY, f"it was killed while it held {end['peak_mib']:.0f} MiB")
    return Failure(FailureKind.CRASH, f"its process died of {name}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
