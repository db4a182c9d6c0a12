from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from adrs.errors import ProblemError
from adrs.sandbox.distributions import resolve


def names(*distributions: str) -> set[str]:
    return {path.name for path in resolve(distributions).files}


def test_a_library_is_its_top_level_entries_and_those_of_its_requirements() -> None:
    assert names() == set()
    found = names("scipy")
    assert {"scipy", "numpy"} <= found
    assert any(name.startswith("scipy-") and name.endswith(".dist-info") for name in found)
    assert not {"pydantic", "adrs", "bin", "..", "__pycache__"} & found
    assert "scipy" not in names("numpy")
    assert set(resolve(["numpy"]).import_path) == {
        Path(str(metadata.distribution("numpy").locate_file(""))).resolve()
    }


def test_extras_are_not_followed_and_spelling_does_not_matter() -> None:
    assert names("SQLAlchemy") == names("sqlalchemy")
    assert "asyncpg" not in names("sqlalchemy")


def test_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(ProblemError, match="no-such-library-1"):
        resolve(["numpy", "no-such-library-1"])


def test_of_a_namespace_package_only_its_own_part_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared_space" / "mine").mkdir(parents=True)
    (tmp_path / "shared_space" / "theirs").mkdir()
    info = tmp_path / "space_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: space-mine\nVersion: 1.0\n")
    (info / "RECORD").write_text("shared_space/mine/__init__.py,,\nspace_mine-1.0.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert set(resolve(["space-mine"]).files) == {tmp_path / "shared_space" / "mine", info}
