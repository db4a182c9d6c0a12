"""The way to any server that speaks OpenAI's chat completions: plain HTTP, through `aiohttp`.

Not through the `openai` SDK: a call through it costs several times the CPU time of the same call here, in the
one process that asks, records and tells, and importing it takes longer than all else at the start of a run.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from adrs import __version__
from adrs.errors import ConfigError
from adrs.proposer.llm.faults import MalformedAnswer, StatusError, Unreachable, Untrusted
from adrs.proposer.llm.transport import Transport, read_json, stated_limits

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_S = 30.0
"""How long one connection may take to be made."""
KEEP_S = 4.0
"""How long an idle connection is kept: less than the 5 s after which many servers close theirs."""
STALE_S = 2.0
"""Within which a request learns that its connection was closed before it came: one way there and back."""
MAX_ANSWER_BYTES = 64 << 20
"""The longest body that is read, unpacked; beyond it, memory would be the next thing to end."""
MAX_REDIRECTS = 10


class OpenAITransport(Transport):
    """Any server that speaks OpenAI's chat completions."""

    def __init__(self, base_url: str | None) -> None:
        """Take the key from the environment, and nowhere else.

        Raises:
            ConfigError: there is no key, and the server is OpenAI itself; or the URL, the key or the
                environment's proxy cannot be used.
        """
        key = _header_value("OPENAI_API_KEY")
        if not key and base_url is None:
            raise ConfigError(
                "No key for the model: set OPENAI_API_KEY, or name a server that needs none with "
                "OPENAI_BASE_URL, such as http://localhost:8000/v1."
            )
        self.where = f"The model server at {base_url or 'api.openai.com'}"
        self.key = "OPENAI_API_KEY"
        self.limit_name = "max_completion_tokens" if base_url is None else "max_tokens"
        try:
            self._url = URL((base_url or OPENAI_URL).rstrip("/") + "/chat/completions")
        except ValueError as error:
            raise ConfigError(f"The base_url of the model is no URL: {error}.") from None
        if not _names_host(self._url):
            raise ConfigError(f"The base_url of the model names no host: {base_url!r}.")
        credentials = {
            "Authorization": f"Bearer {key}" if key else "",
            "OpenAI-Organization": _header_value("OPENAI_ORG_ID"),
            "OpenAI-Project": _header_value("OPENAI_PROJECT_ID"),
        }
        self._credentials = {name: value for name, value in credentials.items() if value}
        self._proxy = proxy_of(self._url)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Send a chat completions request; see `Transport.send`."""
        try:
            async with asyncio.timeout(timeout_s):
                status, headers, body = await self._exchange(json.dumps(request).encode())
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(_certificate(error)) from error
        except aiohttp.ConnectionTimeoutError as error:
            raise Unreachable(f"no connection in {CONNECT_S:g} seconds") from error
        except aiohttp.ServerDisconnectedError as error:
            raise Unreachable("it closed the connection without an answer") from error
        except aiohttp.ClientPayloadError as error:
            raise Unreachable("its answer broke off, or cannot be unpacked") from error
        except aiohttp.ClientConnectionError as error:
            raise Unreachable(_reason(error)) from error
        except aiohttp.ClientHttpProxyError as error:
            raise Unreachable(f"the proxy answered {error.status} {error.message}") from error
        except aiohttp.ClientError as error:
            raise MalformedAnswer(f"no HTTP that can be read: {error}") from error
        text = body.decode("utf-8", "replace")
        if not 200 <= status < 300:
            raise StatusError(status, _parsed(text.strip()), headers)
        self.limits = stated_limits(headers)
        return read_json(text)

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, data: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Send a body and follow redirects; return status, headers and body of the answer."""
        url, proxy, credentials = self._url, self._proxy, self._credentials
        for _ in range(MAX_REDIRECTS + 1):
            async with await self._post(url, data, credentials, proxy) as response:
                target = _target(response)
                if target is None:
                    return response.status, response.headers, await _read(response)
            # Only 307 and 308 ask for the same POST again. The others would make a GET of it, to which no
            # server answers with a completion.
            if response.status not in (307, 308):
                return response.status, response.headers, f"It has moved to {target}".encode()
            if not _may_know_the_key(url, target):
                credentials = {}
            url, proxy = target, proxy_of(target)
        return response.status, response.headers, b"It redirects in a circle"

    async def _post(
        self, url: URL, data: bytes, headers: Mapping[str, str], proxy: URL | None
    ) -> aiohttp.ClientResponse:
        """Send a request until the headers of its answer are there.

        A request on a connection that was kept meets, now and then, a server that closes it at that very
        moment: a request that nobody read, and no fault of the server's. It is sent once more at once. A
        connection that is lost later, over an answer that may be billed, is a fault like any other, as is a
        new one that breaks. Should a server have read the request all the same and died over it at once, then
        what is lost is what is lost with every fault: it would be asked again, only later. So nothing is paid
        for twice that would otherwise be paid for once.
        """
        session = self._session or self._open()
        asked = SimpleNamespace(reused_at=-math.inf)
        given: dict[str, Any] = {"data": data, "headers": headers, "proxy": proxy, "allow_redirects": False}
        try:
            return await session.post(url, **given, trace_request_ctx=asked)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if time.monotonic() - asked.reused_at > STALE_S:
                raise
        return await session.post(url, **given)

    def _open(self) -> aiohttp.ClientSession:
        """Make the session, which belongs to the running loop."""
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            # How many calls are in flight is for the gate to say.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_S, ssl=_trusted()),
            headers={"Content-Type": "application/json", "User-Agent": f"adrs/{__version__}"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            trace_configs=[trace],
        )
        return self._session


