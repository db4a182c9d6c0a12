import json

import pytest

from adrs.errors import SandboxUnavailable


def test_it_names_python_sandboxes_archive_and_disk(invoke, runs):
    found = {each["what"]: each for each in json.loads(invoke("doctor", "--json").stdout)}

    assert found["adrs"]["state"] == "ok"
    assert {"sandbox bubblewrap", "sandbox process", "archive", "disk"} <= set(found)
    assert "none at" in found["archive"]["text"]
    assert not runs.exists()


def test_it_counts_runs(invoke, recorded):
    assert ": 1 run" in invoke("doctor").stdout


def test_a_newer_archive_is_bad(invoke, runs):
    runs.mkdir()
    (runs / "archive.sqlite").write_text("this is no database at all, whatever its name may say")

    result = invoke("doctor")

    assert result.exit_code == 1
    assert "bad" in result.stdout


class Broken:
    name = "broken"

    def check(self):
        raise SandboxUnavailable("The kernel refuses.")


def test_no_working_sandbox_is_bad(invoke, monkeypatch):
    monkeypatch.setattr("adrs.sandbox.registry.back_ends", lambda: (Broken(),))

    result = invoke("doctor", "--json")

    found = {each["what"]: each for each in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["sandbox broken"]["text"] == "does not work here: The kernel refuses."
    assert found["sandbox"]["state"] == "bad"
    assert "--sandbox none" in found["sandbox"]["text"]


def test_a_model_without_a_key_is_bad(invoke, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    result = invoke("doctor", "--model", "gpt-5-mini")

    assert result.exit_code == 1
    assert "OPENAI_API_KEY" in result.stdout


@pytest.mark.parametrize(
    ("model", "price"), [("gpt-5-mini", "list price $"), ("nobody-knows", "price is unknown")]
)
def test_a_model_is_asked_once_and_its_price_is_said(invoke, monkeypatch, model, price):
    from adrs.testing.llm_server import LLMServer

    with LLMServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
        result = invoke("doctor", "--model", model)

    assert result.exit_code == 0, result.stdout
    assert price in result.stdout
    assert "answered in" in result.stdout
    assert "secret-key" not in result.stdout


def test_a_model_without_a_name_is_not_passed_over(invoke):
    result = invoke("doctor", "--model", "")

    assert result.exit_code == 1
    assert "needs the name of a model" in " ".join(result.stdout.split())


def test_what_a_model_server_takes_and_states_is_said(invoke, monkeypatch):
    from adrs.testing.llm_faults import Settings
    from adrs.testing.llm_server import LLMServer

    with LLMServer(Settings(rejects=("max_tokens",))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        result = invoke("doctor", "--model", "gpt-5-mini")

    assert result.exit_code == 0, result.stdout
    assert "the option max_tokens is taken as max_completion_tokens" in result.stdout
    assert "it states no rate limits" in result.stdout
