"""What went wrong with a call to a model: whether it may pass, and one sentence that says so.

No text that leaves here holds a key: what a server says is stripped, capped and redacted.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from adrs.proposer.text import one_line

Kind = Literal["refused", "passing", "parameter", "prompt"]

_KEYISH = re.compile(r"\b(sk|pk|key|xai|gsk|AIza)[-_][\w*.-]{6,}|Bearer\s+\S+", re.IGNORECASE)
_UNSUPPORTED = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|not available|"
    r"extra|invalid|only the default|deprecated|use 'max",
    re.IGNORECASE,
)
_SPENT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "credit balance")
_TOO_LONG = (
    "context_length_exceeded",
    "context length",
    "maximum context",
    "prompt is too long",
    "too many tokens",
)
_FILTERED = ("content_filter", "content_policy", "content management policy", "invalid_prompt")


class CallFailed(Exception):
    """A call brought no answer; one that took too long is a `TimeoutError` instead."""


class MalformedAnswer(CallFailed):
    """What came back is no answer in the API's form."""


class Unreachable(CallFailed):
    """No connection was made, or it was lost; the text says why."""


class Untrusted(CallFailed):
    """The server's certificate is not to be trusted; the text says why."""


class StatusError(CallFailed):
    """The server answered with a status that is no success.

    Attributes:
        status: the HTTP status.
        body: what it said: JSON as it was read, else text.
        headers: of its answer; names are looked up in lower case.
    """

    def __init__(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        """Keep what came."""
        super().__init__(f"status {status}")
        self.status = status
        self.body = body
        self.headers = headers

    @property
    def error(self) -> object:
        """The error document, whether or not it stands below `error`."""
        return self.body.get("error", self.body) if isinstance(self.body, Mapping) else self.body


@dataclass(frozen=True)
class Fault:
    """One failed call."""

    kind: Kind
    """`refused`: for good; `passing`: try again; `parameter`: an option to leave out; `prompt`: this very
    prompt is not taken, another may be."""
    sentence: str
    retry_after_s: float | None = None
    parameter: str = ""
    """The option that the server rejects."""
    rejection: str = ""
    """For `prompt`: the kind that the proposal is rejected with."""
    crowded: bool = False
    """Whether the server says that there are too many calls at a time."""


def classify(error: Exception, optional: Collection[str], where: str, key: str) -> Fault:
    """Say what a failed call means.

    Args:
        error: a `CallFailed` or a `TimeoutError`.
        optional: names of the options that were sent and can be left out.
        where: the server, for the sentence.
        key: where its key is taken from, for the sentence.
    """
    if isinstance(error, StatusError):
        return _status(error, optional, where, key)
    if isinstance(error, TimeoutError):
        return Fault("passing", f"{where} gave no answer in time.")
    if isinstance(error, Untrusted):
        said = redact(str(error), 200)
        return Fault(
            "refused",
            f"{where} shows a certificate that is not trusted: {said}; "
            "name the file of the authority's certificates in SSL_CERT_FILE.",
        )
    if isinstance(error, Unreachable):
        why = f": {redact(str(error), 200)}" if str(error) else ""
        return Fault("passing", f"{where} cannot be reached{why}.")
    return Fault("passing", f"{where} answered out of form: {redact(str(error), 200)}.")


def _status(error: StatusError, optional: Collection[str], where: str, key: str) -> Fault:
    code, said = error.status, _said(error)
    lower = said.lower()
    says = f"{where} answered {code}: {redact(said, 240)}"
    if code in (401, 403):
        return Fault("refused", f"{says}; check the key in {key}.")
    if code == 402 or any(word in lower for word in _SPENT):
        return Fault("refused", f"{says}; the account has no quota left.")
    if 300 <= code < 400:
        return Fault("refused", f"{says}; check the base URL.")
    if code == 404:
        return Fault("refused", f"{says}; check the model's name and the base URL.")
    if code in (408, 409, 425, 429) or code >= 500:
        wait_s = retry_after(error.headers)
        return Fault("passing", f"{says}.", retry_after_s=wait_s, crowded=code in (429, 503, 529))
    if any(word in lower for word in _TOO_LONG):
        return Fault("prompt", f"{says}.", rejection="prompt_too_long")
    if any(word in lower for word in _FILTERED):
        return Fault("prompt", f"{says}.", rejection="refused")
    parameter = next((name for name in optional if _names(error, lower, name)), "")
    if code in (400, 422) and parameter:
        return Fault("parameter", f"{says}.", parameter=parameter)
    return Fault("refused", f"{says}; such a request will not be taken later either.")


def _names(error: StatusError, lower: str, name: str) -> bool:
    if isinstance(error.error, Mapping) and error.error.get("param") == name:
        return True
    return re.search(rf"\b{re.escape(name)}\b", lower) is not None and _UNSUPPORTED.search(lower) is not None


def _said(error: StatusError) -> str:
    """Return the server's own words, and its code, from any of the forms that are in use."""
    inner = error.error
    if isinstance(inner, Mapping):
        message = inner.get("message") or inner.get("detail") or json.dumps(inner, default=str)
        marks = " ".join(str(inner[key]) for key in ("code", "type") if inner.get(key))
        return f"{message} ({marks})" if marks else str(message)
    return str(inner or "no reason given")


def redact(text: str, limit: int) -> str:
    """Return foreign text on one capped line, without anything that is or looks like a key."""
    for name, value in os.environ.items():
        if name.endswith(("_API_KEY", "_TOKEN")) and len(value) >= 6:
            text = text.replace(value, "[key]")
    return _KEYISH.sub("[key]", one_line(text, limit)).rstrip(". ")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait (RFC 9110, section 10.2.3), or None."""
    milliseconds = headers.get("retry-after-ms")
    if milliseconds is not None and milliseconds.strip().isdigit():
        return int(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
