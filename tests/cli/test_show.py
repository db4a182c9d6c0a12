import json
import shlex
import shutil
from dataclasses import replace

import pytest

from adrs.archive.store import Archive
from adrs.cli.report import verdicts
from adrs.cli.results import gather
from adrs.model.run import RunState
from adrs.plugins.problems import find_problem


def test_a_run_shows_what_was_found_and_what_to_type_next(invoke, recorded):
    result = invoke("show", "last")
    text = result.stdout

    assert result.exit_code == 0
    assert recorded.id in text
    assert "best found (trial 2)" in text
    assert "failed: timeout 1" in text
    assert "best found against initial program: 9.9000 s" in text
    assert "3 trials in 12.5 s: completed 2 · failed 1" in text
    assert "1 proposal rejected before evaluation, at no trial's cost: duplicate 1" in text
    assert f"adrs resume {recorded.id[:12]} --trials 10" in text


@pytest.mark.parametrize(
    ("state", "reason", "option"),
    [
        ("finished", "trials", " --trials 10"),
        ("finished", "cost_usd: $0.1400 of $0.15 is spent", " --budget '$0.3'"),
        ("finished", "seconds", " --budget 180s"),
        ("paused", "interrupted", ""),
        ("paused", "provider: " + "the server said a lot. " * 20 + "check the key", ""),
    ],
)
def test_what_to_type_next_gives_a_run_what_it_has_run_out_of(invoke, runs, recorded, state, reason, option):
    with Archive.open(runs) as archive:
        config = {
            **archive.run(recorded.id).config,
            "budget": {"trials": 300, "cost_usd": 0.15, "seconds": 90.0},
        }
        archive.update_run(recorded.id, state=RunState(state), stop_reason=reason, config=config)

    text = invoke("show", "last").stdout
    line = next(line for line in text.splitlines() if "adrs resume" in line)

    assert reason in " ".join(text.split())
    assert line.partition("#")[0].strip() == f"adrs resume {recorded.id[:12]}{option}"


def test_a_limit_that_a_finished_run_has_reached_gives_it_nothing_to_go_on_with(invoke, recorded):
    for words in (["--trials", "2"], ["--budget", "10s"]):
        refused = invoke("resume", "last", *words)
        assert refused.exit_code == 2
        assert "give it more to go on, such as: adrs resume" in " ".join(refused.output.split())


@pytest.fixture
def of_two_files(record, tmp_path):
    folder = tmp_path / "two files"
    shutil.copytree(find_problem("flow_shop").folder, folder)
    (folder / "initial" / "helper.py").write_text("SHARE = 0.5\n")
    return record(problem=str(folder))


