from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adrs import bundle
from adrs.errors import ProblemError
from adrs.plugins import digest
from adrs.plugins.problems import baseline_program, find_problem, initial_program, list_problems, load_problem

TOML = """
cite = ["somebody, somewhere"]

[problem]
id = "tiny"
version = 1
title = "A tiny problem"
family = "test"
entry = "policy.py:Policy"
evaluator = "Tiny"

[[objective]]
name = "cost"
unit = "USD"
direction = "minimize"

[limits]
cpu_s = 2

[splits]
train = 20
stages = [4]

[[baseline]]
name = "Greedy"
file = "baselines/greedy.py"
cite = "a book"

[[baseline]]
name = "Published"
kind = "cited"
cite = "a paper"
values = { cost = 3.0 }

[params]
ticks = 10

[params.search]
zones = 2
deadline = 5
"""
POLICY = "class Policy:\n    pass\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    for name, text in {
        "problem.toml": TOML,
        "evaluate.py": "class Tiny:\n    pass\n",
        "interface.py": "",
        "initial/policy.py": POLICY,
        "initial/lib/helper.py": "x = 1\n",
        "initial/__pycache__/policy.pyc": "junk",
        "baselines/greedy.py": "class Policy:\n    greedy = True\n",
        "data/trace.json": "[]",
        "README.md": "about",
        "prompt.md": "told",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def variant(tiny: Path, text: str) -> Path:
    folder = tiny.parent / "variant"
    folder.mkdir()
    (folder / "problem.toml").write_text(text)
    return folder


VARIANT = """
extends = "tiny"

[problem]
id = "variant"
version = 3
title = "One zone"

[params.search]
zones = 1
"""


def test_the_bundled_problems_are_sound() -> None:
    found = list_problems()
    assert {"spot_multiregion", "spot_deadline"} <= {problem.id for problem in found}
    for problem in found:
        assert problem.folder == bundle.root() / "problems" / problem.id
        assert find_problem(problem.id) == problem
        assert initial_program(problem).text(problem.entry_file)
        for baseline in problem.spec.baseline:
            if baseline.file is not None:
                assert baseline_program(problem, baseline).text(problem.entry_file)


def test_a_folder_is_read_and_typed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = find_problem(str(tiny))
    assert (problem.id, problem.folder, problem.base) == ("tiny", tiny, None)
    assert problem.spec.params == {"ticks": 10, "search": {"zones": 2, "deadline": 5}}
    assert find_problem(str(tiny / "problem.toml")) == problem
    monkeypatch.chdir(tiny.parent)
    assert find_problem("tiny") == problem
    assert find_problem("./tiny") == problem


def test_programs_come_from_the_folder(tiny: Path) -> None:
    problem = load_problem(tiny)
    assert dict(initial_program(problem).files) == {"policy.py": POLICY, "lib/helper.py": "x = 1\n"}
    greedy, published = problem.spec.baseline
    assert baseline_program(problem, greedy).files == (("policy.py", "class Policy:\n    greedy = True\n"),)
    with pytest.raises(ProblemError, match="'Published' of 'tiny' is cited: it has no program"):
        baseline_program(problem, published)
    (tiny / "initial/policy.py").write_bytes(b"class Policy:\n    x = '\x07'\n")
    with pytest.raises(ProblemError, match=r"program of 'tiny' cannot be taken: policy\.py, line 2 holds"):
        initial_program(problem)


def test_a_variant_takes_what_it_lacks_from_what_it_extends(tiny: Path) -> None:
    problem = load_problem(variant(tiny, VARIANT))
    assert (problem.id, problem.base) == ("variant", tiny)
    assert problem.spec.problem.version == 3
    assert problem.spec.problem.entry == "policy.py:Policy"
    assert problem.spec.params == {"ticks": 10, "search": {"zones": 1, "deadline": 5}}
    assert problem.spec.limits.cpu_s == 2
    assert [baseline.name for baseline in problem.spec.baseline] == ["Greedy", "Published"]
    assert initial_program(problem) == initial_program(load_problem(tiny))
    assert problem.digest != load_problem(tiny).digest
    assert problem.evaluator_digest == load_problem(tiny).evaluator_digest


def test_own_sections_hide_those_of_what_is_extended(tiny: Path) -> None:
    problem = load_problem(variant(tiny, VARIANT + "[limits]\nmemory_mib = 64\n"))
    assert (problem.spec.limits.memory_mib, problem.spec.limits.cpu_s) == (64, 1.0)


def test_a_variant_has_its_own_name_and_one_step_is_taken(tiny: Path) -> None:
    with pytest.raises(ProblemError, match=r"\[problem\] id is missing"):
        load_problem(variant(tiny, 'extends = "tiny"\n'))
    further = tiny.parent / "further"
    further.mkdir()
    (further / "problem.toml").write_text(VARIANT.replace('"tiny"', '"variant"'))
    with pytest.raises(ProblemError, match=r"variant/problem\.toml extends a problem itself; only one step"):
        load_problem(further)
    (further / "problem.toml").write_text(VARIANT.replace('"tiny"', '"tinny"'))
    with pytest.raises(ProblemError, match=r"it extends 'tinny', .* Did you mean 'tiny'\?"):
        load_problem(further)
    (further / "problem.toml").write_text(VARIANT.replace('"tiny"', '"further"'))
    with pytest.raises(ProblemError, match="it extends 'further', which is neither"):
        load_problem(further)
    (further / "problem.toml").write_text(TOML.replace("cite = [", "extends = 3\ncite = ["))
    with pytest.raises(ProblemError, match="extends = 3: must be text"):
        load_problem(further)


