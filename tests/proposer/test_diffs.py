from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adrs.model.program import Program
from adrs.proposer.blocks import is_marker
from adrs.proposer.diffs import write_blocks
from adrs.proposer.edits import drafts, read_answer

LINE = st.one_of(
    st.sampled_from(
        ["", "    ", "x = 1", "    x = 1", "        return x", "def f():", "# é ∑", "```", "    y = 2"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf")), max_size=12),
)
FILE = st.lists(LINE, min_size=1, max_size=25).map(lambda lines: "\n".join(lines) + "\n")


def _applied(before: str, answer: str, path: str = "policy.py") -> str:
    (draft,) = drafts(Program.of({path: before}), [path], read_answer(answer, "Policy"))
    assert draft.edit == "search_replace"
    return draft.program.text(path)


@given(FILE, FILE)
def test_applying_a_diff_gives_the_other_text(before: str, after: str) -> None:
    assume(before.strip() and before != after)
    assume(not any(is_marker(line) for line in (before + after).split("\n")))
    assert _applied(before, write_blocks(before, after, "policy.py")) == after


@given(FILE, st.data())
def test_a_small_change_in_a_repetitive_text_applies(before: str, data: st.DataObject) -> None:
    lines = before.split("\n")
    lines[data.draw(st.integers(0, len(lines) - 2))] = "changed = True"
    after = "\n".join(lines)
    assume(before.strip() and before != after)
    assume(not any(is_marker(line) for line in lines))
    assert _applied(before, write_blocks(before, after)) == after


def test_a_block_holds_only_what_it_needs() -> None:
    before = "".join(f"x{i} = {i}\n" for i in range(100))
    text = write_blocks(before, before.replace("x50 = 50", "x50 = 51"))
    assert text.split("\n") == [
        "<<<<<<< SEARCH", "x48 = 48", "x49 = 49", "x50 = 50", "x51 = 51", "x52 = 52",
        "=======", "x48 = 48", "x49 = 49", "x50 = 51", "x51 = 51", "x52 = 52", ">>>>>>> REPLACE",
    ]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [("x\n", "x\n"), ("\n", "x\n"), ("x\n=======\n", "y\n")])
def test_what_cannot_be_written_is_refused(before: str, after: str) -> None:
    with pytest.raises(ValueError, match="text"):
        write_blocks(before, after)
