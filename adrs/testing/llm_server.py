"""A real HTTP server that stands in for a model: valid edits, and every fault on demand.

It speaks chat completions and the responses API, with and without streaming, and `/v1/models`. Its answers
are edits of the program that it finds in the prompt, so a run against it works end to end with no key:

    adrs testing llm-server --port 8123
    OPENAI_BASE_URL=http://127.0.0.1:8123/v1 adrs run spot_multiregion --model adrs-local
"""

from __future__ import annotations

import itertools
import json
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from adrs.errors import ConfigError
from adrs.testing.llm_answers import answer
from adrs.testing.llm_faults import BODIES, REFUSALS, TEXTS, Settings, error
from adrs.testing.llm_forms import FORMS, Form, Reply
from adrs.testing.llm_pool import Pooled

_MAX_BODY = 64 << 20
_CHARS_PER_TOKEN = 4


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    path: str
    body: Mapping[str, Any]
    fault: str


@dataclass
class Counts:
    """What the server has seen and done."""

    requests: int = 0
    """Requests for an answer."""
    faults: Counter[str] = field(default_factory=Counter)
    """How each of them was served."""
    in_flight: int = 0
    in_flight_max: int = 0
    output_tokens: int = 0


class LLMServer:
    """The server, in a thread of its own while it is entered as a context."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pool: Sequence[Pooled] = (),
    ) -> None:
        """Bind the port; 0 takes a free one. Answers come from the pool in turn, where there is one."""
        self.settings = settings or Settings()
        self._pool = tuple(pool)
        self._turns = itertools.count()
        self.counts = Counts()
        self.seen: deque[Seen] = deque(maxlen=1000)
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._last_prompt = ""
        self._asked: Counter[int] = Counter()
        self._http = _Server((host, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL, as `OPENAI_BASE_URL` takes it."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and close every connection."""
        self.stop()

    def stop(self) -> None:
        """Stop serving and close every connection, as a server does that dies. Idempotent."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self._http.serve_forever()

    def begin(self, path: str, body: Mapping[str, Any]) -> str:
        """Count a request and return its fault."""
        with self._lock:
            fault = self.settings.fault(next(self._numbers))
            self.counts.requests += 1
            self.counts.faults[fault] += 1
            self.counts.in_flight += 1
            self.counts.in_flight_max = max(self.counts.in_flight_max, self.counts.in_flight)
            self.seen.append(Seen(path, body, fault))
        return fault

    def end(self, output_tokens: int) -> None:
        """Count the end of a request."""
        with self._lock:
            self.counts.in_flight -= 1
            self.counts.output_tokens += output_tokens

    def reply(self, fault: str, prompt: str, body: Mapping[str, Any]) -> Reply:
        """Return the answer to a prompt, with the usage that a provider would bill."""
        text = TEXTS[fault] if fault in TEXTS else self._answer(prompt)
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or body.get("max_output_tokens")
        length = len(text or "")
        allowed = _CHARS_PER_TOKEN * limit if isinstance(limit, int) else length
        if fault == "truncated":
            allowed = min(allowed, length * 2 // 3)
        shown = text[:allowed] if text is not None else None
        with self._lock:
            same = _shared(prompt, self._last_prompt)
            self._last_prompt = prompt
        cached = same // _CHARS_PER_TOKEN // 128 * 128  # providers cache in steps of 128 tokens
        return Reply(
            model=str(body.get("model", "")),
            text=shown,
            cut=allowed < length,
            prompt_tokens=len(prompt) // _CHARS_PER_TOKEN + 8,
            cached_tokens=cached,
            output_tokens=len(shown or "") // _CHARS_PER_TOKEN + 1,
        )

    def _answer(self, prompt: str) -> str:
        if not self._pool:
            return answer(prompt, self._seed(prompt))
        return self._pool[next(self._turns) % len(self._pool)].answer(prompt)

    def _seed(self, prompt: str) -> int:
        """Return what decides the edit: the same for the same prompt, unless answers are sampled."""
        if not self.settings.sample:
            return self.settings.seed
        with self._lock:
            self._asked[hash(prompt)] += 1
            return self.settings.seed + 1_000_003 * (self._asked[hash(prompt)] - 1)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], model: LLMServer) -> None:
        self.model = model
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, such as one that was killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # its client was faster
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:  # the client went away before it read everything
            self.rfile.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the counts say it."""

    def do_GET(self) -> None:
        model = self.server.model
        if self.path.rstrip("/") == "/v1/models":
            names = model.settings.models
            data = [{"id": name, "object": "model", "created": 0, "owned_by": "adrs"} for name in names]
            self._json(200, {"object": "list", "data": data})
        elif self.path == "/stats":
            counts = model.counts
            known = ("requests", "faults", "in_flight_max", "output_tokens")
            self._json(200, {name: getattr(counts, name) for name in known})
        else:
            self._json(404, error("no such path", "not_found"))

    def do_POST(self) -> None:
        body = self._body()
        form = FORMS.get(self.path.rstrip("/"))
        if body is None or form is None:
            self._json(404 if form is None else 400, error("no such path, or no JSON object", "bad_request"))
            return
        model, tokens = self.server.model, 0
        fault = model.begin(self.path, body)
        try:
            time.sleep(model.settings.latency_s)
            tokens = self._serve(fault, body, form)
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            model.end(tokens)

    def _serve(self, fault: str, body: Mapping[str, Any], form: Form) -> int:
        """Answer one request and return the output tokens that it is billed."""
        if fault == "dead":
            self._reset()
            return 0
        if self._refuse(fault, body):
            return 0
        if fault in BODIES:
            self._bytes(200, *BODIES[fault])
            return 0
        reply = self.server.model.reply(fault, form.prompt(body), body)
        if body.get("stream"):
            self._stream(form.events(reply, body))
        else:
            self._json(200, form.document(reply))
        return reply.output_tokens

    def _refuse(self, fault: str, body: Mapping[str, Any]) -> bool:
        """Answer with an error document where this request gets one."""
        settings = self.server.model.settings
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        option = settings.rejected(fault, body)
        if fault == "401" or (settings.key is not None and sent != settings.key):
            self._json(401, error(f"Incorrect API key provided: {sent}.", "invalid_api_key"))
        elif option is not None:
            message = f"Unsupported parameter: '{option}' is not supported with this model."
            self._json(400, error(message, "unsupported_parameter", option))
        elif fault in REFUSALS:
            status, *said = REFUSALS[fault]
            headers = {"Retry-After": f"{settings.retry_after_s:g}"} if fault == "429" else {}
            self._json(status, error(*said), headers)
        else:
            return False
        return True

    def _body(self) -> dict[str, Any] | None:
        length = int(self.headers.get("Content-Length", 0))
        try:
            body = json.loads(self.rfile.read(min(length, _MAX_BODY)))
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _json(self, status: int, document: object, headers: Mapping[str, str] | None = None) -> None:
        self._bytes(status, "application/json", json.dumps(document).encode(), headers)

    def _bytes(self, status: int, kind: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        fixed = {"Content-Type": kind, "Content-Length": str(len(data))}
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def _stream(self, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for event in events:
            self.wfile.write(event.encode())
            self.wfile.flush()

    def _reset(self) -> None:
        """Reset the connection, as a dying server does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()
        self.close_connection = True


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def serve(settings: Settings, *, host: str, port: int, pool: Sequence[Pooled] = ()) -> None:
    """Serve until interrupted; the first line printed is the base URL.

    Raises:
        ConfigError: the port cannot be taken.
    """
    try:
        server = LLMServer(settings, host=host, port=port, pool=pool)
    except OSError as error:
        raise ConfigError(
            f"The server cannot listen on {host}:{port}: {error.strerror}; name another with --port, "
            "0 for a free one."
        ) from None
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell starts what is in the background without the first
        signal.signal(stop, signal.default_int_handler)
    print(server.url, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.stop()
