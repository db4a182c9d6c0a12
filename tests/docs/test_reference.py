"""The reference names everything that there is: a field or an option that is added must be written down."""

import re
from pathlib import Path

import pytest

from adrs.cli.main import cli
from adrs.model.problem import Baseline, Limits, Objective, ProblemSpec, Splits
from adrs.plugins import registry
from adrs.proposer.llm.options import LLMOptions
from adrs.run.config import RunConfig
from adrs.sandbox.registry import NAMES
from adrs.search.adaptive import AdaptiveOptions
from adrs.search.best_of_n import BestOfNOptions
from adrs.search.hill_climb import HillClimbOptions
from adrs.search.map_elites import MapElitesOptions
from adrs.search.pareto import ParetoOptions
from adrs.search.tuner import TunerOptions

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.checkout

SECTIONS = {
    "Top level": ProblemSpec,
    "[problem]": ProblemSpec.Head,
    "[[objective]]": Objective,
    "[limits]": Limits,
    "[splits]": Splits,
    "[[baseline]]": Baseline,
}


def section(page, heading):
    """Return the text below a heading, up to the next of its level."""
    text = (ROOT / "docs" / page).read_text()
    level = heading.split(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}(?: \{{[^\n]*)?\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.M | re.S
    )
    assert found is not None, f"{page} has no {heading!r}"
    return found[1]


def rows(text):
    """Return the names in the first column of every table."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_field_of_problem_toml_is_documented_and_no_other(heading):
    assert rows(section("reference/problem-toml.md", f"## {heading}")) == set(SECTIONS[heading].model_fields)


@pytest.mark.parametrize("heading", SECTIONS)
def test_defaults_of_problem_toml_are_those_of_the_code(heading):
    text = section("reference/problem-toml.md", f"## {heading}")
    for name, field in SECTIONS[heading].model_fields.items():
        said = re.search(rf"^\| `{name}` \| [^|]* \| ([^|]*) \|", text, re.MULTILINE)
        if field.is_required() and name not in SECTIONS["Top level"].model_fields:
            assert said[1] == "needed", name
        elif isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert float(said[1]) == field.default, name


def commands(group, path=("adrs",)):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize(("name", "command"), [pytest.param(*each, id=each[0]) for each in commands(cli)])
def test_every_command_and_option_is_documented(name, command):
    text = section("reference/cli.md", f"## {name}")
    options = [word for parameter in command.params for word in parameter.opts if word.startswith("--")]

    assert options
    assert [option for option in options if not re.search(rf"`{option}\b", text)] == []


def test_no_command_is_documented_that_is_not_there():
    text = (ROOT / "docs/reference/cli.md").read_text()

    assert set(re.findall(r"^## (adrs .+)$", text, re.M)) == {name for name, _ in commands(cli)}


@pytest.mark.parametrize(
    ("page", "heading", "model"),
    [
        ("guides/models.md", "## Options", LLMOptions),
        ("reference/cli.md", "### Configuration", MapElitesOptions),
        ("reference/cli.md", "### Configuration", ParetoOptions),
        ("reference/cli.md", "### Configuration", AdaptiveOptions),
        ("reference/cli.md", "### Configuration", TunerOptions),
        ("reference/cli.md", "### Configuration", BestOfNOptions),
        ("reference/cli.md", "### Configuration", HillClimbOptions),
    ],
)
def test_every_option_is_documented(page, heading, model):
    assert [name for name in model.model_fields if f"| `{name}` |" not in section(page, heading)] == []


def test_every_key_of_a_runs_configuration_is_documented():
    text = section("reference/cli.md", "### Configuration")
    keys = set()
    for name, field in RunConfig.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        keys |= {f"{name}.{key}" for key in inner} if inner else {name}

    assert keys <= rows(text)


def test_every_strategy_proposer_and_sandbox_is_named():
    text = (ROOT / "docs/reference/cli.md").read_text()
    names = [*registry.installed().strategies(), *registry.installed().proposers(), *NAMES]

    assert [name for name in names if f"`{name}`" not in text] == []
