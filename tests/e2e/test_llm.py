"""A run with a model, against a real HTTP server: what was paid for is never asked for again."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adrs.archive.store import Archive
from adrs.model.run import RunState
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_server import LLMServer

DRIVER = Path(__file__).with_name("driver.py")
TRIALS = 40

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def run(server, folder, *words):
    environment = {
        "PATH": os.environ["PATH"],
        "OPENAI_API_KEY": "sk-secret-of-the-test",
        "OPENAI_BASE_URL": server.url,
    }
    return subprocess.Popen(
        [sys.executable, str(DRIVER), str(folder / "runs"), str(folder / "log"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


WORDS = (
    "problem=flow_shop",
    "workers=2",
    "in_flight=3",
    "confirm=false",
    "proposer.name=llm",
    "proposer.options.model=gpt-5-mini",
    "proposer.options.backoff_s=0.01",
    f"budget.trials={TRIALS}",
    "budget.cost_usd=3.0",
)


def calls(folder):
    with Archive.open(folder / "runs", create=False) as archive:
        run = archive.run("last")
        return run, [
            (number, call.role, call.request)
            for number in range(TRIALS + 1)
            for call in archive.calls(run.id, number)
        ]


def test_no_recorded_answer_is_asked_for_again(tmp_path):
    chance = random.Random(7)
    with LLMServer(Settings(latency_s=0.05)) as server:
        process = run(server, tmp_path, "go", *WORDS)
        kills = 0
        while kills < 8:
            try:
                process.wait(timeout=1.5 + chance.random())
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
            process = run(server, tmp_path, "go", *WORDS)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        answered = server.counts.requests

    finished, recorded = calls(tmp_path)
    assert kills >= 3
    assert finished.state is RunState.FINISHED
    assert len(set(recorded)) == len(recorded)
    # What a killed process had in flight was not recorded and is asked for again: at most 3 a kill.
    assert len(recorded) <= answered <= len(recorded) + 3 * kills


def test_the_key_is_nowhere_in_the_archive(tmp_path):
    with LLMServer() as server:
        process = run(server, tmp_path, "go", *WORDS[:-2], "budget.trials=5")
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors

    written = b"".join(path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file())

    assert b"gpt-5-mini" in written
    assert b"sk-secret-of-the-test" not in written


def test_the_dollars_end_the_run_before_they_are_exceeded(tmp_path):
    with LLMServer() as server:
        process = run(
            server,
            tmp_path,
            "go",
            *WORDS[:-2],
            "budget.cost_usd=0.05",
            "proposer.options.max_tokens=2000",
        )
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors

    with Archive.open(tmp_path / "runs", create=False) as archive:
        finished = archive.run("last")
        spent = archive.usage(finished.id).cost_usd

    assert "cost_usd" in output
    assert finished.state is RunState.FINISHED
    assert 0.02 < spent <= 0.05


def test_a_revoked_key_ends_the_run_with_one_sentence_and_costs_no_trial(tmp_path):
    with LLMServer(Settings(then="401")) as server:
        process = run(server, tmp_path, "go", *WORDS)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors

    with Archive.open(tmp_path / "runs", create=False) as archive:
        paused = archive.run("last")
        told = list(archive.trials(paused.id, told_order=True))

    assert paused.state is RunState.PAUSED
    assert paused.stop_reason.startswith("provider: ")
    assert len(paused.stop_reason.splitlines()) == 1
    assert [trial.number for trial in told] == [0]


def test_requests_are_canonical_json(tmp_path):
    with LLMServer() as server:
        process = run(server, tmp_path, "go", *WORDS[:-2], "budget.trials=3")
        process.communicate(timeout=120)

    _, recorded = calls(tmp_path)

    assert recorded
    for _, _, request in recorded:
        assert (
            json.dumps(json.loads(request), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            == request
        )
