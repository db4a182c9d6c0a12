from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ProgramError
from adrs.model.program import MAX_BYTES, Program


def one(text: str | bytes) -> str:
    return Program.of({"policy.py": text}).text("policy.py")


def test_text_is_brought_to_one_form() -> None:
    assert one("a\r\nb\rc") == "a\nb\nc\n"
    assert one(b"\xef\xbb\xbfx = 1\n") == "x = 1\n"
    assert one("") == "\n"
    assert one("\tx") == "\tx\n"


@given(
    st.lists(st.sampled_from(["x = 1", "# é 𝄞", "", "\t", "if x:"]), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_form_does_not_depend_on_line_ends_and_is_stable(lines: list[str], end: str) -> None:
    program = Program.of({"a.py": end.join(lines)})
    assert program == Program.of({"a.py": "\n".join(lines).encode()})
    assert Program.of(dict(program.files)) == program


@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "c/d.py"]), st.sampled_from(["x", "y"]), min_size=1))
def test_the_digest_names_the_files_and_nothing_else(files: dict[str, str]) -> None:
    program = Program.of(files)
    assert program.digest == Program.of(dict(reversed(files.items()))).digest
    assert len(program.digest) == 64
    assert program.digest != Program.of({**files, "e.py": ""}).digest
    for path in files:
        assert program.replace(path, "z").digest != program.digest


def test_files_do_not_flow_into_each_other() -> None:
    assert Program.of({"a.py": "x\n", "b.py": "y\n"}) != Program.of({"a.py": "x\ny\n", "b.py": "\n"})


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "needs at least one file"),
        ({"/etc/x.py": ""}, "not a plain relative path"),
        ({"../x.py": ""}, "not a plain relative path"),
        ({"a/../x.py": ""}, "not a plain relative path"),
        ({"./x.py": ""}, "not a plain relative path"),
        ({"a//x.py": ""}, "not a plain relative path"),
        ({"": ""}, "not a plain relative path"),
        ({".": ""}, "not a plain relative path"),
        ({"x\n.py": ""}, "not a plain relative path"),
        ({"a.py": b"\xff"}, "a.py is not UTF-8 text"),
        ({"a.py": "\ud800"}, "a.py is not UTF-8 text"),
        ({"a.py": "x = 1\ny = '\0'"}, r"a\.py, line 2 holds the character U\+0000"),
        ({"a.py": "\x1b[2J"}, r"U\+001B"),
        ({"a.py": "\u202eevil"}, r"U\+202E"),
        ({"a.py": "x\x85y"}, r"U\+0085"),
        ({"a.py": "# -*- coding: latin-1 -*-"}, "line 1 declares a coding"),
        ({"a.py": "\n  # vim: fileencoding=utf-7"}, "line 2 declares a coding"),
        ({"a.py": "x" * MAX_BYTES}, f"holds {MAX_BYTES + 1} bytes; at most {MAX_BYTES}"),
        ({"a.py": "x" * (MAX_BYTES // 2), "b.py": "x" * (MAX_BYTES // 2)}, "bytes; at most"),
    ],
)
def test_what_cannot_be_taken_is_said_in_a_sentence(files: dict[str, str | bytes], sentence: str) -> None:
    with pytest.raises(ProgramError, match=sentence):
        Program.of(files)


def test_a_coding_is_only_declared_in_a_comment_of_the_first_two_lines() -> None:
    assert one("coding: int = 3\n") == "coding: int = 3\n"
    assert one("\n\n# coding: latin-1\n") == "\n\n# coding: latin-1\n"


def test_a_file_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ProgramError, match=r"has no file 'b\.py'; it has: a\.py, c\.py"):
        Program.of({"c.py": "", "a.py": ""}).text("b.py")
