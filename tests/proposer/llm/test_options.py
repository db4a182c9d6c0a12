from __future__ import annotations

from typing import Any

import pytest

from adrs.errors import ConfigError
from adrs.proposer.llm.options import LLMOptions


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "needs the name of a model"),
        ({"model": ""}, "needs the name of a model"),
        ({"model": "m", "temperatur": 1}, "Did you mean 'temperature'"),
        ({"model": "m", "temperature": 9}, "temperature = 9: must be at most 2"),
        ({"model": "m", "max_tokens": 0}, "max_tokens"),
        ({"model": "m", "base_url": "localhost:8000"}, "must be a URL such as"),
        ({"model": "m", "base_url": "http://localhost:8000/v1#a"}, "must be a URL such as"),
        ({"model": "m", "edit": "diff"}, "edit"),
        ({"model": "m", "prices": {"m": {"input": -1, "output": 2}}}, "input"),
        ({"model": "m", "timeout_s": "soon"}, "must be a number"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LLMOptions.of(options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://me:hunter2@host/v1", "https://host/v1?api-key=hunter2"])
def test_a_key_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="give the key in OPENAI_API_KEY") as caught:
        LLMOptions.of({"model": "m", "base_url": url})
    assert "hunter2" not in str(caught.value)


def test_the_server_of_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://one/v1")
    assert LLMOptions.of({"model": "m"}).base_url == "http://one/v1"
    assert LLMOptions.of({"model": "m", "base_url": "http://two/v1"}).base_url == "http://two/v1"
