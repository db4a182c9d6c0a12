"""Whole runs, each in a process of its own."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from adrs import bundle
from adrs.archive.store import Archive
from adrs.model.trial import TrialState
from adrs.testing.llm_server import LLMServer

SHORT = ("run", "flow_shop", "--workers", 2, "--trials", 5)


def test_a_run_previews_watches_and_reports(adrs, runs):
    done = adrs(*SHORT)
    text = done.stdout

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in (
        "Makespan of a two-machine flow shop (flow_shop)",
        "minimize makespan_s (s), mean over 60 train workloads",
        "syntax: edits of the syntax tree; no model, no key, no cost",
        "held: ",
        "5 trials",
        "on the confirm draw:",
        "60 fresh workloads",
        "Johnson's rule",
        "What to type next",
    ):
        assert words in text
    assert ("No improvement found" in text) != ("best found against initial program" in text)
    assert re.search(r"^5 trials in ", text, re.MULTILINE)
    assert "\x1b" not in text
    with Archive.open(runs) as archive:
        assert archive.usage(archive.run("last").id).trials == 5


def test_json_is_alone_on_standard_output(adrs):
    done = adrs(*SHORT, "--json", "--seed", 3)

    run = json.loads(done.stdout)
    assert done.returncode == 0
    assert run["trials"] == 5
    assert run["state"] == "finished"
    assert [row["name"] for row in run["results"]][:2] == ["initial program", "Johnson's rule"]
    assert all(row["confirm"]["workloads"] == 60 for row in run["results"])
    assert run["config"]["seed"] == 3
    assert "problem" in done.stderr


def test_without_a_limit_the_default_is_said_out_loud(invoke, monkeypatch):
    said = []
    monkeypatch.setattr("adrs.cli.sitting._watched", lambda console, *_: said.append(console) or 1 / 0)
    result = invoke("run", "flow_shop")

    assert isinstance(result.exception, ZeroDivisionError)
    assert "300 trials: no limit was given, so this default holds" in result.stdout


def test_resume_goes_on_to_a_new_limit_and_repeats_nothing(adrs, runs):
    first = json.loads(adrs(*SHORT, "--json").stdout)
    refused = adrs("resume", first["run"])
    more = adrs("resume", first["run"][:12], "--trials", 9, "--json")

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"Error: Run {first['run']} is finished (trials)")
    assert more.returncode == 0, more.stderr
    assert json.loads(more.stdout)["trials"] == 9
    with Archive.open(runs) as archive:
        told = [trial.told for trial in archive.trials(first["run"], told_order=True)]
    assert told == list(range(10))


def test_a_run_that_is_worked_on_is_not_taken_up_twice(adrs, runs):
    first = json.loads(adrs(*SHORT, "--json").stdout)["run"]
    with Archive.open(runs) as archive, archive.run_lock(first):
        done = adrs("resume", first, "--trials", 9)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert first in done.stderr


def test_two_limits_hold_together(adrs):
    done = adrs("run", "flow_shop", "--workers", 2, "--budget", "4", "--budget", "10m", "--json")

    assert json.loads(done.stdout)["reason"] == "trials"
    assert "4 trials or 10:00, whichever comes first" in done.stderr


class Terminal:
    """A command on a terminal of its own, and what was shown there."""

    def __init__(self, runs, *words, **environment):
        self.shown = ""
        pid, self._master = pty.fork()
        if pid == 0:
            os.environ.update(
                ADRS_RUNS=str(runs), TERM="xterm-256color", COLUMNS="100", LINES="40", **environment
            )
            os.execv(sys.executable, [sys.executable, "-m", "adrs.cli.main", *map(str, words)])
        self.pid = pid

    def until(self, words, timeout_s=60):
        start = len(self.shown)
        deadline = time.monotonic() + timeout_s
        while words not in self.shown[start:]:
            assert time.monotonic() < deadline, self.shown[-3000:]
            if not self._read():
                raise AssertionError(f"it ended before it said {words!r}: {self.shown[-3000:]}")

    def press(self, key="\x03"):
        os.write(self._master, key.encode())

    def end(self):
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self._master)
        return os.waitstatus_to_exitcode(status)

    def _read(self):
        if not select.select([self._master], [], [], 1)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)


def test_a_terminal_gets_the_live_view(runs):
    terminal = Terminal(runs, *SHORT)

    terminal.until("best on train")
    terminal.until("What to type next")
    assert terminal.end() == 0
    assert "workers busy" in terminal.shown
    assert "\x1b[?25l" in terminal.shown
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")


def test_no_color_leaves_no_colour(runs):
    terminal = Terminal(runs, *SHORT, NO_COLOR="1")

    assert terminal.end() == 0
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.shown)


def test_one_ctrl_c_drains_and_tells_how_to_go_on(runs):
    terminal = Terminal(runs, "run", "flow_shop", "--workers", 2, "--trials", 100_000)
    terminal.until("best on train")
    terminal.press()
    terminal.until("press Ctrl-C again to stop at once")
    terminal.until("What to type next")

    assert terminal.end() == 130
    with Archive.open(runs) as archive:
        run = archive.run("last")
        assert (run.state.value, run.stop_reason) == ("paused", "interrupted")
        assert not list(archive.trials(run.id, states=[TrialState.RUNNING]))
    assert f"adrs resume {run.id[:12]}" in terminal.shown


@pytest.fixture
def slow_problem(tmp_path):
    """A problem whose evaluations take long enough to be interrupted, and little enough to wait for."""
    folder = tmp_path / "slow"
    folder.mkdir()
    file = bundle.root() / "problems" / "spot_deadline" / "problem.toml"
    text = file.read_text()
    for old, new in (
        ("train = 200", "train = 60"),
        ("validation = 200", "validation = 8"),
        ("stages = [6, 40]", "stages = [6]"),
        ('id = "spot_deadline"', 'id = "slow"'),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "problem.toml").write_text(text)
    return folder


def test_two_ctrl_c_stop_at_once_and_lose_nothing_recorded(runs, adrs, slow_problem):
    terminal = Terminal(runs, "run", slow_problem, "--workers", 2, "--trials", 100_000)
    terminal.until("best on train")
    terminal.press()
    terminal.until("press Ctrl-C again to stop at once")
    terminal.press()

    assert terminal.end() == 130
    with Archive.open(runs) as archive:
        run = archive.run("last")
        told = archive.usage(run.id).trials
    assert f"adrs resume {run.id[:12]}" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.shown)
    more = adrs("resume", run.id, "--trials", told + 2, "--json")
    assert json.loads(more.stdout)["trials"] == told + 2


def test_a_termination_drains(runs):
    command = [
        sys.executable,
        "-m",
        "adrs.cli.main",
        "run",
        "flow_shop",
        "--workers",
        "2",
        "--trials",
        "100000",
    ]
    environment = {**os.environ, "ADRS_RUNS": str(runs)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("[") and "searching" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert process.returncode == 130
    assert "press Ctrl-C again to stop at once" in rest
    assert "adrs resume" in rest


def test_a_reader_that_goes_away_stops_the_run(runs):
    command = f"{sys.executable} -m adrs.cli.main run flow_shop --workers 2 --trials 100000 | head -n 12"
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "ADRS_RUNS": str(runs)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.stderr == ""
    with Archive.open(runs) as archive:
        assert archive.run("last").stop_reason == "nobody reads the output any more"


@pytest.mark.parametrize("ended", ["trials", "seconds: over"])
def test_a_spent_limit_ends_well(ended):
    from adrs.cli.sitting import exit_code

    assert exit_code(ended) == 0
    assert exit_code("interrupted") == 130
    assert exit_code("5 trials in a row failed for a reason of ours: x") == 1
    assert exit_code("provider: wrong key") == 1


def test_what_the_sandbox_cannot_hold_is_said_before_and_after(adrs):
    done = adrs(*SHORT, "--sandbox", "none")

    before, after = done.stdout.split("What to type next")[0].split("on the confirm draw:")
    assert "not held: no network, files" in before
    assert "Sandbox: none" in after
    assert "not held: file names hidden, files, no network" in after


def test_a_model_is_asked_and_its_cost_is_shown(adrs, monkeypatch):
    with LLMServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
        done = adrs(*SHORT[:-1], 3, "--model", "gpt-5-mini", "--budget", "$1")

    assert done.returncode == 0, done.stderr
    assert "llm, model gpt-5-mini" in done.stdout
    assert "3 trials or $1.00, whichever comes first" in done.stdout
    assert re.search(r"^Models: \$0\.\d{4} · [\d,]+ tokens$", done.stdout, re.MULTILINE)
    assert "secret-key" not in done.stdout + done.stderr


def test_a_path_holds_wherever_the_run_is_resumed_from(adrs, tmp_path):
    shutil.copytree(bundle.root() / "problems" / "flow_shop", tmp_path / "mine")
    run = json.loads(adrs("run", "./mine", "--trials", 2, "--json", cwd=tmp_path).stdout)
    more = adrs("resume", "last", "--trials", 3, "--json", cwd="/")

    assert run["config"]["problem"] == str(tmp_path / "mine")
    assert more.returncode == 0, more.stderr
