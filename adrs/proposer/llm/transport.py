"""The two ways to a model: HTTP to any OpenAI-compatible server, and `litellm` to other providers."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from adrs.errors import ConfigError
from adrs.proposer.llm.faults import CallFailed, MalformedAnswer, StatusError, Unreachable
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.text import one_line


class Transport(ABC):
    """Sends one chat request and returns the body that came back. Makes no retries of its own."""

    where: str
    """The server, for messages."""
    key: str
    """Where the key is taken from, for messages."""
    limit_name: str
    """What the option is called that limits the output."""
    limits: Mapping[str, str] = MappingProxyType({})
    """Rate limits by name, such as `requests`, as the server's last answer states them."""

    @abstractmethod
    async def send(self, request: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Send a chat completions request.

        Raises:
            CallFailed: there is no answer, or it is no JSON object.
            TimeoutError: there is none in time.
        """

    async def close(self) -> None:
        """Close connections."""
        return


class LiteLLMTransport(Transport):
    """Every provider that litellm knows; it takes their keys from the environment itself."""

    def __init__(self, model: str) -> None:
        """Import litellm, which takes seconds, without letting it reach for the network.

        Raises:
            ConfigError: litellm is not installed.
        """
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        try:
            litellm: Any = importlib.import_module("litellm")
        except ImportError:
            raise ConfigError(
                f"The model {model!r} names a provider, which needs litellm: install it with "
                "pip install 'adrs[litellm]', or name an OpenAI-compatible server with "
                "--set proposer.options.base_url=URL."
            ) from None
        self._litellm = litellm
        litellm.suppress_debug_info = True  # it prints advice on every error
        self.key = "the environment variable of this provider"
        self.where = f"The provider {model.split('/', 1)[0]}"
        self.limit_name = "max_tokens"

    async def send(self, request: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Send a chat completions request; see `Transport.send`."""
        import openai  # litellm needs it, and its errors are of these kinds

        waits = {"timeout": timeout_s, "num_retries": 0, "max_retries": 0}
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._litellm.acompletion(**request, **waits)
        except openai.APITimeoutError as error:
            raise TimeoutError from error
        except openai.APIStatusError as error:
            body = error.body or {"message": error.message, "param": error.param}
            raise StatusError(error.status_code, body, error.response.headers) from error
        except openai.APIConnectionError as error:
            raise Unreachable(str(error.__cause__ or "")) from error
        except openai.OpenAIError as error:
            raise CallFailed(str(error)) from error
        return read_json(response.model_dump_json())


def transport_for(options: LLMOptions) -> tuple[Transport, str]:
    """Return the way to a model, and the model's name on that way.

    `openai/NAME` is OpenAI itself; any other `provider/model` goes through litellm unless a base URL is set:
    at a server of one's own, a slash is just a part of the name.

    Raises:
        ConfigError: no key, or litellm is needed and not installed.
    """
    from adrs.proposer.llm.openai_http import OpenAITransport  # a replay needs no HTTP

    provider, slash, bare = options.model.partition("/")
    if options.base_url is not None or not slash:
        return OpenAITransport(options.base_url), options.model
    if provider == "openai":
        return OpenAITransport(None), bare
    return LiteLLMTransport(options.model), options.model


def stated_limits(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the rate limits that headers state, `x-ratelimit-limit-requests` as `requests`."""
    found = {}
    for name, value in headers.items():
        lower = name.lower()
        for prefix in ("x-ratelimit-limit-", "anthropic-ratelimit-"):
            rest = lower.removeprefix(prefix).removesuffix("-limit")
            if lower.startswith(prefix) and not rest.endswith(("-remaining", "-reset")):
                found[one_line(rest, 40)] = one_line(value, 40)
    return found


def read_json(text: str) -> Mapping[str, Any]:
    """Read a body that must be a JSON object of finite numbers.

    Raises:
        MalformedAnswer: it is not.
    """
    try:
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedAnswer(f"no JSON but {text[:120]!r}") from None
    if not isinstance(body, dict):
        raise MalformedAnswer(f"no JSON object but {text[:120]!r}")
    return body


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
