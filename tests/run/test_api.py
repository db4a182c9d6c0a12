import subprocess
import sys
from pathlib import Path

import pytest

import adrs
from adrs.evaluation.pool import EvaluationPool

NOISY = Path(__file__).parents[1] / "problems_kit" / "pure_noise"


def test_a_run_from_python_is_the_same_as_from_the_command_line(tmp_path):
    lines = []
    result = adrs.evolve(
        "flow_shop",
        runs=tmp_path,
        notify=lambda progress, line: lines.append(line),
        seed=3,
        workers=1,
        budget={"trials": 4},
        confirm=False,
    )

    with adrs.open_run(runs=tmp_path) as run:
        numbers = sorted(trial.number for trial in run.trials())
        champion = run.champion()

    assert run.record.id == result.run.id
    assert numbers == [0, 1, 2, 3, 4]
    assert champion.digest == result.progress.champion


@pytest.mark.parametrize(("problem", "workers", "pairs"), [("flow_shop", 5, 7), (str(NOISY), 2, 2)])
def test_spare_pairs_are_ready_but_where_they_would_disturb_what_is_measured(
    tmp_path, monkeypatch, problem, workers, pairs
):
    class Counted(Exception):
        pass

    def count(pool):
        raise Counted(len(pool._slots))

    monkeypatch.setattr(EvaluationPool, "warm", count)
    with pytest.raises(Counted, match=f"^{pairs}$"):
        adrs.evolve(problem, runs=tmp_path, workers=workers, budget={"trials": 1})


def test_there_are_at_most_fifteen_public_names_and_each_is_there():
    assert len(adrs.__all__) <= 15
    for name in adrs.__all__:
        assert getattr(adrs, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="evolv"):
        _ = adrs.evolv


def test_importing_adrs_imports_nothing_heavy():
    script = (
        "import adrs, sys; print(*sorted({'numpy', 'pydantic', 'sqlalchemy', 'scipy'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == ""
