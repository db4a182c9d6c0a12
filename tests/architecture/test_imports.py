"""The import contract holds, and it would notice if it did not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.checkout


def lint(folder):
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_the_tree(folder):
    for name in ("adrs", "evaluators", "simulators", "problems", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def test_the_contract_holds():
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        (
            "adrs/search/contract.py",
            "import adrs.archive",
            "Search, proposer and evaluation never touch storage",
        ),
        ("adrs/model/program.py", "import adrs.run.config", "Arrows go one way"),
        ("adrs/run/loop.py", "import evaluators.contract", "The core never imports a plug-in folder"),
        ("evaluators/contract.py", "import adrs.errors", "Evaluators stand alone"),
        ("simulators/__init__.py", "import evaluators.contract", "Simulators stand alone"),
        ("problems/__init__.py", "import adrs.errors", "Problems may use evaluators"),
        ("adrs/attic/__init__.py", "", "Arrows go one way"),
    ],
)
def test_a_violation_is_noticed(tmp_path, file, line, broken):
    copy_of_the_tree(tmp_path)
    target = tmp_path / file
    target.parent.mkdir(exist_ok=True)
    target.write_text(line + "\n" + (target.read_text() if target.exists() else ""))

    result = lint(tmp_path)

    assert result.returncode == 1
    assert broken in result.stdout
    assert "BROKEN" in result.stdout
