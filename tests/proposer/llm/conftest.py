from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from adrs.proposer.llm import LLMProposer
from adrs.testing.llm_server import LLMServer

Connect = Callable[..., AbstractAsyncContextManager[LLMProposer]]


@pytest.fixture
def connect() -> Connect:
    """Open a proposer against a server, with waits too short to notice."""

    @asynccontextmanager
    async def open_proposer(server: LLMServer, **options: Any) -> AsyncIterator[LLMProposer]:
        settings = {
            "model": "adrs-local",
            "base_url": server.url,
            "backoff_s": 0.001,
            "timeout_s": 20,
            **options,
        }
        async with LLMProposer(settings) as proposer:
            yield proposer

    return open_proposer
