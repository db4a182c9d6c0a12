import os
from pathlib import Path

import pytest

from evaluators.sweep import sweep


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "scratch"
    place.mkdir()
    return place


def test_an_empty_folder_is_swept(folder):
    assert sweep([str(folder)], 1.0)
    assert folder.is_dir()


def test_hostile_trees_are_removed_and_links_not_followed(folder, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("stays")
    (folder / "link").symlink_to(kept)
    (folder / "dangling").symlink_to("/nowhere")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "up").symlink_to("..")
    (inner / "kept").symlink_to(kept)
    (folder / "swept-1").mkdir()
    (folder / "swept-2").write_text("a taken name")
    os.mkfifo(folder / "fifo")
    (folder / "bad\udcffname").write_text("x")
    inner.chmod(0)
    (folder / "a").chmod(0)

    assert sweep([str(folder)], 1.0)

    assert list(folder.iterdir()) == []
    assert (kept / "file").read_text() == "stays"


def test_a_tree_deeper_than_any_path_is_removed(folder):
    here = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(400):  # 8,400 characters: twice what a path may have
            Path("d" * 20).mkdir()
            os.chdir("d" * 20)
    finally:
        os.chdir(here)

    assert sweep([str(folder)], 60.0)
    assert list(folder.iterdir()) == []


def test_time_that_runs_out_and_a_folder_that_is_not_there_are_said(folder, tmp_path):
    (folder / "file").write_text("x")

    assert not sweep([str(folder)], -1.0)
    assert not sweep([str(tmp_path / "absent")], 1.0)
    assert not sweep([str(tmp_path / "absent"), str(folder)], 1.0)
    assert list(folder.iterdir()) == []


def test_nothing_shows_when_a_folder_was_written_to(folder):
    (folder / "file").write_text("x")

    assert sweep([str(folder)], 1.0)

    assert folder.stat().st_mtime == 0
