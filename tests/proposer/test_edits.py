from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.model.program import Program
from adrs.proposer.contract import Rejected
from adrs.proposer.edits import MAX_ANSWER_CHARS, drafts, read_answer

SOURCE = """import math


class Policy:
    def step(self, obs):
        return 1

    def other(self, obs):
        return 1
"""
MARKED = """import math
LOCKED = 1
# EVOLVE-BLOCK-START
x = 1
# EVOLVE-BLOCK-END
LAST = 1
"""


def block(search: str, replace: str, path: str = "") -> str:
    head = f"{path}\n" if path else ""
    return f"{head}<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def edited(answer: str, source: str = SOURCE, editable: tuple[str, ...] = ("policy.py",)) -> str:
    (draft, *_) = drafts(Program.of({"policy.py": source}), editable, read_answer(answer, "Policy"))
    return draft.program.text("policy.py")


def rejected(answer: str, source: str = SOURCE) -> Rejected:
    with pytest.raises(Rejected) as caught:
        edited(answer, source)
    assert "\n" not in caught.value.reason
    assert len(caught.value.reason) < 2000
    return caught.value


@pytest.mark.parametrize("fenced", [False, True])
@pytest.mark.parametrize(
    "path", ["", "policy.py", "`policy.py`", "### File: policy.py", "**policy.py**", "./policy.py"]
)
def test_search_replace_in_the_forms_that_models_write(fenced: bool, path: str) -> None:
    body = block("import math", "import heapq")
    answer = f"I import another module.\n\n{path}\n" + (f"```python\n{body}```\n" if fenced else body)
    assert edited(answer) == SOURCE.replace("import math", "import heapq")


def test_blocks_apply_in_their_order() -> None:
    answer = block("import math", "import bisect") + "\nand then\n\n" + block("import bisect", "import heapq")
    assert edited(answer).startswith("import heapq\n")


def test_replacement_may_be_empty() -> None:
    assert edited("<<<<<<< SEARCH\nimport math\n=======\n>>>>>>> REPLACE\n") == SOURCE.removeprefix(
        "import math\n"
    )


def test_wrong_indentation_is_put_right() -> None:
    assert "    def step(self, obs):\n        return 2\n" in edited(
        block("def step(self, obs):\n    return 1", "def step(self, obs):\n    return 2")
    )


def test_windows_line_ends_are_read() -> None:
    answer = block("import math", "import heapq").replace("\n", "\r\n")
    assert edited(answer) == SOURCE.replace("import math", "import heapq")


def test_a_heading_of_equals_signs_in_the_code_is_not_taken_for_the_divider() -> None:
    source = 'x = """\nTitle\n=======\n"""\ny = 1\n'
    assert edited(
        block('Title\n=======\n"""\ny = 1', 'Title\n=======\n"""\ny = 2'), source
    ) == source.replace("y = 1", "y = 2")


def test_ambiguous_search_names_the_places() -> None:
    rejection = rejected(block("        return 1", "        return 2"))
    assert rejection.kind == "bad_edit"
    assert "policy.py line 6, policy.py line 9" in rejection.reason


def test_missing_search_shows_the_nearest_lines() -> None:
    rejection = rejected(block("    def step(self, observation):", "    def step(self, o):"))
    assert rejection.kind == "bad_edit"
    assert "def step(self, obs)" in rejection.reason


def test_of_two_places_the_editable_one_is_meant() -> None:
    source = "x = 1\n# EVOLVE-BLOCK-START\nx = 1\n# EVOLVE-BLOCK-END\n"
    assert (
        edited(block("x = 1", "x = 2"), source) == "x = 1\n# EVOLVE-BLOCK-START\nx = 2\n# EVOLVE-BLOCK-END\n"
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("", "empty_answer"),
        ("  \n\t\n", "empty_answer"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ("I can\u2019t do this.", "refused"),
        ("Here is an idea: sort the jobs.", "no_code"),
        ("Sorry", "refused"),
        ("<<<<<<< SEARCH\nimport math\n=======\nimport", "truncated"),
        ("<<<<<<< SEARCH\nimport ma", "truncated"),
        ("```python\nimport math\nclass Pol", "truncated"),
        ("<think>I could write ```python\nx = 1\n``` and", "truncated"),
        ("<<<<<<< SEARCH\nimport math\n>>>>>>> REPLACE\n", "bad_edit"),
        ("<<<<<<< SEARCH\n\n=======\nx = 1\n>>>>>>> REPLACE\n", "bad_edit"),
        ("<<<<<<< SEARCH\nx\n<<<<<<< SEARCH\nimport math\n=======\nx = 1\n>>>>>>> REPLACE\n", "bad_edit"),
        (block("import math", "import math"), "unchanged"),
        (f"```python\n{SOURCE}```\n", "unchanged"),
        (block("import math", "import heapq", "other.py"), "bad_edit"),
        (block("import math", "import heapq", "x" * 9000 + ".py"), "bad_edit"),
        (
            "<<<<<<< SEARCH \x1b[31m" + "y" * 9000 + "\nimport math\n=======\nx = 1\n>>>>>>> REPLACE\n",
            "bad_edit",
        ),
        (block("import math", "x = '\x07'"), "bad_text"),
        (block("import math", "x = '\u202e'"), "bad_text"),
        (block("import math", "# coding: latin-1"), "bad_text"),
        ("x" * (MAX_ANSWER_CHARS + 1), "too_large"),
        (block("import math", "import heapq") * 201, "too_large"),
    ],
)
def test_what_is_no_edit_is_rejected_with_its_kind(answer: str, kind: str) -> None:
    assert rejected(answer).kind == kind


