"""What README and the site tell a reader to do is done here, in the order in which it is told."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.checkout

PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md"))]
LANGUAGES = {"sh", "text", "python", "toml", "markdown", "json", ""}
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MAKE = re.compile(r"^make (\w+)", re.MULTILINE)


def without_make(script):
    return "\n".join(line for line in script.splitlines() if not line.startswith("make "))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed(page, blocks, shell):
    for block in blocks(page):
        if block.title is not None:
            target = shell.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text)
        elif block.language == "sh" and block.why_not_run is None and without_make(block.text):
            shell(without_make(block.text))


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_to_files_lead_somewhere(page, root):
    text = re.sub(r"^```.*?^```$", "", (root / page).read_text(), flags=re.M | re.S)
    links = [link for link in LINK.findall(text) if "://" not in link]

    assert [link for link in links if not (root / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_of_known_kinds(page, blocks):
    assert {block.language for block in blocks(page)} <= LANGUAGES


def test_most_commands_are_run(blocks):
    scripts = [block for page in PAGES for block in blocks(page) if block.language == "sh"]

    assert len([block for block in scripts if block.why_not_run is None]) > 2 * len(
        [block for block in scripts if block.why_not_run is not None]
    )


def test_make_has_the_targets_that_are_named(blocks, shell, root):
    named = {name for page in PAGES for block in blocks(page) for name in MAKE.findall(block.text)}

    assert {"run", "test"} <= named
    for target in sorted(named):
        assert shell(f"make -n -C {root} {target}")


def test_make_run_does_what_it_says(shell, root):
    recipe = shell(f"make -n -C {root} run")
    command = re.search(r"^\S*/(adrs run spot_multiregion) (--trials \d+ --budget \d+s)$", recipe, re.M)

    assert command is not None, recipe
    assert f"{command[1]} {command[2]}\n" in (root / "docs/tutorial.md").read_text()
    output = shell(f"{command[1]} --trials 4 --budget 20s --set confirm=false")

    assert "4 of 4 trials" in output or "4 trials in" in output
    assert "Uniform Progress with switching" in output
