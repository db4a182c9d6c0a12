from __future__ import annotations

import numpy as np
import pytest
from llm_sql_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid, Workload
from evaluators.schema import Refused, checker
from simulators.prefix import line, pieces, prompts, table_of

BASELINES = sorted((driver.folder / "baselines").glob("*.py"))
OTHER_KEY = bytes([9] * 16)


@pytest.fixture(scope="module")
def llm_sql():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(llm_sql):
    return driver.draw(llm_sql, 15)


@pytest.fixture(scope="module")
def scored(llm_sql, train):
    return {path.stem: driver.score(llm_sql, train, path) for path in driver.programs()}


def plain(workload):
    """Return the plan that leaves everything as it is."""
    rows, columns = workload.data.table.cells.shape
    return np.arange(rows), np.tile(np.arange(columns), (rows, 1))


def test_every_program_is_feasible_on_every_workload_of_every_split(llm_sql, scored):
    for results in scored.values():
        assert all(metrics is not None for _, metrics, _ in results)
    shifted = driver.draw(llm_sql, 8, "shift")
    for path in driver.programs():
        assert all(metrics is not None for _, metrics, _ in driver.score(llm_sql, shifted, path))


def test_no_program_passes_the_bound_or_is_worse_than_worst(llm_sql, scored):
    for results in scored.values():
        for workload, metrics, _ in results:
            assert llm_sql.worst(workload) == {"hit_rate": 0.0}
            assert 0.0 <= metrics["hit_rate"] <= llm_sql.bound(workload)["hit_rate"] < 1.0
            assert metrics["hit_rate"] <= metrics["unbounded_hit_rate"] <= metrics["token_hit_rate"]
            assert 0.0 <= metrics["phrase_share"] <= 1.0


def test_reference_lies_between_the_best_baseline_and_the_bound(llm_sql, train, scored):
    reference = [llm_sql.reference(workload)["hit_rate"] for workload in train]

    assert all(a <= llm_sql.bound(w)["hit_rate"] for a, w in zip(reference, train, strict=True))
    for results in scored.values():
        assert all(a <= b for a, b in zip(driver.values(results, llm_sql), reference, strict=True)) or (
            np.mean(driver.values(results, llm_sql)) < np.mean(reference)
        )
    assert llm_sql.reference(train[0])["hit_rate"] == driver.evaluator().reference(train[0])["hit_rate"]


def test_bounds_are_computed_once(llm_sql, train, monkeypatch):
    before = llm_sql.bound(train[0]), llm_sql.reference(train[0])
    for name in ("reuse_limit", "_best_known"):
        monkeypatch.setitem(type(llm_sql).bound.__globals__, name, None)

    assert (llm_sql.bound(train[0]), llm_sql.reference(train[0])) == before


def test_workloads_cross_their_parameters(llm_sql):
    drawn = driver.draw(llm_sql, 45)
    cells = [workload.cell for workload in drawn]

    assert [cell.split(",")[0] for cell in cells[:5]] == [
        f"family={name}" for name in ("beer", "movies", "products", "catalog", "orders")
    ]
    assert {cells.count(cell) for cell in cells} == {3}
    blocks = [workload.data.block_tokens for workload in drawn]
    rows = [len(workload.data.table.cells) for workload in drawn]
    assert 20 <= blocks.count(16) <= 25
    assert 15 <= rows.count(192) <= 30
    assert all(w.data.cache_blocks >= 2 * w.data.table.longest_blocks(w.data.block_tokens) for w in drawn)


def test_workloads_depend_on_key_split_and_index_only(llm_sql, train):
    again = driver.evaluator()
    driver.draw(again, 2, "shift")
    for one, other in zip(train[:4], driver.draw(again, 4), strict=True):
        assert one.cell == other.cell
        assert one.data.table.texts == other.data.table.texts
        assert (one.data.table.cells == other.data.table.cells).all()
        assert one.data.cache_blocks == other.data.cache_blocks
    for changed in (driver.draw(llm_sql, 1, key=OTHER_KEY)[0], driver.draw(llm_sql, 1, split="test")[0]):
        assert changed.data.table.texts != train[0].data.table.texts


def test_shift_is_nowhere_in_train(llm_sql):
    search, shift = llm_sql.params["search"], llm_sql.params["shift"]

    assert {workload.data.family for workload in driver.draw(llm_sql, 4, "shift")} > {"posts", "logs"}
    for name in ("cache_share", "zipf", "rows", "block_tokens", "fan_out"):
        assert not set(search[name]) & set(shift[name])


