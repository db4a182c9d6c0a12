"""Tables that are drawn, and tables that are read."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

import simulators
from simulators.prefix import (
    FAMILIES,
    Shape,
    TableError,
    character_hit_rate,
    column_trie_limit,
    draw_table,
    read_tables,
    spanning_tree_limit,
)
from simulators.prefix.words import Words, picks, zipf

SHAPE = Shape(rows=120, zipf=1.0, fan_out=8.0, clustered=False)
ROOT = Path(simulators.__file__).parents[1]
DRAWN = """
import hashlib
from random import Random
from simulators.prefix import FAMILIES, Shape, draw_table
found = hashlib.sha256()
for family in FAMILIES:
    table = draw_table(Random(7), family, Shape(60, 1.0, 6.0, True))
    found.update(repr((table.columns, table.texts, table.cells.tolist(), table.lines)).encode())
print(found.hexdigest())
"""


def test_tables_do_not_depend_on_hash_seeds():
    seen = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", DRAWN], env=environment, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)

    assert len(seen) == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_table_is_as_large_as_asked_and_drawn_from_the_seed_alone(family):
    table, again, other = (draw_table(Random(seed), family, SHAPE) for seed in (1, 1, 2))

    assert table.cells.shape == (120, len(table.columns))
    assert (table.columns, table.texts) == (again.columns, again.texts)
    assert (table.cells == again.cells).all()
    assert table.texts != other.texts
    assert len(set(table.columns)) == len(table.columns)


@pytest.mark.parametrize("family", FAMILIES)
def test_declared_dependencies_hold(family):
    for seed in range(12):
        table = draw_table(Random(seed), family, SHAPE)
        for one, other in np.argwhere(table.implies):
            pairs = np.unique(table.cells[:, [one, other]], axis=0)
            assert len(pairs) == len(table.texts[one])
    assert table.implies.any() == (family != "logs")


@pytest.mark.parametrize("family", FAMILIES)
def test_values_repeat_or_begin_alike(family):
    table = draw_table(Random(3), family, SHAPE)
    tokens = int(table.line_tokens.sum())

    assert 0.7 < column_trie_limit(table) / tokens < 0.97
    assert 0.25 < spanning_tree_limit(table, 16) / tokens < 0.8
    assert 80 < tokens / 120 < 260


def test_the_facts_of_an_entity_come_together_or_shuffled():
    def table(clustered):
        return draw_table(Random(5), "movies", Shape(120, 1.0, 8.0, clustered, shuffled_columns=False))

    together, shuffled = (each.cells[:, 0] for each in (table(clustered=True), table(clustered=False)))
    assert (np.sort(together) == np.sort(shuffled)).all()
    assert int((together[1:] == together[:-1]).sum()) == 120 - len(np.unique(together))
    assert int((shuffled[1:] == shuffled[:-1]).sum()) < 40


def test_columns_come_in_any_order():
    orders = {draw_table(Random(seed), "posts", SHAPE).columns for seed in range(20)}
    plain = {
        draw_table(Random(seed), "posts", Shape(9, 1.0, 3.0, clustered=True, shuffled_columns=False)).columns
        for seed in range(5)
    }

    assert len(orders) > 10
    assert plain == {("postId", "postDate", "body", "comment")}


def test_more_skew_means_fewer_entities():
    def entities(exponent):
        return np.mean([len(set(picks(Random(seed), 400, 60, exponent))) for seed in range(9)])

    assert entities(0.0) > entities(1.0) > entities(2.0)
    assert zipf(3, 1.0) == pytest.approx([1, 1.5, 1.5 + 1 / 3])


def test_text_is_in_sentences():
    words = Words(Random(1))
    text = words.text(40)

    assert len(text.split()) == 40
    assert text[0].isupper()
    assert text.endswith(".")
    assert len(words.names(50, 1, 2)) == len(set(words.names(50, 1, 2))) == 50


PUBLISHED = {
    "profileName": (4862, 8.2),
    "time": (3738, 10.0),
    "overall": (20, 4.9),
    "taste": (10, 4.0),
    "palate": (5, 3.0),
    "appearance": (5, 3.0),
    "name": (1423, 29.4),
    "style": (78, 13.0),
    "beerId": (1423, 4.2),
}
"""Different values, and mean length in characters, of a published table of 28,479 reviews."""


@pytest.fixture(scope="module")
def published():
    shape = Shape(28_479, zipf=1.1, fan_out=20.0, clustered=False, shuffled_columns=False)
    return draw_table(Random(1), "beer", shape)


def test_the_published_statistics_of_columns_are_near(published):
    assert published.columns == tuple(PUBLISHED)
    for at, (name, (different, length)) in enumerate(PUBLISHED.items()):
        assert len(published.texts[at]) == pytest.approx(different, rel=0.16), name
        assert published.characters[:, at].mean() == pytest.approx(length, rel=0.12), name


def test_the_published_hit_rates_are_near(published):
    # Of the first 6000 rows, in characters without separators: 11.8 % as they come, 48.0 % by statistics.
    cells = published.cells[:6000]
    rows = [[published.texts[at][value] for at, value in enumerate(row)] for row in cells.tolist()]
    lengths = published.characters[:6000].mean(axis=0)
    different = np.array([len(np.unique(column)) for column in cells.T])
    order = np.argsort(-(lengths**2) * (6000 / different - 1), kind="stable")
    ordered = sorted([row[at] for at in order] for row in rows)

    assert character_hit_rate(["".join(row) for row in rows]) == pytest.approx(0.118, abs=0.025)
    assert character_hit_rate(["".join(row) for row in ordered]) == pytest.approx(0.480, abs=0.05)


def test_tables_are_read_in_pieces(tmp_path):
    text = '\ufeffname,"about, all"\nA,"x ""y"""\nB,z\n\nA,"x ""y"""\nC,\nD,w\n'
    (tmp_path / "two.csv").write_text(text, encoding="utf-8")
    (tmp_path / "one.csv").write_text("a,b\n1,2\n1,2\n")
    (tmp_path / "other.txt").write_text("no table")
    found = dict(read_tables(tmp_path, 2))

    assert list(found) == ["one:0", "two:0", "two:2"]  # a last piece of one row is left out
    assert found["two:0"].columns == ("name", "about, all")
    assert found["two:0"].texts == (("A", "B"), ('x "y"', "z"))
    assert found["one:0"].implies.tolist() == [[False, True], [True, False]]
    assert len(list(read_tables(tmp_path / "two.csv", 100))) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n", "has 1 lines; a header and at least 2 rows are needed"),
        (b"a,a\n1,2\n3,4\n", "has 2 columns, 1 of them with names of their own"),
        (b"a,b\n1,2\n3\n", "has 1 cells in row 2, and 2 columns"),
        (b"a,b\n1,\xff\n3,4\n", "cannot be read as CSV in UTF-8"),
        (b'a,b\n"1,2\n3,4\n', "cannot be read as CSV in UTF-8"),
        (b"a\n" + b"x" * 100_001 + b"\ny\n", "has a cell of 100001 characters in row 1"),
        (b"a,b\n" + (b"x" * 99_999 + b",y\n") * 50, "characters in rows 1 to 41; at most 4000000"),
        (b",".join(b"c%d" % at for at in range(201)) + b"\n1\n2\n", "has 201 columns"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, content, said):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(TableError, match=said):
        list(read_tables(path, 41))


def test_missing_tables(tmp_path):
    with pytest.raises(TableError, match=r"holds no \.csv file"):
        list(read_tables(tmp_path, 10))
    with pytest.raises(TableError, match="cannot be read"):
        list(read_tables(tmp_path / "missing.csv", 10))


def test_drawn_tables_are_pinned():
    # What a workload is must not change unnoticed: scores of one version are compared.
    table = draw_table(Random(7), "orders", Shape(40, 1.0, 6.0, clustered=True))
    text = repr((table.columns, table.texts, table.cells.tolist(), table.lines))

    assert hashlib.sha256(text.encode()).hexdigest()[:12] == "c1f560efacd9"
