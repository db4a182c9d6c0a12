import os
import subprocess
import sys

import pytest

import adrs as package
from adrs.cli.main import cli
from adrs.errors import EvaluatorBroken, ProviderRefused

HEAVY = ("pydantic", "sqlalchemy", "numpy", "scipy", "aiohttp", "libcst", "alembic", "asyncio")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    script = (
        "import sys\n"
        "from adrs.cli.main import cli\n"
        f"try: cli.main({words!r}, prog_name='adrs')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_commands_stand_in_the_order_in_which_a_person_meets_them(invoke):
    text = invoke("--help").output

    places = [
        text.index(f" {name} ") for name in ("run", "resume", "problems", "runs", "show", "eval", "doctor")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("name", list(cli.commands))
def test_every_command_explains_itself(invoke, name):
    result = invoke(name, "--help")

    assert result.exit_code == 0
    assert f"adrs {name}" in result.output


def test_version(invoke):
    result = invoke("--version")

    assert result.output == f"adrs {package.__version__}\n"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["shwo"], "Did you mean 'show'?"),
        (["run", "flow_shop", "--trails", "4"], "Did you mean '--trials'?"),
        (["run"], "Missing argument 'PROBLEM'"),
        (["run", "flow_shop", "--trials", "many"], "'many' is not a valid integer"),
    ],
)
def test_usage_errors_are_one_sentence(invoke, words, hint):
    result = invoke(*words)

    assert result.exit_code == 2
    assert hint in result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1


def raising(monkeypatch, error):
    def explode(*_):
        raise error

    monkeypatch.setattr("adrs.plugins.problems.list_problems", explode)


def test_an_error_that_is_nobodys_mistake_ends_with_1(invoke, monkeypatch):
    raising(monkeypatch, EvaluatorBroken("The evaluator fails."))
    result = invoke("problems")

    assert (result.exit_code, result.stderr, result.stdout) == (1, "Error: The evaluator fails.\n", "")


def test_hostile_text_in_an_error_is_made_safe(invoke, monkeypatch):
    raising(monkeypatch, ProviderRefused("The server said \x1b[2J[red]no[/red]\nand more."))
    result = invoke("problems")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: The server said \\x1b[2J[red]no[/red] and more.\n",
    )


def test_ctrl_c_outside_of_a_run_ends_with_130(invoke, monkeypatch):
    raising(monkeypatch, KeyboardInterrupt())

    assert invoke("problems").exit_code == 130


def test_a_terminal_that_lacks_a_character_is_no_error():
    done = subprocess.run(
        [sys.executable, "-m", "adrs.cli.main", "problems"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"flow_shop" in done.stdout


@pytest.mark.parametrize("words", ["problems", "problems --json", "--help"])
def test_a_reader_that_goes_away_is_quiet(words):
    command = f"{sys.executable} -m adrs.cli.main {words} | head -c 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert len(done.stdout) == 1
