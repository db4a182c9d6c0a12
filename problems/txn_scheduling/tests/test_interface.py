from __future__ import annotations

import ast
import tomllib

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from txn_driver import DRIVERS, PROBLEMS

from simulators.txn import LockTable, key_count, makespan, parse

WORDS = st.sampled_from(["*", "r-0", "w-0", "r-1", "w-1"])
SETS = st.lists(st.lists(WORDS, min_size=1, max_size=5).map(lambda words: parse(" ".join(words))), max_size=6)
FOLDERS = tuple(PROBLEMS / name for name in DRIVERS)


@pytest.fixture(scope="module")
def words():
    with DRIVERS["txn_scheduling"].program(FOLDERS[0] / "baselines" / "arrival_order.py") as (_, interface):
        return interface


@pytest.fixture(scope="module")
def offline():
    with DRIVERS["txn_offline"].program(FOLDERS[1] / "baselines" / "arrival_order.py") as (_, interface):
        return interface


@pytest.fixture
def obs(words):
    return words.Observation(
        step=10,
        left=40,
        makespan_ticks=20,
        pending=(3, 10, 11),
        waited=(9, 4, 0),
        start_ticks=(15, 4, 19),
        length_ticks=(4, 8, 6),
        gap_ticks=(6, 0, 3),
        writes=(2, 0, 3),
        conflicts=(2, 0, 1),
        heat=(3, 1, 2),
        arrived=(),
    )


def test_what_appending_would_do(words, obs):
    assert [words.end_ticks(obs, index) for index in range(3)] == [18, 11, 24]
    assert [words.added_ticks(obs, index) for index in range(3)] == [0, 0, 4]
    assert [words.room_ticks(obs, index) for index in range(3)] == [2, 9, -4]
    assert words.start_share(obs, 0) == 0.75
    assert words.gap_per_write(obs, 0) == 2.0


def test_the_pending(words, obs):
    assert words.count(obs) == 3
    assert words.waited(obs, 1) == 4
    assert words.conflict_share(obs, 0) == 1.0
    assert words.heat_share(obs, 2) == pytest.approx(2 / 3)
    assert words.write_share(obs, 0) == 0.5
    assert words.mean_length_ticks(obs) == 6.0
    assert words.progress(words.Given(50, 3), obs) == 0.2


def test_choices(words, obs):
    chosen = (words.oldest(obs), words.earliest_start(obs), words.earliest_end(obs), words.hottest(obs))

    assert chosen == (0, 1, 1, 0)


@for_all(some=SETS)
def test_the_lock_tables_of_candidates_are_the_model(words, offline, some):
    ours = LockTable(key_count(some))
    online_table, offline_table = words.LockTable(), offline.LockTable()
    for each in some:
        before = offline_table.makespan_ticks
        added = offline_table.added(each)
        start = online_table.copy().append(each)
        tables = (ours, online_table, offline_table)
        assert [table.start(each) for table in tables] == [start] * 3
        assert [table.append(each) for table in tables] == [start] * 3
        assert added == offline_table.makespan_ticks - before
    assert ours.makespan == online_table.makespan_ticks == offline_table.copy().makespan_ticks
    assert offline.makespan_ticks(offline.Given(tuple(some)), range(len(some))) == makespan(
        some, range(len(some))
    )


def test_helpers_of_the_offline_interface(offline):
    given = offline.Given(tuple(parse(text) for text in ("r-1 w-1 *", "r-2 r-1", "*")))
    uses = offline.key_uses(given)
    table = offline.LockTable()
    table.append(given.transactions[0])

    assert [offline.length_ticks(given, index) for index in range(3)] == [3, 2, 1]
    assert [offline.writes(given, index) for index in range(3)] == [1, 0, 0]
    assert uses == {1: 2, 2: 1}
    assert [offline.heat(given, uses, index) for index in range(3)] == [2, 2, 0]
    assert [offline.first_write_position(given, index) for index in range(3)] == [2, 2, 1]
    assert offline.cheapest_next(given, table, [2, 1]) == 2
    assert offline.moved([5, 6, 7], 0, 2) == [6, 7, 5]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_everything_is_annotated_and_documented(folder):
    tree = ast.parse((folder / "interface.py").read_text())

    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert len(functions) > 10
    for node in functions:
        assert node.returns is not None, node.name
        assert all(arg.annotation is not None for arg in node.args.args if arg.arg != "self"), node.name
        assert ast.get_docstring(node), node.name


def test_prompts_say_what_the_parameters_say():
    params = tomllib.loads((FOLDERS[0] / "problem.toml").read_text())["params"]
    numbers = [*params["search"]["transactions"], *params["shift"]["transactions"]]
    online, offline = ((folder / "prompt.md").read_text() for folder in FOLDERS)

    for prompt in (online, offline):
        assert f"{min(numbers)} to {max(numbers)}" in prompt
        assert f"nearly always {params['search']['transactions'][0]}" in prompt
    assert f"({min(params['shift']['pool'])} to {max(params['shift']['pool'])}" in online
    assert len(params["search"]["level"]) == 7
    assert "Seven families" in online


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_prompts_hold_no_targets(folder):
    prompt = (folder / "prompt.md").read_text().lower()

    for word in ("baseline", "bound", "best known", "beat", "shortest makespan first", "smf", "anneal"):
        assert word not in prompt
