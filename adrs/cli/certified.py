"""The isolation certificate of a score, and the full check of the sandbox that it names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from adrs.cli.runs import when
from adrs.cli.wording import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adrs.archive.store import Archive
    from adrs.model.certificate import Certificate
    from adrs.verify.isolation import Check


def summed_up(found: Check, at_us: int) -> dict[str, Any]:
    """Return what a full check came to, as it is kept."""
    from adrs.verify.isolation import Verdict

    return {
        "digest": found.digest,
        "passed": found.passed,
        "probes": len(found.findings),
        "held": found.count(Verdict.HELD),
        "at_us": at_us,
    }


def record_check(archive: Archive, certificate: Certificate, check: Mapping[str, Any]) -> None:
    """Keep what a full check came to; it stands for every score that bears this certificate."""
    archive.keep_check(certificate.digest, json.dumps(check).encode())


def last_check(archive: Archive, certificate: Certificate | None) -> dict[str, Any] | None:
    """Return the latest full check under a certificate that the archive keeps, or None."""
    kept = None if certificate is None else archive.kept_check(certificate.digest)
    return None if kept is None else dict(json.loads(kept))


def check_in(where: str, certificate: Certificate | None) -> dict[str, Any] | None:
    """Return the latest full check under a certificate that the archive at a place keeps, or None."""
    from contextlib import suppress

    from adrs.archive.store import Archive
    from adrs.errors import ArchiveError

    with suppress(ArchiveError), Archive.open(where, create=False) as archive:
        return last_check(archive, certificate)
    return None


def certificate_as_plain(
    certificate: Certificate | None, check: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return a certificate with its digest and the latest full check, or None where a score has none.

    Where the archive keeps no check under it, `check` is None and `note` says so.
    """
    if certificate is None:
        return None
    plain = {"digest": certificate.digest, **certificate.as_plain(), "check": check}
    return plain if check is not None else plain | {"note": _unchecked(certificate)}


def _unchecked(certificate: Certificate) -> str:
    return f"not checked here; adrs sandbox check --backend {certificate.sandbox} does"


def certificate_line(certificate: Certificate, check: Mapping[str, Any] | None) -> Text:
    """Say what confined the candidates where a score was measured, and what it could not hold."""
    text = Text(safe(certificate.sandbox, 40), "bold")
    lacking = ", ".join(safe(name, 60) for name in certificate.not_held)
    if not lacking:
        text.append(", with every guarantee held", "not bold")
    elif certificate.held:
        held = ", ".join(safe(name, 60) for name in certificate.held)
        text.append(f"; held: {held}", "not bold")
    if lacking:
        text.append(f"; not held: {lacking}", "not bold yellow")
    host = f"{certificate.kernel}, {certificate.arch}, Python {certificate.python}"
    text.append(f" ({safe(host, 200)}; isolation certificate {certificate.digest[:12]}", "not bold dim")
    if check is None:
        text.append(f"; {safe(_unchecked(certificate), 100)}", "not bold dim")
    else:
        said = f"; {check['held']} of {check['probes']} probes held on {when(check['at_us'])}"
        text.append(said, "not bold dim" if check["passed"] else "bold red")
    return text.append(")", "not bold dim")
