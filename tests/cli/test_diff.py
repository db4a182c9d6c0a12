import pytest

from adrs.cli.console import Source, plain, put
from adrs.cli.diff import code, raw, shown, unified
from adrs.model.program import Program

BEFORE = Program.of({"a.py": "one = 1\n", "b.py": "two = 2\n"})
AFTER = Program.of({"a.py": "one = 1\n", "b.py": "two = 3\n", "c.py": "new = 4\n"})


def test_only_files_that_differ_are_in_a_diff():
    diff = unified(BEFORE, AFTER, "parent", "child")

    assert "--- b.py (parent)\n+++ b.py (child)\n" in diff
    assert "-two = 2\n+two = 3\n" in diff
    assert "+new = 4\n" in diff
    assert "a.py" not in diff
    assert unified(BEFORE, BEFORE, "x", "y") == ""


def test_a_long_diff_says_how_to_see_the_rest(render):
    long = Program.of({"a.py": "".join(f"x{n} = {n}\n" for n in range(200))})
    parts = shown(unified(BEFORE, long, "a", "b"), most=10, more="adrs show X --diff")

    text = render(*parts)
    assert len(text.splitlines()) == 11
    assert "more lines; see all with: adrs show X --diff" in text


def test_more_than_one_file_is_named_in_code(render):
    assert "# b.py" in render(*code(AFTER))
    assert raw(AFTER).startswith("# ---- a.py\none = 1\n# ---- b.py\n")
    assert raw(Program.of({"a.py": "one = 1\n"})) == "one = 1\n"


def test_code_is_coloured_on_a_terminal_and_keeps_long_lines_elsewhere(capsys, render):
    from adrs.cli.console import out

    line = "x = '" + "y" * 300 + "'"
    assert "\x1b[" in render(Source("def f(): return 1", "python"), color=True)
    put(out(), Source(line, "python"))

    assert capsys.readouterr().out == line + "\n"


def test_a_terminal_that_is_too_narrow_breaks_a_line_and_cuts_nothing_off(render):
    line = "return sorted(jobs, key=lambda z: first[z] - second[z])  # the end"

    lines = render(Source(line, "python"), width=40).splitlines()
    assert "".join(lines) == line
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (float("inf"), None),
        (float("nan"), None),
        ((1, 2.5), [1, 2.5]),
        ({1: (None, True)}, {"1": [None, True]}),
    ],
)
def test_json_has_only_what_json_has(value, as_json):
    assert plain(value) == as_json