def test_a_program_of_several_files_is_kept_as_a_folder_and_measured_from_it(
    invoke, of_two_files, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    typed = [line.partition("#")[0].strip() for line in invoke("show", "last").stdout.splitlines()]
    write = next(line for line in typed if "--into" in line)
    measure = next(line for line in typed if line.startswith("adrs eval"))

    assert invoke(*shlex.split(write)[1:]).exit_code == 0
    kept = {path.name: path.read_text() for path in (tmp_path / "flow_shop_best").iterdir()}
    assert kept == dict(of_two_files.best.files)

    measured = invoke(*shlex.split(measure)[1:], "--workloads", "2", "--json")
    assert measured.exit_code == 0, measured.output
    again = invoke(*shlex.split(write)[1:])
    assert again.exit_code == 2
    assert "holds something already" in again.output


def test_what_a_candidate_wrote_cannot_act(invoke, recorded):
    for words in (["last"], ["last", "--trial", "2"], ["last", "--lineage"]):
        text = invoke("show", *words).stdout
        assert "a [red]leap[/red] \\x1b[31m\\u202e" in text
        assert "\x1b[31m" not in text


@pytest.mark.parametrize("cut", [26, 20])
def test_a_run_is_found_by_the_beginning_of_its_id(invoke, recorded, cut):
    assert recorded.id in invoke("show", recorded.id[:cut]).stdout
    assert recorded.id in invoke("show", recorded.id[:cut].lower()).stdout


def test_a_run_as_json(invoke, recorded):
    run = json.loads(invoke("show", "last", "--json").stdout)

    assert run["run"] == recorded.id
    assert run["champion"] == recorded.best.digest
    assert run["champion_trial"] == 2
    assert run["proposals_rejected"] == {"duplicate": 1}
    assert run["trials_by_state"] == {"completed": 2, "failed": 1}
    assert run["results"][0]["name"] == "initial program"
    claim = run["comparisons"][0]
    assert claim["reference"] == "initial program"
    assert claim["verdict"] == "better"
    assert 0 < claim["low"] < claim["better"] < claim["high"]
    assert [trial["trial"] for trial in run["best_trials"]] == [2, 1, 0]


def test_code_is_exact_on_a_pipe(invoke, recorded):
    assert invoke("show", "last", "--code").stdout == recorded.best.text("solver.py")
    assert invoke("show", recorded.parent.digest[:10], "--code").stdout == recorded.parent.text("solver.py")


def test_a_program_shows_where_it_came_from(invoke, recorded):
    text = invoke("show", recorded.best.digest[:12]).stdout

    assert recorded.best.digest in text
    assert f"trial 2 of run {recorded.id}" in text
    assert "Lineage: 2 steps from the initial program" in text
    assert f"Against its parent {recorded.parent.digest[:12]}" in text
    assert "+# best" in text
    assert "confirm   " in text


def test_a_diff_is_against_parent_and_initial(invoke, recorded):
    text = invoke("show", "last", "--diff").stdout

    parent, initial = text.split("Against the initial program")
    assert parent.count("+# ") == 1
    assert initial.count("+# ") == 2


def test_a_lineage_has_a_score_at_every_step(invoke, recorded):
    lines = invoke("show", "last", "--lineage").stdout.splitlines()[1:]

    assert [line.split()[:4] for line in lines[:3]] == [
        ["0", "0", "123.50", "s"],
        ["1", "1", "118.50", "s"],
        ["2", "2", "113.50", "s"],
    ]


def test_a_program_as_json(invoke, recorded):
    program = json.loads(invoke("show", "last", "--trial", "2", "--json").stdout)

    assert program["program"] == recorded.best.digest
    assert program["files"]["solver.py"] == recorded.best.text("solver.py")
    assert [step["trial"] for step in program["lineage"]] == [0, 1, 2]
    assert {each["purpose"] for each in program["evaluations"]} == {"train", "confirm"}
    assert "Against the initial program" in program["diffs"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["01ZZZ"], "There is no run '01ZZZ'"),
        (["abcdef12"], "There is no program 'abcdef12'"),
        (["last", "--trial", "99"], "has no trial 99; its trials are 0 to 3"),
        (["last", "--trial", "3"], "Trial 3 of run"),
        (["x"], "There is no run 'x'"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(invoke, recorded, words, sentence):
    result = invoke("show", *words)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def lines_of(recorded, change=lambda results: results):
    with Archive.open(recorded.where) as archive:
        results = change(gather(archive, archive.run(recorded.id)))
        return [line.plain for line in verdicts(results)]


def test_a_tie_is_called_a_tie(recorded):
    def tied(results):
        claim = replace(results.against[0], better=0.4, low=-0.2, high=1.0, verdict="tie")
        return replace(results, against=(claim,))

    statement, line = lines_of(recorded, tied)[:2]
    assert statement.startswith("No improvement found: on the confirm draw, which chose nothing")
    assert "a tie (+0.40000 s better, 95 % interval -0.20000 to +1.0000 s holds 0)" in line


def test_without_a_champion_no_improvement_is_claimed(recorded):
    with Archive.open(recorded.where) as archive:
        archive.update_run(recorded.id, champion=recorded.initial.digest)

    lines = lines_of(recorded)
    assert lines[0].startswith("No improvement found")
    assert lines[1] == "Trial 2 is better on train, but that did not hold on workloads it had not seen."


def test_before_the_confirm_draw_nothing_is_claimed(record):
    lines = lines_of(record(confirm=False))

    assert lines == ["There is no confirm draw yet, so nothing is claimed; the champion won on validation."]


def test_a_run_whose_problem_is_gone_is_still_listed(record, invoke, tmp_path):
    from shutil import copytree, rmtree

    from adrs import bundle

    folder = tmp_path / "mine"
    copytree(bundle.root() / "problems" / "flow_shop", folder)
    recorded = record(problem=str(folder))
    rmtree(folder)

    result = invoke("show", recorded.id)

    assert result.exit_code == 0
    assert "Its scores cannot be shown" in result.stdout
    assert "There is no folder" in result.stdout
