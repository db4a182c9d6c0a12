import json
from pathlib import Path

import pytest

from adrs.archive.store import Archive
from adrs.run.steering import recorded as interventions

CASSETTE = Path(__file__).parents[1] / "e2e" / "golden" / "tiny.cassette"


def kept(recorded):
    with Archive.open(recorded.where) as archive:
        return interventions(archive, recorded.id)


def test_a_program_is_kept_with_the_run_that_it_is_given_to(invoke, recorded, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(recorded.initial.text("solver.py") + "# mine\n")

    result = invoke("inject", "last", path)

    assert result.exit_code == 0, result.output
    (made,) = kept(recorded)
    assert (made.kind, made.note, made.taken) == ("program", "from mine.py", None)
    assert made.files["solver.py"].endswith("# mine\n")
    assert "program from mine.py (not taken up yet)" in invoke("show", "last").output


def test_a_runs_best_programs_are_taken_champion_first(invoke, recorded):
    plain = json.loads(invoke("inject", "last", recorded.id, "--json").output)

    notes = [one["note"].rpartition(" ")[2] for one in plain["interventions"]]
    assert notes == ["2", "1"]


def test_another_archive_and_a_baseline_are_taken_too(invoke, recorded):
    assert invoke("inject", "last", f"{recorded.where}#last").exit_code == 0
    assert invoke("inject", "last", recorded.where).exit_code == 0
    assert invoke("inject", "last", "baseline:Longest job first").exit_code == 0
    assert [one.kind for one in kept(recorded)] == ["program"] * 5


@pytest.mark.parametrize("named", ["digest", "number"])
def test_a_program_is_banned_by_its_digest_or_its_trial(invoke, recorded, named):
    ref = recorded.best.digest[:10] if named == "digest" else "2"

    assert invoke("ban", "last", ref).exit_code == 0
    assert [(one.kind, one.program) for one in kept(recorded)] == [("ban", recorded.best.digest)]


def test_a_finished_run_whose_champion_is_banned_is_resumed_without_a_new_limit(invoke, recorded):
    assert "is finished" in invoke("resume", "last").output
    said = invoke("ban", "last", "2").output
    assert "It is the champion" in said
    assert "banned champion: " in invoke("show", "last").output

    resumed = invoke("resume", "last", "--json")

    assert resumed.exit_code == 0, resumed.output
    assert json.loads(resumed.stdout)["champion"] is None
    shown = " ".join(invoke("show", "last").output.split())
    assert f"ban of program {recorded.best.digest[:12]}, which was champion; the initial program" in shown
    (ban,) = json.loads(invoke("show", "last", "--json").output)["interventions"]
    assert (ban["before_trial"], ban["new_champion"]) == (4, recorded.initial.digest)
    taken = json.loads(invoke("inject", "last", recorded.id, "--json").output)["interventions"]
    assert [one["note"].rpartition(" ")[2] for one in taken] == ["1"]


def test_a_kind_of_edit_is_weighed_and_what_was_weighed_before_stays(invoke, recorded):
    assert invoke("reweight", "last", "number=0", "key=2.5").exit_code == 0
    plain = json.loads(invoke("reweight", "last", "key=1", "--json").output)

    assert plain["changed"] == {"key": 1.0}
    assert (plain["weights"]["number"], plain["weights"]["key"], plain["weights"]["wrap"]) == (0.0, 1.0, 1.0)
    assert [(one.kind, one.weights) for one in kept(recorded)] == [
        ("weights", {"number": 0.0, "key": 2.5}),
        ("weights", {"key": 1.0}),
    ]
    assert "weights: key 2.5, number 0 (not taken up yet)" in invoke("show", "last").output


def test_without_an_arm_all_are_listed_and_nothing_is_changed(invoke, recorded):
    result = invoke("reweight", "last")

    assert result.exit_code == 0
    assert result.output.split()[:6] == ["arm", "weight", "number", "1", "threshold", "1"]
    assert kept(recorded) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reweight", "last", "number"), "write it as ARM=WEIGHT"),
        (("reweight", "last", "number=much"), "write it as ARM=WEIGHT"),
        (("reweight", "last", "number=1", "number=2"), "is given two weights"),
        (("reweight", "last", "gaurd=1"), "Did you mean 'guard'"),
        (("reweight", "last", "number=nan"), "between 0 and 1000"),
        (("inject", "last"), "Give one of the two"),
        (("inject", "last", "no/such/file"), "There is no file"),
        (("inject", "last", "--idea", "use a heap"), "has no model"),
        (("ban", "last", "0"), "initial program cannot be banned"),
        (("ban", "last", "3"), "has no program"),
        (("ban", "last", "ffffffff"), "no program"),
        (("pause", "last"), "Nobody works on run"),
        (("run", "flow_shop", "--from", "nowhere"), "There is no run"),
        (("run", "flow_shop", "--replay", "nowhere"), "cannot be read"),
        (("run", "flow_shop", "--replay", "x", "--seed", "3"), "leave out --seed"),
        (("run", "flow_shop", "--replay", "x", "--from", "last"), "leave out --from"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(invoke, recorded, words, said):
    result = invoke(*words)

    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert kept(recorded) == []


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("seed=77", "seed"),
        ("grow_train=true", "grow_train"),
        ("budget.trials=3", "budget"),
        ("tune=0.5", "tune"),
    ],
)
def test_what_a_cassette_decides_cannot_be_set_for_its_replay(invoke, runs, setting, name):
    result = invoke("run", "flow_shop", "--replay", str(CASSETTE), "--set", setting)

    assert result.exit_code == 2
    said = f"A replay takes its {name} from the cassette; leave out --set {name}."
    assert said in " ".join(result.output.split())


def test_a_banned_program_is_not_the_best_of_its_run(invoke, recorded):
    assert json.loads(invoke("show", "last", "--json").stdout)["best_on_train"] == 2
    assert invoke("ban", "last", "2").exit_code == 0
    assert json.loads(invoke("show", "last", "--json").stdout)["best_on_train"] == 1


def test_a_replay_spends_nothing_and_is_asked_for_no_limit(invoke, runs, tmp_path):
    lines = [json.loads(line) for line in CASSETTE.read_text().splitlines()]
    lines[0]["config"]["budget"]["cost_usd"] = None
    without = tmp_path / "without.cassette"
    without.write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = invoke("run", "flow_shop", "--replay", str(without))

    assert "budget" in result.output
    assert "dollar limit" not in result.output


def test_a_run_that_is_worked_on_is_asked_to_pause(adrs, recorded):
    with Archive.open(recorded.where) as archive, archive.run_lock(recorded.id):
        result = adrs("pause", "last", "--json")

    assert json.loads(result.stdout) == {"run": recorded.id, "asked": "pause"}
    assert [one.kind for one in kept(recorded)] == ["pause"]


def test_a_run_begins_with_the_programs_that_it_is_given(adrs, runs):
    done = adrs("run", "flow_shop", "--trials", 2, "--workers", 1, "--set", "confirm=false", "--json",
                "--from", "baseline:Longest job first")  # fmt: skip

    assert done.returncode == 0, done.stderr
    with Archive.open(runs) as archive:
        first = archive.trial(json.loads(done.stdout)["run"], 1)
    assert (first.candidate.edit, first.candidate.summary) == ("injected", "from Longest job first")