def test_rewrite_from_one_fence() -> None:
    assert edited("New.\n\n```python\nclass Policy: ...\n```\n") == "class Policy: ...\n"


def test_rewrite_from_bare_code_only_where_it_defines_the_entry() -> None:
    assert edited("import math\n\nclass Policy:\n    pass\n") == "import math\n\nclass Policy:\n    pass\n"
    assert rejected("x = 1\n").kind == "no_code"


def test_thoughts_before_the_answer_are_skipped() -> None:
    assert edited("<think>```python\nwrong = 1\n```</think>\n```python\nright = 1\n```\n") == "right = 1\n"


def test_of_several_fences_the_one_that_names_the_file_counts() -> None:
    answer = f"```text\n{'long ' * 50}\n```\n\npolicy.py\n```python\nx = 1\n```\n"
    assert edited(answer) == "x = 1\n"
    assert (
        edited(f"```text\n{'long ' * 50}\n```\n\n```python\n# policy.py\nx = 1\n```\n")
        == "# policy.py\nx = 1\n"
    )


def test_of_several_unnamed_fences_the_largest_comes_first() -> None:
    answer = read_answer("```\nx = 1\n```\n\n```\nx = 1\ny = 2\n```\n", "Policy")
    found = drafts(Program.of({"policy.py": SOURCE}), ["policy.py"], answer)
    assert [draft.program.text("policy.py") for draft in found] == ["x = 1\ny = 2\n", "x = 1\n"]


def test_a_longer_fence_may_hold_fences() -> None:
    assert edited('````python\nx = """\n```\nhi\n```\n"""\n````\n') == 'x = """\n```\nhi\n```\n"""\n'


def test_several_files() -> None:
    program = Program.of({"a.py": "a = 1\n", "lib/b.py": "b = 1\n", "c.py": "c = 1\n"})
    editable = ("a.py", "lib/b.py")
    both = read_answer(block("a = 1", "a = 2", "a.py") + "\n" + block("b = 1", "b = 2", "lib/b.py"), "Policy")
    assert dict(drafts(program, editable, both)[0].program.files) == {
        "a.py": "a = 2\n",
        "lib/b.py": "b = 2\n",
        "c.py": "c = 1\n",
    }
    unnamed = read_answer(block("b = 1", "b = 3"), "Policy")
    assert drafts(program, editable, unnamed)[0].program.text("lib/b.py") == "b = 3\n"
    fences = read_answer("a.py\n```\na = 5\n```\n\n```python lib/b.py\nb = 5\n```\n", "Policy")
    assert drafts(program, editable, fences)[0].program.text("lib/b.py") == "b = 5\n"
    for answer, kind in [
        (block("c = 1", "c = 2", "c.py"), "outside"),
        ("c.py\n```\nc = 2\n```\n", "outside"),
        ("```\nc = 2\n```\n", "bad_edit"),
        (block("c = 1", "c = 2"), "bad_edit"),
    ]:
        with pytest.raises(Rejected) as caught:
            drafts(program, editable, read_answer(answer, "Policy"))
        assert caught.value.kind == kind


@pytest.mark.parametrize(
    "answer",
    [
        block("LOCKED = 1", "LOCKED = 2"),
        block("LAST = 1", "LAST = 1  "),
        block("# EVOLVE-BLOCK-START\nx = 1", "x = 1\n# EVOLVE-BLOCK-START"),
        block("# EVOLVE-BLOCK-END\nLAST = 1", "LAST = 1"),
        f"```python\n{MARKED.replace('LOCKED = 1', 'LOCKED = 2').replace('x = 1', 'x = 3')}```\n",
        "```python\nimport math\nLOCKED = 1\nx = 3\nLAST = 1\n```\n",
        block("x = 1", "x = 2\n# EVOLVE-BLOCK-END\nevil = 1\n# EVOLVE-BLOCK-START"),
    ],
)
def test_bytes_outside_of_the_region_are_locked(answer: str) -> None:
    assert rejected(answer, MARKED).kind == "outside"


def test_a_region_may_be_rewritten_whole_or_alone() -> None:
    expected = MARKED.replace("x = 1", "x = 3")
    assert edited(f"```python\n{expected}```\n", MARKED) == expected
    assert edited("```python\nx = 3\n```\n", MARKED) == expected
    assert edited(block("# EVOLVE-BLOCK-START\nx = 1", "# EVOLVE-BLOCK-START\nx = 3"), MARKED) == expected


def test_the_summary_is_the_first_line_of_prose() -> None:
    assert read_answer("# **Sort first**\n\n```\nx\n```\n", "Policy").summary == "Sort first"
    assert read_answer("```\nx\n```\nafter\n", "Policy").summary == ""
    long = read_answer("a\x1b[31mb" + "c" * 500 + "\n```\nx\n```\n", "Policy").summary
    assert len(long) <= 160
    assert "\x1b" not in long


@given(st.text(st.sampled_from("<>=`~ \nSEARCHREPLACxpolicy.y#"), max_size=400))
def test_no_text_does_anything_but_edit_or_be_rejected(text: str) -> None:
    try:
        found = drafts(Program.of({"policy.py": MARKED}), ["policy.py"], read_answer(text, "Policy"))
    except Rejected:
        return
    for draft in found:
        changed = draft.program.text("policy.py")
        assert changed.startswith("import math\nLOCKED = 1\n# EVOLVE-BLOCK-START\n")
        assert changed.endswith("# EVOLVE-BLOCK-END\nLAST = 1\n")
