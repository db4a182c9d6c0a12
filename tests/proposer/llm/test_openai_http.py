"""The way to OpenAI-compatible servers, against real ones: what connections do, and what is sent on them."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from yarl import URL

from adrs.errors import ConfigError
from adrs.proposer.llm import openai_http
from adrs.proposer.llm.faults import CallFailed, MalformedAnswer, StatusError, Unreachable, Untrusted
from adrs.proposer.llm.openai_http import OpenAITransport
from adrs.testing.llm_server import LLMServer

REQUEST = {"model": "adrs-local", "messages": [{"role": "user", "content": "hello ½ \ud800"}]}
ANSWER = {"choices": [{"message": {"content": "hi"}}]}
KEY = "sk-very-secret-0123456789"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass
class Seen:
    port: int
    """Of the client: the same for requests on one connection."""
    path: str
    headers: dict[str, str]
    body: object


Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Scripted:
    """Does for its n-th request what its n-th behaviour says, and for later ones what the last says."""

    behaviours: list[Behaviour]
    seen: list[Seen] = field(default_factory=list)
    url: str = ""


def answers(
    document: object = ANSWER, status: int = 200, encode: Callable[[bytes], bytes] = bytes, **headers: str
) -> Behaviour:
    def behave(request: BaseHTTPRequestHandler) -> None:
        data = encode(json.dumps(document).encode())
        request.send_response(status)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(data)

    return behave


def breaks_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"choices": [')
    time.sleep(0.1)  # what the client has not read yet is lost with a reset
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.rfile.close()
    request.connection.close()


def speaks_no_http(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    request.close_connection = True


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers: list[ThreadingHTTPServer] = []

    def start(*behaviours: Behaviour) -> Scripted:
        script = Scripted(list(behaviours))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: object) -> None: ...

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                number = len(script.seen)
                headers = {name.lower(): value for name, value in self.headers.items()}
                script.seen.append(Seen(self.client_address[1], self.path, headers, body))
                script.behaviours[min(number, len(script.behaviours) - 1)](self)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of connections that were cut
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        return script

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


def send(url: str | None, times: int = 1, between: Callable[[], None] = lambda: None) -> list[Any]:
    """Send a request some times over one transport, and return answers and faults."""

    async def all_of_them() -> list[Any]:
        came: list[Any] = []
        transport = OpenAITransport(url)
        for number in range(times):
            if number:
                between()
            try:
                came.append(await transport.send(REQUEST, 5.0))
            except (CallFailed, TimeoutError) as fault:
                came.append(fault)
        await transport.close()
        await transport.close()
        return came

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_what_is_sent_and_that_one_connection_is_enough(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, slash: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-2")
    server = scripted(answers())
    assert send(server.url + slash, times=5) == [ANSWER] * 5
    assert len({seen.port for seen in server.seen}) == 1
    first = server.seen[0]
    assert (first.path, first.body) == ("/v1/chat/completions", REQUEST)
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["user-agent"].startswith("adrs/")
    assert (first.headers["openai-organization"], first.headers["openai-project"]) == ("org-1", "proj-2")


def test_a_server_that_needs_no_key_gets_none(scripted: Any, tmp_path: Path, monkeypatch: Any) -> None:
    server = scripted(answers())
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert send(server.url) == [ANSWER]
    assert not {"authorization", "openai-organization", "openai-project"} & server.seen[0].headers.keys()


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_ORG_ID"])
@pytest.mark.parametrize("value", ["two\nlines", "schlüssel", "nul\x7f"])
def test_what_no_header_can_hold_is_refused_and_not_repeated(monkeypatch: Any, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"{name} holds characters") as caught:
        OpenAITransport("http://localhost/v1")
    assert value not in str(caught.value)


def test_what_is_no_url_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match=r"The base_url of the model is no URL: Port out of range .*\.$"):
        OpenAITransport("http://localhost:99999/v1")


@pytest.mark.parametrize("host", ["api..example", "..", "a" * 64 + ".example"])
def test_a_name_that_no_host_can_have_is_one_sentence(host: str, monkeypatch: Any) -> None:
    with pytest.raises(ConfigError, match="The base_url of the model names no host: 'http://"):
        OpenAITransport(f"http://{host}/v1")
    monkeypatch.setenv("http_proxy", f"http://me:hunter2@{host}:3128")
    with pytest.raises(ConfigError, match="it must be a URL such as http://proxy:3128"):
        OpenAITransport("http://model.example/v1")


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[fe80::1%25eth0]", "bücher.example", "a_b."]
)
def test_a_name_that_a_host_can_have_is_taken(host: str) -> None:
    OpenAITransport(f"http://{host}:8000/v1")


@pytest.mark.parametrize("reset", [False, True])
def test_a_server_that_closes_an_idle_connection_is_no_fault(serve: Any, reset: bool) -> None:
    server = serve()

    def close() -> None:
        for connection in tuple(server._http.connections):
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server._http.close_connections()
        time.sleep(0.1)  # the loop stands still, so that the next request goes out on what is closed by now

    came = send(server.url, times=4, between=close)
    assert [type(each) for each in came] == [dict] * 4
    assert server.counts.requests == 4


def test_a_request_that_was_lost_on_a_kept_connection_is_sent_once_more_and_no_oftener(serve: Any) -> None:
    server = serve(script=("ok", "dead", "ok", "dead", "dead"))
    came = send(server.url, times=3)
    assert [type(each) for each in came] == [dict, dict, Unreachable]
    assert server.counts.faults == {"ok": 2, "dead": 3}


def test_a_connection_that_is_lost_over_an_answer_is_a_fault(scripted: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(openai_http, "STALE_S", 0.1)

    def thinks_and_dies(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        request.close_connection = True

    server = scripted(answers(), thinks_and_dies, answers())
    first, second, third = send(server.url, times=3)
    assert (first, third) == (ANSWER, ANSWER)
    assert (type(second), str(second)) == (Unreachable, "it closed the connection without an answer")
    assert len(server.seen) == 3


def test_a_new_connection_that_breaks_is_a_fault(serve: Any) -> None:
    server = serve(then="dead")
    came = send(server.url, times=2)
    assert [str(each) for each in came] == ["Connection reset by peer"] * 2
    assert server.counts.requests == 2


@pytest.mark.parametrize(
    ("behaviour", "kind", "said"),
    [
        (breaks_off, Unreachable, "its answer broke off, or cannot be unpacked"),
        (answers(Content_Encoding="gzip"), Unreachable, "its answer broke off, or cannot be unpacked"),
        (speaks_no_http, MalformedAnswer, "no HTTP that can be read"),
        (answers([ANSWER]), MalformedAnswer, "no JSON object"),
        (answers({"pad": "x" * 2000}, encode=gzip.compress, Content_Encoding="gzip"), MalformedAnswer, "MiB"),
        (answers("down", 503), StatusError, "status 503"),
        (answers(status=418), StatusError, "status 418"),
    ],
)
def test_faults_in_the_middle_of_an_answer(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour, kind: type[Exception], said: str
) -> None:
    monkeypatch.setattr(openai_http, "MAX_ANSWER_BYTES", 1000)
    server = scripted(answers(), behaviour, answers())
    first, second, third = send(server.url, times=3)
    assert (first, third) == (ANSWER, ANSWER)
    assert type(second) is kind
    assert said in str(second)
    assert len(server.seen) == 3


def test_a_compressed_answer_is_unpacked(scripted: Any) -> None:
    server = scripted(answers(encode=gzip.compress, Content_Encoding="gzip"))
    assert send(server.url) == [ANSWER]
    assert "gzip" in server.seen[0].headers["accept-encoding"]


def test_a_status_keeps_what_the_server_said(scripted: Any) -> None:
    document = {"error": {"message": "slow down", "param": "temperature"}}
    (fault,) = send(scripted(answers(document, 429, Retry_After="7")).url)
    assert (fault.status, fault.body, fault.error) == (429, document, document["error"])
    assert fault.headers.get("retry-after") == "7"


def test_rate_limits_are_read_from_the_headers(scripted: Any) -> None:
    server = scripted(answers(X_RateLimit_Limit_Requests="500", X_RateLimit_Remaining_Requests="4"))

    async def once() -> dict[str, str]:
        transport = OpenAITransport(server.url)
        await transport.send(REQUEST, 5.0)
        await transport.close()
        return dict(transport.limits)

    assert asyncio.run(once()) == {"requests": "500"}


def test_nobody_at_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (fault,) = send(f"http://127.0.0.1:{port}/v1")
    assert (type(fault), str(fault)) == (Unreachable, "Connection refused")


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    (fault,) = send("http://nobody.example/v1")
    assert (type(fault), str(fault)) == (Unreachable, "Name or service not known")


def test_no_answer_in_time_and_then_one(scripted: Any) -> None:
    patience = threading.Event()

    async def twice() -> Any:
        transport = OpenAITransport(server.url)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await transport.send(REQUEST, 0.2)
        took_s = time.monotonic() - began
        came = await transport.send(REQUEST, 5.0)
        await transport.close()
        return took_s, came

    server = scripted(lambda request: bool(patience.wait(10)) and None, answers())
    took_s, came = asyncio.run(twice())
    patience.set()
    assert 0.2 <= took_s < 5
    assert came == ANSWER
    assert len({seen.port for seen in server.seen}) == 2


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_is_followed_and_only_the_server_itself_learns_the_key(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    other = scripted(answers())
    there = answers({}, status, Location=f"{other.url}/elsewhere")
    server = scripted(answers({}, status, Location="/v2/chat/completions"), there)
    assert send(server.url) == [ANSWER]
    assert [(seen.path, seen.headers.get("authorization")) for seen in server.seen] == [
        ("/v1/chat/completions", f"Bearer {KEY}"),
        ("/v2/chat/completions", f"Bearer {KEY}"),
    ]
    assert [(seen.path, seen.headers.get("authorization")) for seen in other.seen] == [
        ("/v1/elsewhere", None)
    ]
    assert other.seen[0].body == REQUEST


@pytest.mark.parametrize(
    ("status", "location", "requests", "said"),
    [
        (301, "https://elsewhere/v1", 1, "It has moved to https://elsewhere/v1"),
        (302, "/login", 1, "/login"),
        (307, "/v1/chat/completions", openai_http.MAX_REDIRECTS + 1, "It redirects in a circle"),
        (308, "ftp://elsewhere/", 1, "{}"),
        (308, "http://[broken", 1, "{}"),
        (308, "http://else..where/v1", 1, "{}"),
    ],
)
def test_a_redirect_that_leads_nowhere(
    scripted: Any, status: int, location: str, requests: int, said: str
) -> None:
    server = scripted(answers({}, status, Location=location))
    (fault,) = send(server.url)
    assert (type(fault), fault.status, len(server.seen)) == (StatusError, status, requests)
    assert said in (json.dumps(fault.body) if fault.body == {} else str(fault.body))


@pytest.mark.parametrize(
    ("url", "target", "may"),
    [
        ("http://host/v1", "https://host/v1", True),
        ("http://host:8000/v1", "http://host:8000/v2", True),
        ("https://host/v1", "http://host/v1", False),
        ("http://host:8000/v1", "https://host/v1", False),
        ("http://host/v1", "https://host.example/v1", False),
    ],
)
def test_who_may_know_the_key_after_a_redirect(url: str, target: str, may: bool) -> None:
    assert openai_http._may_know_the_key(URL(url), URL(target)) is may


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_a_proxy_of_the_environment_is_used(scripted: Any, monkeypatch: Any, name: str) -> None:
    proxy = scripted(answers())
    monkeypatch.setenv(name, proxy.url.replace("//", "//me:hunter2@").removesuffix("/v1"))
    assert send("http://model.example/v1") == [ANSWER]
    assert proxy.seen[0].path == "http://model.example/v1/chat/completions"
    assert proxy.seen[0].headers["proxy-authorization"].startswith("Basic ")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert send(scripted(answers()).url) == [ANSWER]
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("proxy", ["socks5://me:hunter2@localhost:1080", "http://me:hunter2@:x"])
def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch: Any, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ConfigError, match="it must be a URL such as http://proxy:3128") as caught:
        OpenAITransport("http://model.example/v1")
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def by_tls() -> Iterator[tuple[LLMServer, trustme.CA]]:
    """Serve a model by TLS with a certificate of an authority that nobody knows."""
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = LLMServer()
    server._http.socket = context.wrap_socket(server._http.socket, server_side=True)
    with server:
        yield server, authority


def test_a_certificate_that_nobody_knows_is_one_sentence(by_tls: Any) -> None:
    server, _ = by_tls
    (fault,) = send(server.url.replace("http:", "https:"))
    assert type(fault) is Untrusted
    assert "certificate" in str(fault)
    assert "\n" not in str(fault)
    assert server.counts.requests == 0


def test_an_authority_that_is_named_is_trusted(by_tls: Any, tmp_path: Path, monkeypatch: Any) -> None:
    server, authority = by_tls
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("http:", "https:"))

    def doctor() -> str:
        command = [sys.executable, "-m", "adrs.cli.main", "doctor", "--json", "--model", "adrs-local"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = reversed(json.loads(done.stdout))
        return next(str(each["text"]) for each in found if each["what"] == "model adrs-local")

    said = doctor()
    assert "shows a certificate that is not trusted" in said
    assert said.endswith("name the file of the authority's certificates in SSL_CERT_FILE.")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert doctor().startswith("answered in ")


def test_certificates_of_certifi_stand_in_where_the_system_has_none(monkeypatch: Any, tmp_path: Path) -> None:
    assert openai_http._trusted() is True or not ssl.get_default_verify_paths().cafile
    known: Any = ssl.get_default_verify_paths()
    none = known._replace(cafile=None, capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: none)
    context = openai_http._trusted()
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) > 50


def test_plain_text_where_tls_was_expected(serve: Any) -> None:
    (fault,) = send(serve().url.replace("http:", "https:"))
    assert type(fault) is Unreachable
    assert str(fault).startswith("TLS fails, ")
