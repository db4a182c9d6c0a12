from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adrs.errors import ConfigError, ProblemError
from adrs.model.problem import ProblemSpec
from adrs.plugins.validation import explain, read_toml


def sound() -> dict[str, Any]:
    return {
        "problem": {
            "id": "tiny",
            "version": 1,
            "title": "Tiny",
            "family": "test",
            "entry": "policy.py:Policy",
            "evaluator": "Tiny",
        },
        "objective": [{"name": "cost", "unit": "USD", "direction": "minimize"}],
    }


def said(changes: dict[str, Any]) -> str:
    raw = sound()
    for section, values in changes.items():
        raw[section] = {**raw.get(section, {}), **values} if isinstance(values, dict) else values
    with pytest.raises(ValidationError) as caught:
        ProblemSpec.model_validate(raw)
    return explain(caught.value, "problem.toml", ProblemSpec)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"limits": {"cpu_s": -1}}, "problem.toml: [limits] cpu_s = -1: must be greater than 0."),
        ({"limits": {"cpus_s": 1}}, "problem.toml: [limits] unknown key 'cpus_s'. Did you mean 'cpu_s'?"),
        (
            {"limits": {"zzzz": 1}},
            "problem.toml: [limits] unknown key 'zzzz'. Known are: cpu_s, memory_mib, imports, libraries.",
        ),
        ({"limit": {"cpu_s": 1}}, "problem.toml: unknown key 'limit'. Did you mean 'limits'?"),
        ({"limits": 3}, "problem.toml: limits = 3: must be a table."),
        ({"problem": {"version": "two"}}, "problem.toml: [problem] version = 'two': must be a whole number."),
        ({"problem": {"version": 0}}, "problem.toml: [problem] version = 0: must be at least 1."),
        (
            {"problem": {"id": "My Problem"}},
            "problem.toml: [problem] id = 'My Problem': must be lower-case letters, digits and underscores, "
            "such as 'my_problem'.",
        ),
        (
            {"problem": {"entry": "policy"}},
            "problem.toml: [problem] entry = 'policy': must name a file and what it defines, such as "
            "'policy.py:Policy'.",
        ),
        (
            {"objective": [{"name": "cost", "unit": "USD", "direction": "up"}]},
            "problem.toml: [[objective]] number 1, direction = 'up': must be 'minimize' or 'maximize'."
            " (1 more)",
        ),
        (
            {"baseline": [{"name": "a", "cite": "b", "file": "c", "fil": "d"}]},
            "problem.toml: [[baseline]] number 1, unknown key 'fil'. Did you mean 'file'?",
        ),
        (
            {"baseline": [{"name": "a", "cite": "b"}]},
            "problem.toml: [[baseline]] number 1, baseline 'a': a reimplemented baseline names a file, "
            "a cited one does not.",
        ),
        (
            {"splits": {"train": 10}},
            "problem.toml: [splits] stages [8, 40] must rise and stay below train = 10.",
        ),
        ({"objective": []}, "problem.toml: objective = []: must have at least 1 entry."),
        ({"cite": "x" * 99}, f"problem.toml: cite = '{'x' * 59}...: must be a list."),
    ],
)
def test_every_defect_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert said(changes) == sentence


def test_a_misspelt_key_comes_before_the_key_that_is_missing_for_it() -> None:
    raw = sound()
    raw["problem"]["titel"] = raw["problem"].pop("title")
    with pytest.raises(ValidationError) as caught:
        ProblemSpec.model_validate(raw)
    assert explain(caught.value, "p", ProblemSpec).startswith(
        "p: [problem] unknown key 'titel'. Did you mean 'title'? (1 more)"
    )
    del raw["problem"]["titel"]
    with pytest.raises(ValidationError) as caught:
        ProblemSpec.model_validate(raw)
    assert explain(caught.value, "p", ProblemSpec) == "p: [problem] title is missing."


def test_keys_of_optional_and_nested_models_are_known() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(extra="forbid")
        islands: int = Field(default=4, le=64)

    class Outer(BaseModel):
        inner: Inner | None = None
        many: dict[str, Inner] = {}

    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"inner": {"island": 3}})
    assert explain(caught.value, "x", Outer) == "x: [inner] unknown key 'island'. Did you mean 'islands'?"
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"inner": {"islands": 65}})
    assert explain(caught.value, "x", Outer) == "x: [inner] islands = 65: must be at most 64."
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate([])
    assert explain(caught.value, "x", Outer).startswith("x: []: must be")


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "problem.toml"
    path.write_text("[problem]\nid = \n")
    with pytest.raises(ProblemError, match=r"problem\.toml, line 2, column 6: invalid value\.$"):
        read_toml(path, ProblemError)
    path.write_text("[problem\n")
    with pytest.raises(ConfigError, match=r"problem\.toml, line 1, column 9: expected ']' at the end"):
        read_toml(path, ConfigError)
    path.write_text("a = [1,")
    with pytest.raises(ProblemError, match=r"problem\.toml, end of document: "):
        read_toml(path, ProblemError)
    path.write_bytes(b"a = '\xff'\n")
    with pytest.raises(ProblemError, match="is not UTF-8 text: invalid start byte at byte 5"):
        read_toml(path, ProblemError)
    with pytest.raises(ProblemError, match="cannot be read: No such file"):
        read_toml(tmp_path / "absent.toml", ProblemError)