def test_given_holds_the_whole_table_and_nothing_else(llm_sql, train):
    for workload in train[:5]:
        columns, texts, tokens, cells, implies, block_tokens, cache_blocks = llm_sql.given(workload)
        case = workload.data
        assert (block_tokens, cache_blocks) == (case.block_tokens, case.cache_blocks)
        assert implies.dtype == bool
        assert implies.shape == (len(columns),) * 2
        for at, name in enumerate(columns):
            assert texts[at] == tuple(sorted(set(texts[at])))
            assert [len(each) for each in tokens[at]] == [len(pieces(line(name, text))) for text in texts[at]]
            assert cells[:, at].max() == len(texts[at]) - 1


def by_hand(llm_sql, rows, block_tokens=4, cache_blocks=100):
    case = type(driver.draw(llm_sql, 1)[0].data)
    return Workload(case(repr(rows), "by hand", table_of(["a", "b"], rows), block_tokens, cache_blocks))


def test_a_tiny_workload_worked_out_by_hand(llm_sql):
    # Lines of 9 tokens. As given, the second prompt shares 15 tokens with the first, 3 blocks of 4, and the
    # third 6, 1 block.
    workload = by_hand(llm_sql, [["x", "p"], ["x", "q"], ["y", "p"]])
    found = llm_sql.score(workload, plain(workload))

    assert found["hit_rate"] == found["unbounded_hit_rate"] == 16 / 54
    assert found["token_hit_rate"] == 21 / 54
    assert found["phrase_share"] == 1 / 6
    assert found["column_orders"] == 1
    assert (found["tokens"], found["hit_tokens"]) == (54, 16)
    # No order gives both pairs their common line in front: the bound is 2 pairs of 12 tokens.
    assert llm_sql.bound(workload)["hit_rate"] == 24 / 54
    rows, columns = plain(workload)
    columns[[0, 2]] = [1, 0]
    assert llm_sql.score(workload, (rows, columns))["hit_rate"] == 12 / 54
    assert llm_sql.score(workload, (rows, columns))["column_orders"] == 2


def test_a_small_cache_makes_the_order_of_rows_count(llm_sql):
    rows = [["x", "p"], ["y", "q"], ["x", "r"], ["y", "s"]]
    small, large = (by_hand(llm_sql, rows, 4, blocks) for blocks in (4, 100))
    _, columns = plain(small)
    turns, pairs = np.arange(4), np.array([0, 2, 1, 3])

    assert llm_sql.score(large, (turns, columns))["hit_rate"] == (4 + 12 + 12) / 72
    assert llm_sql.score(large, (pairs, columns))["hit_rate"] == (4 + 12 + 12) / 72
    assert llm_sql.score(small, (turns, columns))["hit_rate"] == (4 + 4 + 4) / 72
    assert llm_sql.score(small, (pairs, columns))["hit_rate"] == (4 + 12 + 12) / 72
    assert llm_sql.score(small, (turns, columns))["evicted_blocks"] > 0


def test_the_cells_of_every_row_are_those_of_the_table(llm_sql, train):
    rng = np.random.default_rng(1)
    for workload in train[:5]:
        table = workload.data.table
        rows, columns = table.cells.shape
        plan = rng.permutation(rows), np.array([rng.permutation(columns) for _ in range(rows)])
        for row, prompt in zip(plan[0], prompts(table, *plan), strict=True):
            lines = [table.encoded[at][value] for at, value in enumerate(table.cells[row])]
            assert sorted(prompt) == sorted(b"".join(lines))
        found = llm_sql.score(workload, plan)
        assert found["tokens"] == table.line_tokens.sum()


def test_a_row_must_have_every_column_once(llm_sql, train):
    rows, columns = plain(train[0])
    columns[7, 0] = columns[7, 1]

    with pytest.raises(Invalid, match=r"row 7 does not have every column once: \[1, 1, 2"):
        llm_sql.score(train[0], (rows, columns))


def test_a_plan_is_two_arrays_of_numbers(llm_sql):
    workload = by_hand(llm_sql, [["x", "p"], ["x", "q"], ["y", "p"]])
    check = checker(llm_sql.plan_schema(workload), "plan")
    rows, columns = plain(workload)

    assert (check((rows, columns))[0] == rows).all()
    for wrong in (
        None,
        rows,
        (rows,),
        (rows, columns, columns),
        (columns, rows),
        (rows[:2], columns),
        (rows, columns[:2]),
        (np.zeros(3, dtype=np.int64), columns),
        (rows + 1, columns),
        (rows - 1, columns),
        (rows, columns + 1),
        (rows, columns - 1),
        (rows.astype(float), columns),
        (rows.tolist(), columns.tolist()),
        (rows, columns == 1),
        [["x", "p"]] * 3,
    ):
        with pytest.raises(Refused):
            check(wrong)


