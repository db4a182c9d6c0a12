import json


def test_problems_as_json_are_plain_and_complete(invoke):
    result = invoke("problems", "--json")

    listed = {problem["id"]: problem for problem in json.loads(result.stdout)}
    assert list(listed) == sorted(listed)
    flow_shop = listed["flow_shop"]
    assert flow_shop["objectives"][0]["direction"] == "minimize"
    assert flow_shop["splits"]["train"] == 60
    assert "Johnson's rule" in [baseline["name"] for baseline in flow_shop["baselines"]]
    assert result.stderr == ""


def test_all_about_a_problem_names_objective_splits_and_baselines(invoke):
    text = invoke("problems", "flow_shop").stdout

    for words in ("flow_shop", "minimize makespan_s (s)", "train 60", "Johnson's rule"):
        assert words in text
    assert "spot_deadline" not in text


def test_without_an_archive_runs_says_how_to_make_one(invoke, runs):
    result = invoke("runs")

    assert result.exit_code == 2
    assert "There is no archive at" in result.stderr
    assert not runs.exists()


def test_runs_are_listed(invoke, recorded):
    text = invoke("runs").stdout

    assert recorded.id in text
    assert "finished" in text
    assert recorded.best.digest[:12] in text


def test_a_narrow_terminal_gets_ids_that_are_enough(invoke, recorded, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = invoke("runs").stdout

    assert recorded.id not in text
    short = text.splitlines()[1].split()[0]
    assert recorded.id in invoke("show", short).stdout


def test_runs_as_json(invoke, recorded):
    [run] = json.loads(invoke("runs", "--json").stdout)

    assert run["run"] == recorded.id
    assert run["champion"] == recorded.best.digest
    assert run["improved"] is True
    assert run["created"] == "2023-11-14T22:13:20Z"
    assert (run["trials"], run["cost_usd"], run["unpriced_calls"]) == (3, 0.0, 0)
    assert run["limits"]["trials"] == 3


def test_other_folders_are_named_by_option(invoke, recorded, tmp_path):
    result = invoke("runs", "--runs", tmp_path / "elsewhere")

    assert result.exit_code == 2
    assert "elsewhere" in result.stderr