def write(name: str, text: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return change


def toml(old: str, new: str) -> Callable[[Path], object]:
    return write("problem.toml", TOML.replace(old, new))


@pytest.mark.parametrize(
    "change",
    [
        write("evaluate.py", "class Tiny:\n    x = 1\n"),
        write("interface.py", "x = 1\n"),
        write("initial/policy.py", POLICY + "x = 1\n"),
        write("data/trace.json", "[1]"),
        write("data/more.json", "[1]"),
        write("helpers.py", "x = 1\n"),
        toml("ticks = 10", "ticks = 11"),
        toml("cpu_s = 2", "cpu_s = 3"),
        toml("train = 20", "train = 30"),
        toml('direction = "minimize"', 'direction = "maximize"'),
    ],
)
def test_what_can_change_a_score_changes_the_digest(tiny: Path, change: Callable[[Path], object]) -> None:
    before = load_problem(tiny).digest
    change(tiny)
    assert load_problem(tiny).digest != before


@pytest.mark.parametrize(
    "change",
    [
        write("README.md", "other"),
        write("prompt.md", "other"),
        write("baselines/greedy.py", POLICY),
        write("tests/test_it.py", "x = 1\n"),
        write("attacks/peek.py", "x = 1\n"),
        write("runs/archive.sqlite", "grows"),
        write(".git/HEAD", "x"),
        write("__pycache__/evaluate.pyc", "x"),
        toml('title = "A tiny problem"', 'title = "Tiny"  # said otherwise'),
    ],
)
def test_what_cannot_change_a_score_leaves_the_digest(tiny: Path, change: Callable[[Path], object]) -> None:
    before = load_problem(tiny).digest
    change(tiny)
    assert load_problem(tiny).digest == before


def test_the_digest_does_not_depend_on_where_the_folder_is(tiny: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "other_name"
    shutil.copytree(tiny, elsewhere)
    assert load_problem(elsewhere).digest == load_problem(tiny).digest


def test_evaluators_and_used_simulators_are_part_of_the_digest(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = tiny / "evaluate.py"
    evaluate.write_text("from simulators.spot import Market\n" + evaluate.read_text())
    root = tmp_path / "root"
    shutil.copytree(bundle.root() / "evaluators", root / "evaluators")
    shutil.copytree(bundle.root() / "simulators", root / "simulators")
    monkeypatch.setattr(bundle, "root", lambda: root)

    def digests() -> tuple[str, str]:
        digest.library_digest.cache_clear()
        problem = load_problem(tiny)
        return problem.digest, problem.evaluator_digest

    before = digests()
    (root / "simulators" / "unused").mkdir()
    (root / "simulators" / "unused" / "model.py").write_text("x = 1\n")
    assert digests() == before

    (root / "simulators" / "spot" / "new.py").write_text("from simulators.unused.model import x\n")
    with_simulator = digests()
    (root / "simulators" / "unused" / "model.py").write_text("x = 2\n")
    with_import = digests()
    (root / "evaluators" / "new.py").write_text("x = 1\n")
    all_four = [before, with_simulator, with_import, digests()]
    assert len({one for one, _ in all_four}) == 4
    assert len({one for _, one in all_four}) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda f: (f / "evaluate.py").unlink(),
            r"evaluate\.py is missing; problem\.toml of 'tiny' needs it",
        ),
        (lambda f: (f / "interface.py").unlink(), r"interface\.py is missing"),
        (lambda f: (f / "initial/policy.py").unlink(), r"initial/policy\.py is missing"),
        (lambda f: (f / "baselines/greedy.py").unlink(), r"baselines/greedy\.py is missing"),
        (
            toml('evaluator = "Tiny"', 'evaluator = "Tinny"'),
            r"does not define 'Tinny', which .* Did you mean 'Tiny'",
        ),
        (
            toml("policy.py:Policy", "policy.py:Polcy"),
            "does not define 'Polcy', which problem.toml names as its entry",
        ),
        (write("initial/policy.py", "class Policy:\n  def\n"), r"policy\.py, line 2: invalid syntax"),
        (write("evaluate.py", "x = '\0'\n"), r"evaluate\.py: source code string cannot contain null"),
        (toml("baselines/greedy.py", "../greedy.py"), "must be a path inside the problem's folder"),
        (toml("baselines/greedy.py", "/etc/passwd"), "must be a path inside the problem's folder"),
        (toml("cpu_s = 2", "cpu = 2"), r"\[limits\] unknown key 'cpu'\. Did you mean 'cpu_s'"),
        (toml("cpu_s = 2", "cpu_s ="), r"problem\.toml, line \d+, column \d+: "),
        (toml("[problem]", "editable = 1"), "problem.toml"),
    ],
)
def test_every_defect_of_a_folder_is_one_sentence(
    tiny: Path, change: Callable[[Path], object], sentence: str
) -> None:
    change(tiny)
    with pytest.raises(ProblemError, match=sentence) as caught:
        load_problem(tiny)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("spot_multregion", r"no problem 'spot_multregion'; .* Did you mean 'spot_multiregion'\?"),
        ("./nowhere", r"There is no folder \./nowhere"),
        ("empty", r"The folder empty has no problem\.toml"),
        ("", r"The folder \. has no problem\.toml"),
    ],
)
def test_a_problem_that_is_not_there_is_said_in_a_sentence(
    ref: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProblemError, match=sentence):
        find_problem(ref)


def test_an_entry_may_be_a_function_or_imported(tiny: Path) -> None:
    (tiny / "initial/policy.py").write_text("from lib.helper import x as Policy\n")
    assert load_problem(tiny).entry_name == "Policy"
    (tiny / "initial/policy.py").write_text("def Policy():\n    pass\n")
    assert load_problem(tiny).entry_name == "Policy"