def proxy_of(url: URL) -> URL | None:
    """Return the proxy that the environment names for a URL: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY.

    Looked up here and not by aiohttp's `trust_env`, which does so in a thread for every request, and which
    takes a password from `~/.netrc` in place of the key.

    Raises:
        ConfigError: the proxy is of a kind that is not known.
    """
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(url.host or ""):
        return None
    try:
        proxy = URL(named if "://" in named else f"http://{named}")
    except ValueError:
        proxy = URL()
    if proxy.scheme not in ("http", "https") or not _names_host(proxy):
        # It may hold a password, so it is not repeated.
        raise ConfigError(
            f"The proxy that the environment names for {url.scheme} cannot be used: "
            "it must be a URL such as http://proxy:3128."
        )
    return proxy


def _names_host(url: URL) -> bool:
    """Return whether a URL's host can be looked up: a part of its name may be empty, or too long, to be."""
    try:
        return bool((url.raw_host or "").encode("idna"))
    except UnicodeError:
        return False


async def _note_reuse(session: aiohttp.ClientSession, context: SimpleNamespace, _: object) -> None:
    """Note when a request goes out on a connection that was kept."""
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.reused_at = time.monotonic()


def _target(response: aiohttp.ClientResponse) -> URL | None:
    """Return where a response redirects to, or None."""
    location = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        target = response.url.join(URL(location))
    except ValueError:
        return None
    return target if target.scheme in ("http", "https") and _names_host(target) else None


def _may_know_the_key(url: URL, target: URL) -> bool:
    """Return whether a redirect stays at the server: the same origin, or the same host by TLS."""
    by_tls = url.host == target.host and (url.scheme, target.scheme) == ("http", "https")
    return url.origin() == target.origin() or (by_tls and url.is_default_port() and target.is_default_port())


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return a body.

    Raises:
        MalformedAnswer: it is too long.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise MalformedAnswer(f"more than {MAX_ANSWER_BYTES >> 20} MiB")
    return bytes(body)


def _parsed(text: str) -> object:
    """Return the body of a fault as JSON where it is that, else as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _header_value(name: str) -> str:
    """Return what the environment says, as far as it can be sent in a header.

    Raises:
        ConfigError: it cannot.
    """
    value = os.environ.get(name, "").strip()
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{name} holds characters that cannot be sent; set it again.")
    return value


def _trusted() -> ssl.SSLContext | bool:
    """Return what decides about certificates: the system's, and certifi's where the system has none."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return True
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _certificate(error: aiohttp.ClientConnectorCertificateError) -> str:
    """Return what is wrong with a certificate, such as `self-signed certificate`."""
    cause = error.certificate_error
    return getattr(cause, "verify_message", "") or str(cause)


def _reason(error: aiohttp.ClientConnectionError) -> str:
    """Return why a connection was not made, or was lost."""
    cause: BaseException = getattr(error, "os_error", error)
    if isinstance(cause, ssl.SSLError):
        return f"TLS fails, {cause.reason or cause}"
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)  # what the exception says besides is only the address
    return getattr(cause, "strerror", None) or str(cause)
