from __future__ import annotations

import asyncio
import json

import pytest
from click.testing import CliRunner

from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.cli.soundness import why_unsound
from adrs.plugins.problems import find_problem
from adrs.verify import prompts
from adrs.verify.checks import check_problem


def check(problem, sandbox):
    verdict = asyncio.run(check_problem(problem, sandbox, workers=2, quick=True))
    return verdict, {finding.name: finding for finding in verdict.findings}


@pytest.mark.parametrize(
    "name",
    ["flow_shop", *(pytest.param(n, marks=pytest.mark.slow) for n in ("spot_multiregion", "spot_deadline"))],
)
def test_a_bundled_problem_is_sound(name, sandbox):
    verdict, found = check(find_problem(name), sandbox)

    assert [finding for finding in verdict.findings if not finding.ok] == []
    assert verdict.sound
    assert "% left" in found["headroom"].reason
    assert "score the same" in found["deterministic"].reason


@pytest.mark.parametrize(
    ("evaluator", "line", "reason"),
    [
        ("ClampsHonesty", "worst", "failing would be better"),
        ("IsNotDeterministic", "deterministic", "scores otherwise there"),
        ("TellsTheIndex", "given holds no truth", "counts the workloads"),
        ("IgnoresTheKey", "splits differ", "came again"),
        ("BelievesTheCost", "attacks", "claims_nothing (FORGED"),
        ("RaisesOnEverything", "evaluator", "the evaluator raised ZeroDivisionError"),
    ],
)
def test_a_broken_problem_is_not_sound_and_the_line_says_why(
    with_evaluator, sandbox, evaluator, line, reason
):
    verdict, found = check(with_evaluator(evaluator), sandbox)

    assert not verdict.sound
    assert not found[line].ok
    assert reason in found[line].reason


def test_baselines_that_do_not_beat_what_they_are_published_to_beat_are_found(with_evaluator, sandbox):
    folder = with_evaluator("Honest").folder
    initial = (folder / "initial" / "solve.py").read_text()
    (folder / "baselines").mkdir()
    (folder / "baselines" / "worse.py").write_text(initial.replace("// 2 + 1", "// 4 + 1", 1))
    with (folder / "problem.toml").open("a") as spec:
        spec.write('\n[[baseline]]\nname = "Worse"\nfile = "baselines/worse.py"\ncite = "me"\n')
        spec.write('beats = ["initial"]\n')

    _, found = check(find_problem(str(folder)), sandbox)

    assert not found["baselines ordered"].ok
    assert "Worse" in found["baselines ordered"].reason
    assert "does not beat initial" in found["baselines ordered"].reason


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("Reach a cost of 118 or less.", ["it holds 118, which is the target"]),
        ("About 118.3, or 1,183 cents.", ["it holds 118.3, which is the target"]),
        ("There are 12 zones, 0.2 h a tick and 1183 jobs.", []),
        ("    secret = draw_the_truth(workload, key)", ["it holds line 2 of evaluate.py: secret = draw_the"]),
    ],
)
def test_a_prompt_that_tells_targets_or_source_is_found(prompt, found):
    source = "import math\n        secret = draw_the_truth(workload, key)\n"

    leaks = prompts.leaks(prompt, {"the target": 118.337}, source)

    assert len(leaks) == len(found)
    assert all(leak.startswith(start) for leak, start in zip(leaks, found, strict=True))


def test_the_verdict_is_kept_and_marks_the_problem_until_it_is_sound(with_evaluator, tmp_path):
    problem = with_evaluator("ClampsHonesty")
    arguments = ["check", str(problem.folder), "--quick", "--json", "--runs", str(tmp_path / "runs")]

    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["sound"] is False
    assert next(line["name"] for line in said["checks"] if not line["ok"]) == "worst"
    with Archive.open(tmp_path / "runs", create=False) as archive:
        assert why_unsound(archive, problem.digest).startswith("worst: ")
        assert why_unsound(archive, "another") == ""
        archive.keep_check(problem.digest, json.dumps({"sound": True, "failed": []}).encode())
        assert why_unsound(archive, problem.digest) == ""
