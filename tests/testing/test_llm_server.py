from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from adrs.errors import DataError
from adrs.plugins.problems import find_problem
from adrs.testing.llm_answers import answer, change, find_others, find_program
from adrs.testing.llm_faults import FAULTS, Settings
from adrs.testing.llm_pool import edits_of, read_pool
from adrs.testing.llm_server import LLMServer

CODE = "class Policy:\n    def step(self, obs):\n        return 3.5 * obs\n"
PROMPT = f"Improve this.\n\n```python\n{CODE}```\n"


@pytest.fixture
def serve() -> Iterator[Callable[..., LLMServer]]:
    servers: list[LLMServer] = []

    def start(**settings: Any) -> LLMServer:
        servers.append(LLMServer(Settings(**settings)))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def connect() -> Iterator[Callable[[LLMServer], openai.OpenAI]]:
    clients: list[openai.OpenAI] = []

    def open_client(server: LLMServer) -> openai.OpenAI:
        clients.append(openai.OpenAI(base_url=server.url, api_key="any", max_retries=0, timeout=10))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


def chat(client: openai.OpenAI, **options: Any) -> Any:
    messages: Any = [{"role": "user", "content": PROMPT}]
    return client.chat.completions.create(model="adrs-local", messages=messages, **options)


def code_in(text: str) -> str:
    found = find_program(text)
    assert found is not None
    compile(found.text, "policy.py", "exec")
    return found.text


def test_chat_completions_whole(serve: Any, connect: Any) -> None:
    reply = chat(connect(serve()))
    assert code_in(reply.choices[0].message.content) != CODE
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.prompt_tokens == len(PROMPT) // 4 + 8
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.usage.prompt_tokens_details.cached_tokens == 0


def test_chat_completions_streamed(serve: Any, connect: Any) -> None:
    client = connect(serve())
    whole = chat(client).choices[0].message.content
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole
    assert chunks[-1].usage.completion_tokens > 10
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"


def test_responses_whole_and_streamed(serve: Any, connect: Any) -> None:
    client = connect(serve())
    whole = client.responses.create(model="m", instructions="Be brief.", input=PROMPT)
    assert code_in(whole.output_text) != CODE
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens
    asked = [{"role": "user", "content": [{"type": "input_text", "text": f"Be brief.\n{PROMPT}"}]}]
    events = list(client.responses.create(model="m", input=asked, stream=True))
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert (
        "".join(e.delta for e in events if e.type == "response.output_text.delta")
        == events[-1].response.output_text
    )


def test_models_and_stats(serve: Any, connect: Any) -> None:
    server = serve(script=("500", "ok"), models=("one", "two"))
    client = connect(server)
    assert [model.id for model in client.models.list()] == ["one", "two"]
    with pytest.raises(openai.InternalServerError):
        chat(client)
    chat(client)
    with urllib.request.urlopen(server.url.removesuffix("/v1") + "/stats") as reply:
        stats = json.load(reply)
    assert stats["requests"] == 2
    assert stats["faults"] == {"500": 1, "ok": 1}
    assert stats["in_flight_max"] == 1
    assert stats["output_tokens"] > 10


def test_a_limit_on_the_answer_is_kept(serve: Any, connect: Any) -> None:
    reply = chat(connect(serve()), max_tokens=5)
    assert len(reply.choices[0].message.content) == 20
    assert reply.choices[0].finish_reason == "length"


def test_a_repeated_prompt_is_read_from_the_cache(serve: Any, connect: Any) -> None:
    client = connect(serve())
    long = [{"role": "user", "content": PROMPT + "x" * 5000}]
    client.chat.completions.create(model="m", messages=long)
    again = client.chat.completions.create(model="m", messages=long)
    assert again.usage.prompt_tokens_details.cached_tokens == 1152


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("503", openai.InternalServerError),
        ("401", openai.AuthenticationError),
        ("404", openai.NotFoundError),
        ("quota", openai.RateLimitError),
        ("unknown_parameter", openai.BadRequestError),
        ("too_long", openai.BadRequestError),
        ("dead", openai.APIConnectionError),
    ],
)
def test_faults_that_are_errors(serve: Any, connect: Any, fault: str, error: type[Exception]) -> None:
    client = connect(serve(script=(fault,), retry_after_s=7))
    with pytest.raises(error) as caught:
        chat(client)
    if fault == "429":
        assert caught.value.response.headers["retry-after"] == "7"  # type: ignore[attr-defined]
    assert chat(client).choices[0].message.content


