"""The isolation certificate of a score, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from adrs.cli.wording import safe

if TYPE_CHECKING:
    from adrs.model.certificate import Certificate


def certificate_as_plain(certificate: Certificate | None) -> dict[str, Any] | None:
    """Return a certificate with its digest, or None where a score has none."""
    return None if certificate is None else {"digest": certificate.digest, **certificate.as_plain()}


def certificate_line(certificate: Certificate) -> Text:
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
    return text.append(
        f" ({safe(host, 200)}; isolation certificate {certificate.digest[:12]})", "not bold dim"
    )
