import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ProgramError
from adrs.model.program import Program
from adrs.proposer.contract import Rejected
from adrs.proposer.evolve_block import locked, locked_outside, regions, require_inside

TEXT = """import math
# EVOLVE-BLOCK-START
x = "é"
y = 2
# EVOLVE-BLOCK-END
def f():
    # EVOLVE-BLOCK-START (second)
    return 1
    # EVOLVE-BLOCK-END
"""


def test_regions_are_the_lines_between_markers():
    first, second = regions(TEXT)
    assert TEXT[first.start : first.end] == 'x = "é"\ny = 2\n'
    assert (first.first_line, first.last_line) == (3, 4)
    assert TEXT[second.start : second.end] == "    return 1\n"
    begin, end = second.bytes_in(TEXT)
    assert TEXT.encode()[begin:end] == b"    return 1\n"


def test_a_file_without_markers_is_one_region():
    (region,) = regions("a\nb\n")
    assert (region.start, region.end, region.first_line, region.last_line) == (0, 4, 1, 2)
    assert locked("a\nb\n") == ("", "")


def test_an_empty_region():
    text = "# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-END\n"
    (region,) = regions(text)
    assert region.start == region.end
    assert (region.first_line, region.last_line) == (2, 1)
    assert locked_outside(text, "# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("#", ""),
        ("//", ""),
        ("--", ""),
        (";", ""),
        ("%", ""),
        ("/*", " */"),
        ("<!--", " -->"),
        ("!", ""),
        ("(*", " *)"),
    ],
)
def test_every_comment_syntax(start, end):
    text = f"a\n  {start} EVOLVE-BLOCK-START{end}\nb\n{start}EVOLVE-BLOCK-END{end}\nc\n"
    (region,) = regions(text)
    assert text[region.start : region.end] == "b\n"


def test_a_marker_within_code_is_no_marker():
    (region,) = regions('x = "EVOLVE-BLOCK-START"\ny = 1  # EVOLVE-BLOCK-END\n')
    assert region.start == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# EVOLVE-BLOCK-START\nx\n", "Line 1 holds EVOLVE-BLOCK-START, but no EVOLVE-BLOCK-END"),
        ("x\n# EVOLVE-BLOCK-END\n", "Line 2 holds EVOLVE-BLOCK-END without"),
        ("# EVOLVE-BLOCK-START\nx\n# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-END\n", "Line 3 .* line 1 opened"),
    ],
)
def test_unbalanced_markers_are_named(text, says):
    with pytest.raises(ProgramError, match=says):
        regions(text)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("y = 2", "y = 3\nz = 4", True),
        ("return 1", "return 2", True),
        ("import math", "import os", False),
        ("def f():", "def f(): ", False),
        ("# EVOLVE-BLOCK-END\ndef", "# EVOLVE-BLOCK-END \ndef", False),
        ("y = 2", "# EVOLVE-BLOCK-END\nimport os\n# EVOLVE-BLOCK-START\ny = 2", False),
        ("y = 2", "# EVOLVE-BLOCK-START", False),
        ("(second)", "(first)", False),
    ],
)
def test_the_lock_is_byte_exact(old, new, kept):
    assert locked_outside(TEXT, TEXT.replace(old, new)) is kept


def test_markers_cannot_be_added_to_a_file_that_has_none():
    assert not locked_outside("x\n", "# EVOLVE-BLOCK-START\nx\n# EVOLVE-BLOCK-END\n")


def test_require_inside_names_file_and_line():
    program = Program.of({"a.py": TEXT, "b.py": "b = 1\n"})
    require_inside(program, program.replace("a.py", TEXT.replace("y = 2", "y = 3")), ["a.py"])
    with pytest.raises(Rejected, match=r"a\.py differs .*line 1, 'import math'"):
        require_inside(program, program.replace("a.py", TEXT.replace("math", "os")), ["a.py"])
    with pytest.raises(Rejected, match=r"b\.py may not change"):
        require_inside(program, program.replace("b.py", "b = 2\n"), ["a.py"])
    with pytest.raises(Rejected, match=r"c\.py is new"):
        require_inside(program, Program.of({**dict(program.files), "c.py": "c = 1\n"}), ["a.py"])
    with pytest.raises(Rejected, match=r"b\.py is missing"):
        require_inside(program, Program.of({"a.py": TEXT}), ["a.py", "b.py"])


lines = st.lists(st.sampled_from(["a", "bé", "", "  c", "# d"]), max_size=6)


@given(before=lines, inside=lines, after=lines, other=lines)
def test_only_what_stands_between_the_markers_is_free(before, inside, after, other):
    def text(a, b, c):
        return "\n".join([*a, "# EVOLVE-BLOCK-START", *b, "# EVOLVE-BLOCK-END", *c, ""])

    assert locked_outside(text(before, inside, after), text(before, other, after))
    assert locked_outside(text(before, inside, after), text(other, inside, after)) is (before == other)