@pytest.mark.parametrize(
    ("fault", "text"),
    [("empty", ""), ("null", None), ("refusal", "I'm sorry, but I can't help with that.")],
)
def test_faults_that_are_answers(serve: Any, connect: Any, fault: str, text: str | None) -> None:
    assert chat(connect(serve(then=fault))).choices[0].message.content == text


def test_a_truncated_answer_ends_early_and_says_so(serve: Any, connect: Any) -> None:
    client = connect(serve(script=("ok", "truncated")))
    whole, cut = (chat(client).choices[0] for _ in range(2))
    assert cut.finish_reason == "length"
    assert whole.message.content.startswith(cut.message.content)
    assert len(cut.message.content) < len(whole.message.content)


@pytest.mark.parametrize("fault", ["html", "wrong_format", "cut"])
def test_faults_that_are_bodies(serve: Any, fault: str) -> None:
    server = serve(then=fault)
    body = json.dumps({"model": "m", "messages": []}).encode()
    request = urllib.request.Request(
        server.url + "/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200
        data = reply.read()
    if fault == "wrong_format":
        assert "choices" not in json.loads(data)
    else:
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(data)


def test_faults_come_by_script_then_by_turns() -> None:
    settings = Settings(script=("429", "ok"), then="500", every=3)
    assert [settings.fault(i) for i in range(8)] == ["429", "ok", "ok", "ok", "500", "ok", "ok", "500"]
    with pytest.raises(ValueError, match="no such fault: 418"):
        Settings(then="418")
    assert all(Settings(then=fault).fault(0) == fault for fault in FAULTS)


def test_a_wrong_key_and_a_rejected_option(serve: Any, connect: Any) -> None:
    with pytest.raises(openai.AuthenticationError):
        chat(connect(serve(key="other")))
    client = connect(serve(rejects=("temperature",)))
    with pytest.raises(openai.BadRequestError) as caught:
        chat(client, temperature=1)
    assert caught.value.param == "temperature"
    assert chat(client).choices


def test_the_same_prompt_gives_the_same_edit_and_another_seed_another() -> None:
    assert answer(PROMPT) == answer(PROMPT)
    assert len({answer(PROMPT, seed) for seed in range(10)}) > 3


def test_the_form_is_the_one_that_is_asked_for() -> None:
    asked = PROMPT + "\n<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n"
    assert "<<<<<<< SEARCH" in answer(asked)
    assert "```python" in answer(PROMPT)
    assert "no program" in answer("Hello?")


def test_only_the_editable_region_is_changed() -> None:
    import random

    text = "a = 1\n# EVOLVE-BLOCK-START\nb = 2  # 3\n# EVOLVE-BLOCK-END\nc = 4\n"
    for seed in range(20):
        changed = change(text, random.Random(seed))
        assert changed != text
        assert changed.startswith("a = 1\n# EVOLVE-BLOCK-START\nb = ")
        assert changed.endswith("  # 3\n# EVOLVE-BLOCK-END\nc = 4\n")
    assert "# variant" in change("x = y\n", random.Random(0))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_from_the_command_line_until_interrupted(how: int) -> None:
    command = [
        sys.executable,
        "-m",
        "adrs.cli.main",
        "testing",
        "llm-server",
        "--port",
        "0",
        "--then",
        "empty",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
            assert chat(client).choices[0].message.content == ""
        os.kill(process.pid, how)
        assert process.wait(10) == 0


def invoke(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "adrs.cli.main", "testing", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_wrong_fault_or_port_on_the_command_line_is_one_sentence(serve: Any) -> None:
    taken = serve().url.rpartition(":")[2].removesuffix("/v1")
    for words, said in (
        (("--then", "418"), "no such fault: 418"),
        (("--port", taken), "name another with --port"),
        (("--pool", "missing"), "'missing' cannot be read: No such file or directory."),
    ):
        code, output = invoke("llm-server", *words)
        assert (code, said in output, "Traceback" in output) == (2, True, False)


def test_a_pool_is_answered_in_turn_in_the_form_that_is_asked_for(tmp_path: Path, connect: Any) -> None:
    path = tmp_path / "pool"
    other = CODE.replace("3.5", "9.5")
    path.write_text(json.dumps({"program": other}) + "\n" + json.dumps({"answer": "as it is"}) + "\n")
    with LLMServer(pool=read_pool(path)) as server:
        client = connect(server)
        said = [chat(client).choices[0].message.content for _ in range(3)]
        asked: Any = [{"role": "user", "content": PROMPT + "<<<<<<< SEARCH\nold\n=======\n>>>>>>> REPLACE"}]
        chat(client)
        blocks = client.chat.completions.create(model="m", messages=asked).choices[0].message.content
    assert [code_in(said[0]), said[1], code_in(said[2])] == [other, "as it is", other]
    assert "-    return 3.5" not in blocks
    assert "=======\n" in blocks
    assert "return 9.5 * obs" in blocks


def test_a_pool_holds_as_many_different_programs_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "pool"
    code, output = invoke("edits", "txn_offline", str(path), "--count", "12", "--depth", "2")
    pool = read_pool(path)
    assert code == 0, output
    assert len({pooled.text for pooled in pool}) == 12
    for pooled in pool:
        compile(pooled.text, "program.py", "exec")
    assert list(edits_of(find_problem("txn_offline"), 12, depth=2)) == [pooled.text for pooled in pool]


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", "no\n", '{"program": 3}\n'])
def test_a_file_that_is_no_pool_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pool"
    path.write_text(text)
    with pytest.raises(DataError, match="pool"):
        read_pool(path)


def test_a_stopped_server_answers_nobody(serve: Any, connect: Any) -> None:
    server = serve()
    client = connect(server)
    chat(client)
    server.stop()
    began = time.monotonic()
    with pytest.raises(openai.APIConnectionError):
        chat(client)
    assert time.monotonic() - began < 5


def test_a_program_below_a_heading_is_the_one_to_change() -> None:
    longer = CODE + "\n    def more(self):\n        return None\n"
    prompt = (
        f"# Current Program Information\n- Fitness: 1\n\n## Top\n```python\n{longer}```\n\n"
        f"# Current program\n\nImprove it:\n\n```python\n{CODE}```\n\n```python\n# Your program here\n```\n"
    )
    found = find_program(prompt)
    assert found is not None
    assert found.text == CODE
    assert [other.text for other in find_others(prompt, found)] == [longer]


def test_tags_are_written_where_a_prompt_asks_for_them() -> None:
    text = answer(f"Answer as <NAME>, <DESCRIPTION> and <CODE>...</CODE>.\n\n{PROMPT}")
    assert text.startswith("<NAME>\n")
    assert "<CODE>\n```python\nclass Policy:" in text
    assert text.endswith("```\n</CODE>\n")


def test_sampled_answers_differ_for_the_same_prompt(
    serve: Callable[..., LLMServer], connect: Callable[[LLMServer], openai.OpenAI]
) -> None:
    texts = {True: [], False: []}  # type: dict[bool, list[str]]
    for sample in texts:
        client = connect(serve(sample=sample))
        texts[sample] = [chat(client).choices[0].message.content for _ in range(6)]
    assert len(set(texts[False])) == 1
    assert len(set(texts[True])) > 1


def test_nothing_is_said_of_a_client_that_went_away(
    serve: Callable[..., LLMServer], capfd: pytest.CaptureFixture[str]
) -> None:
    server = serve()
    host, port = server.url.removeprefix("http://").removesuffix("/v1").split(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(b"POST /v1/chat")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)
    client.close()
    time.sleep(0.2)
    assert "Exception" not in capfd.readouterr().err