def test_measures_are_shares(llm_sql, scored):
    places = {}
    for name, results in scored.items():
        places[name] = llm_sql.measures([(workload, metrics) for workload, metrics, _ in results])
        assert all(0.0 <= value <= 1.0 for value in places[name].values())
    assert places["original"]["column_variety"] == 0.0
    assert places["statistics_order"]["column_variety"] == 0.0
    assert 0.1 < places["ggr_early_stop"]["column_variety"] < places["ggr"]["column_variety"]
    assert places["statistics_order"]["phrases"] > places["prefix_groups"]["phrases"]
    assert llm_sql.measures([(results[0][0], None)]) == {"column_variety": 0.0, "phrases": 0.0}


def test_feedback_names_the_three_worst_and_why(llm_sql, scored):
    results = scored["statistics_order"]
    lines = llm_sql.feedback(results).splitlines()
    gaps = [metrics["hit_rate"] - llm_sql.bound(each)["hit_rate"] for each, metrics, _ in results]
    _, worst, _ = results[int(np.argmin(gaps))]

    assert len(lines) == 3
    assert f"{worst['hit_rate']:.3f} of {worst['tokens']:.0f} tokens hit" in lines[0]
    assert all("no order exceeds" in line and "blocks of" in line for line in lines)


@pytest.mark.parametrize(
    ("hit", "unbounded", "token", "lost", "said"),
    [
        (0.1, 0.5, 0.6, 0.2, "40.0% of all tokens had been evicted: rows that begin alike came far apart."),
        (0.4, 0.5, 0.7, 0.1, "20.0% of all tokens were shared, but not to the end of a block."),
        (0.4, 0.5, 0.6, 0.3, "and were not hit: others that differ came before."),
    ],
)
def test_feedback_says_why(llm_sql, scored, hit, unbounded, token, lost, said):
    workload, metrics, _ = scored["ggr"][0]
    told = {
        "hit_rate": hit,
        "unbounded_hit_rate": unbounded,
        "token_hit_rate": token,
        "lost_column_share": lost,
    }
    text = llm_sql.feedback([(workload, {**metrics, **told}, "")])

    assert said in text
    name = workload.data.table.columns[int(metrics["lost_column"])]
    assert (repr(name) in text) == (lost == 0.3)


def test_feedback_names_failures_first(llm_sql, train, scored):
    results = [(train[0], None, "exception: too hard"), *scored["ggr"][1:5]]
    lines = llm_sql.feedback(results).splitlines()

    assert lines[0] == "Failed on 1 of 5 workloads."
    assert lines[1].endswith("exception: too hard")
    assert len(lines) == 5


def test_recorded_tables_become_workloads(tmp_path):
    llm_sql = driver.evaluator(recorded_rows=4)
    rows = [f"{'ale' if at % 2 else 'stout'},text {at} of the review,{at % 3}" for at in range(10)]
    (tmp_path / "beer.csv").write_text("\n".join(["kind,review,mark", *rows]))
    found = list(llm_sql.recorded(tmp_path))

    assert [len(each.data.table.cells) for each in found] == [4] * 6 + [2] * 3
    assert {each.shares for each in found} == {f"{tmp_path}:beer"}
    assert {each.cell for each in found} == {"recorded,cache=0.02", "recorded,cache=0.08", "recorded,cache=1"}
    assert len({each.data.token for each in found}) == len(found)
    assert found[0].data.block_tokens == 16
    for path in driver.programs():
        assert all(metrics is not None for _, metrics, _ in driver.score(llm_sql, found, path))


def test_recordings_that_cannot_be_read(tmp_path):
    with pytest.raises(BadData, match=r"holds no \.csv file"):
        driver.evaluator().recorded(tmp_path)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(BadData, match="1 cells in row 2"):
        driver.evaluator().recorded(tmp_path)


def test_a_table_of_short_rows_can_be_scored(llm_sql):
    # No prompt fills a block: nothing can be hit, and nothing breaks.
    workload = by_hand(llm_sql, [["x", "p"], ["x", "p"]], block_tokens=64)

    assert llm_sql.score(workload, plain(workload))["hit_rate"] == 0.0
    assert llm_sql.bound(workload) == {"hit_rate": 0.0}
    assert llm_sql.reference(workload) == {"hit_rate": 0.0}
