"""Rooms stay small enough to live in."""

import ast
from pathlib import Path

import pytest

import adrs
from adrs import bundle

MODULE_LINES = 500
FUNCTION_LINES = 60

SOURCES = [
    path
    for folder in (
        Path(adrs.__file__).parent,
        *(bundle.root() / n for n in ("evaluators", "simulators", "problems")),
    )
    for path in sorted(folder.rglob("*.py"))
    if "tests" not in path.parts and "_bundled" not in path.relative_to(folder).parts
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: "/".join(p.parts[-3:]))
def test_modules_and_functions_are_small(path):
    text = path.read_text()

    long_functions = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]

    assert text.count("\n") <= MODULE_LINES
    assert long_functions == []
