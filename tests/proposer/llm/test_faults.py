from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from adrs.proposer.llm.faults import (
    CallFailed,
    MalformedAnswer,
    StatusError,
    Unreachable,
    Untrusted,
    classify,
    redact,
    retry_after,
)
from adrs.proposer.llm.transport import read_json

OPTIONAL = ["max_tokens", "temperature"]


def status_error(status: int, body: object, headers: dict[str, str] | None = None) -> StatusError:
    return StatusError(status, body, headers or {})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"error": {"message": "bad key"}}, "refused"),
        (403, {"error": {"message": "not yours"}}, "refused"),
        (402, {"error": "Insufficient Balance"}, "refused"),
        (404, {"error": {"message": "no such model"}}, "refused"),
        (429, {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}, "refused"),
        (400, {"error": {"message": "Your credit balance is too low"}}, "refused"),
        (400, {"error": {"message": "messages must not be empty"}}, "refused"),
        (429, {"error": {"message": "slow down"}}, "passing"),
        (408, None, "passing"),
        (500, "<html>oops</html>", "passing"),
        (529, {"error": {"type": "overloaded_error"}}, "passing"),
        (400, {"error": {"message": "too long", "code": "context_length_exceeded"}}, "prompt"),
        (400, {"error": {"message": "filtered", "code": "content_filter"}}, "prompt"),
        (400, {"error": {"message": "nope", "param": "temperature"}}, "parameter"),
        (400, {"error": {"message": "Unsupported value: 'temperature' does not support 0.2"}}, "parameter"),
        (
            422,
            {"detail": [{"loc": ["body", "max_tokens"], "msg": "extra fields not permitted"}]},
            "parameter",
        ),
        (400, {"object": "error", "message": "unexpected keyword argument 'temperature'"}, "parameter"),
    ],
)
def test_faults_of_many_servers_are_told_apart(status: int, body: object, kind: str) -> None:
    fault = classify(status_error(status, body), OPTIONAL, "The server", "KEY")
    assert fault.kind == kind
    assert fault.sentence.startswith(f"The server answered {status}: ")
    assert "\n" not in fault.sentence


def test_the_parameter_is_named() -> None:
    body = {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}
    assert classify(status_error(400, body), OPTIONAL, "The server", "KEY").parameter == "max_tokens"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "The server gave no answer in time."),
        (MalformedAnswer("no JSON"), "The server answered out of form: no JSON."),
        (CallFailed("odd"), "The server answered out of form: odd."),
        (Unreachable("Connection refused"), "The server cannot be reached: Connection refused."),
        (Unreachable(""), "The server cannot be reached."),
    ],
)
def test_what_is_no_status_may_pass(error: Exception, sentence: str) -> None:
    fault = classify(error, OPTIONAL, "The server", "KEY")
    assert (fault.kind, fault.sentence) == ("passing", sentence)


def test_a_certificate_or_a_redirect_does_not_get_better_by_waiting() -> None:
    fault = classify(Untrusted("self-signed certificate"), OPTIONAL, "The server", "KEY")
    assert fault.kind == "refused"
    assert "is not trusted: self-signed certificate; name" in fault.sentence
    fault = classify(status_error(301, "It has moved to http://x/"), OPTIONAL, "The server", "KEY")
    assert fault.kind == "refused"
    assert fault.sentence.endswith("check the base URL.")


def test_what_a_server_asks_for_is_kept_with_the_fault() -> None:
    slow, overloaded, down = (
        classify(status_error(status, None, {"retry-after": "7"}), OPTIONAL, "The server", "KEY")
        for status in (429, 529, 500)
    )
    assert (slow.retry_after_s, slow.crowded, overloaded.crowded, down.crowded) == (7.0, True, True, False)
    assert slow.sentence == "The server answered 429: no reason given."


def test_retry_after_in_its_forms() -> None:
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after": "1", "retry-after-ms": "250"}) == 0.25
    later = retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert later is not None
    assert 20 < later <= 30
    assert retry_after({"retry-after": formatdate(0, usegmt=True)}) == 0
    for wrong in ("", "soon", "-3", "1e9999", "99999999999999", "nan"):
        assert retry_after({"retry-after": wrong}) is None


def test_nothing_that_looks_like_a_key_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "plain-secret-words")
    said = redact("key plain-secret-words, sk-proj-abc***xyz9, Bearer abc.def and\x1b[31m more\n", 300)
    assert said == "key [key], [key], [key] and[31m more"


@pytest.mark.parametrize("text", ["", "<html>", "[1]", "null", '{"a": NaN}', '{"a": 1', "[" * 100_000])
def test_a_body_that_is_no_object_is_malformed(text: str) -> None:
    with pytest.raises(MalformedAnswer):
        read_json(text)
    assert read_json(json.dumps({"a": 1})) == {"a": 1}
