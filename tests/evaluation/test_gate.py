from __future__ import annotations

import ast
import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.evaluation.gate import Gate, GateVerdict
from adrs.evaluation.gate_check import check
from adrs.model.evaluation import FailureKind
from adrs.model.problem import ALWAYS_IMPORTABLE, Problem
from adrs.model.program import Program
from adrs.sandbox.limited import LimitedPool
from evaluators.program import STANDARD_IMPORTS

ENTRY = "def solve(given, rng):\n    return given.target\n"


def look(text: str, others: Mapping[str, str] | None = None) -> dict[str, str | None]:
    imports = [*ALWAYS_IMPORTABLE, "interface", "numpy"]
    return check({"solve.py": text, **(others or {})}, "solve.py", "solve", imports)


def test_the_gate_and_the_child_allow_the_same_modules() -> None:
    assert {"__future__", *ALWAYS_IMPORTABLE} == set(STANDARD_IMPORTS)


@pytest.mark.parametrize(
    "text",
    [
        ENTRY,
        "import math, numpy.linalg\nfrom interface import Given\nfrom collections import deque\n" + ENTRY,
        "from __future__ import annotations\n" + ENTRY,
        "if True:\n    def solve(given, rng): return 1\nelse:\n    solve = None\n",
        "try:\n    from helpers import solve\nexcept ImportError:\n    raise\n",
        "solve = lambda input, rng: input\n",
        "solve, other = max, min\n",
    ],
)
def test_what_may_run_passes_and_has_a_normal_form(text: str) -> None:
    found = look(text, {"helpers.py": ENTRY, "notes.txt": "(("})
    assert (found["kind"], found["reason"]) == (None, "")
    assert len(str(found["normal_form"])) == 64


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("def solve(:\n    pass\n", "syntax", "solve.py, line 1"),
        (ENTRY + "return 3\n", "syntax", "solve.py, line 3: 'return' outside function: 'return 3'"),
        ("x = 1\n", "syntax", "does not define solve"),
        ("class A:\n    def solve(self): pass\n", "syntax", "does not define solve"),
        ("x = " + "9" * 5000 + "\n" + ENTRY, "syntax", "solve.py"),
        ("x = 0x" + "f" * 5000 + "\n" + ENTRY, "syntax", "an integer of over 4300 digits"),
        ("import os\n" + ENTRY, "forbidden", "line 1: import of os"),
        ("import numpy, time\n" + ENTRY, "forbidden", "import of time"),
        ("from os.path import join\n" + ENTRY, "forbidden", "import of os.path"),
        ("from . import helpers\n" + ENTRY, "forbidden", "relative"),
        (ENTRY + "    x = eval('1')\n", "forbidden", "line 3: eval"),
        (ENTRY + "    open('x')\n", "forbidden", "open"),
        (ENTRY + "    ().__class__.__bases__[0].__subclasses__()\n", "forbidden", "__"),
    ],
)
def test_what_may_not_run_is_refused_with_its_line(text: str, kind: str, said: str) -> None:
    found = look(text)
    assert found["kind"] == kind
    assert said in str(found["reason"])
    assert found["normal_form"] == ""


def form(text: str) -> object:
    return look(text)["normal_form"]


def test_formatting_comments_and_docstrings_do_not_change_the_normal_form() -> None:
    same = (
        '"""Module."""\n# comment\ndef solve( given,rng ):\n    """Doc."""\n'
        "    # more\n    return ( given . target )\n"
    )
    assert form(same) == form(ENTRY)
    assert form("def solve(g, r):\n    '''Only a text.'''\n") == form("def solve(g, r):\n    pass\n")


@given(st.integers(0, 9), st.integers(0, 9))
def test_another_constant_is_another_program(left: int, right: int) -> None:
    texts = [f"def solve(given, rng):\n    return {number}\n" for number in (left, right)]
    assert (form(texts[0]) == form(texts[1])) == (left == right)


def test_a_bool_and_a_float_are_not_the_integer_that_they_equal() -> None:
    texts = [f"def solve(given, rng):\n    return {word}\n" for word in ("1", "True", "1.0", "'1'", "b'1'")]
    assert len({form(text) for text in texts}) == 5


@given(st.text(alphabet="ab()[]:=\n\t \"'\\#.,0123456789defclassreturnimport", max_size=80))
def test_any_text_gets_a_verdict(text: str) -> None:
    found = look(text)
    assert found["kind"] in {None, "syntax", "forbidden"}
    if found["kind"] is None:
        ast.parse(text)


def test_the_gate_survives_what_the_parser_does_not(tiny: Problem) -> None:
    async def main() -> list[GateVerdict]:
        async with LimitedPool() as limited:
            gate = Gate(tiny, limited)
            deep = "x = " + "-" * 150_000 + "1\n"
            programs = [Program.of({"solve.py": text}) for text in (deep, "x = " + "(" * 5000 + "\n", ENTRY)]
            found = [await gate(program) for program in programs]
            assert await gate(programs[2]) is found[2]
            return found

    deep, nested, good = asyncio.run(main())
    assert deep.failure is not None
    assert nested.failure is not None
    assert (deep.failure.kind, nested.failure.kind) == (FailureKind.SYNTAX, FailureKind.SYNTAX)
    assert good.failure is None
    assert good.normal_form
