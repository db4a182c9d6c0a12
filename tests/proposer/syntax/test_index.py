from __future__ import annotations

import pytest

from adrs.proposer.syntax.index import index
from adrs.proposer.syntax.kinds import BOOL, INDEX, INT, Kind, fits, named, unit_of
from adrs.proposer.syntax.vocabulary import of_interface

INTERFACE = '''
from enum import IntEnum
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Sequence

NO_ZONE = -1
SPOT = 1
LIMIT_S: Final[float] = 3.5
Action = tuple[int, int]
Zone = int

class Machine(IntEnum):
    NONE = 0
    BIG = 1

@dataclass
class Job:
    size_gb: float
    left: "float | None" = None

class Given(NamedTuple):
    jobs: tuple[Job, ...]
    price_usd_per_h: tuple[float, ...]
    mode: Literal[0, 1]
    pair: tuple[float, int]

    @property
    def half_h(self) -> float:
        return 0.5

    def cost_usd(self, job: int) -> float:
        return 1.0

def spot(zone: Zone) -> Action:
    return (SPOT, zone)

def nearest(given: Given, hours_h: float = 1.0) -> int:
    """Return the zone next to here."""
    return 0

def count(given: Given) -> int:
    return 3
'''


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("elapsed_s", "s"),
        ("price_usd_per_h", "usd_per_h"),
        ("s", ""),
        ("slack", ""),
        ("work_h", "h"),
        ("x_per_h", "h"),
    ],
)
def test_units_come_from_names(name, unit):
    assert unit_of(name) == unit


def test_positions_and_choices_come_from_names():
    assert named("NO_ZONE", INT) == named("home_zone", INT) == INDEX
    assert named("kind", INT) == Kind("int", "choice")
    assert named("amount", INT) == INT


def test_what_fits_where():
    assert fits(Kind("float", "s"), Kind("int", "s"))
    assert not fits(Kind("float", "s"), Kind("float", "usd"))
    assert not fits(Kind("float", "s"), Kind("float", "s", optional=True))
    assert fits(Kind("Action"), Kind("Action"))


def test_the_interface_is_understood():
    words = of_interface(INTERFACE)
    assert words.fields["Given"]["jobs"] == Kind("list", "", (Kind("Job"),))
    assert words.fields["Given"]["price_usd_per_h"].element == Kind("float", "usd_per_h")
    assert words.fields["Given"]["mode"] == Kind("int", "choice")
    assert words.fields["Given"]["half_h"] == Kind("float", "h")
    assert words.fields["Job"]["left"] == Kind("float", optional=True)
    assert words.init["Job"].required == 1
    assert words.methods["Given"]["cost_usd"].returns == Kind("float", "usd")
    assert words.enums["Machine"] == ("NONE", "BIG")
    assert words.functions["spot"].kinds == (INDEX,)
    assert words.functions["spot"].returns.name == "Action"
    assert words.functions["nearest"].returns == INDEX
    assert words.functions["nearest"].required == 1
    assert words.functions["count"].returns == INT
    assert words.constants["LIMIT_S"] == Kind("float", "s")
    assert (words.constants["NO_ZONE"], words.constants["SPOT"]) == (INDEX, Kind("int", "choice"))


def kinds(code, interface=INTERFACE):
    """Return the kind of every expression by its text."""
    text = "from interface import *\n\ndef f(given: Given, n: int, x_s: float):\n"
    text += "".join(f"    {line}\n" for line in code.split("\n"))
    found = index("a.py", text, of_interface(interface))
    return {found.source.copy(e.node): e.kind for e in found.expressions}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("x_s + 3", Kind("float", "s")),
        ("x_s / x_s", Kind("float")),
        ("2 * x_s", Kind("float", "s")),
        ("given.half_h * given.price_usd_per_h[0]", Kind("float", "usd")),
        ("x_s < 3", BOOL),
        ("len(given.jobs)", INT),
        ("given.jobs[0].size_gb", Kind("float", "gb")),
        ("min(range(n), key=lambda z: given.price_usd_per_h[z])", INDEX),
        ("next((z for z in range(n) if z), None)", INDEX.or_none()),
        ("sum(job.size_gb for job in given.jobs)", Kind("float", "gb")),
        ("max(x_s, 3.0)", Kind("float", "s")),
        ("sorted(range(n))", Kind("list", "", (INDEX,))),
        ("given.pair[1]", INT),
        ("given.cost_usd(1)", Kind("float", "usd")),
        ("Machine.BIG", Kind("Machine")),
        ("x_s if n else 1.0", Kind("float", "s")),
        ("[x_s, x_s]", Kind("list", "", (Kind("float", "s"),))),
        ("spot(1)", Kind("Action", "", (INT, INT))),
    ],
)
def test_kinds_of_expressions(code, kind):
    assert kinds(f"return {code}")[code] == kind


def test_a_literal_has_the_unit_of_what_it_is_compared_with():
    assert kinds("return x_s < 60.0")["60.0"] == Kind("float", "s")


def test_what_is_not_none_loses_its_none():
    code = "z = next((i for i in range(n) if i), None)\nif z is None:\n    return 0\nreturn z"
    assert kinds(code)["z"] == INDEX


@pytest.mark.parametrize(
    ("code", "suspect"),
    [
        ("return y", "y"),
        ("if n:\n    y = 1\nreturn y", "y"),
        ("for y in range(n):\n    pass\nreturn y", "y"),
        ("return given.price", "Given.price"),
        ("return given.cost(1)", "Given.cost"),
        ("return 1\nreturn 2", "unreachable"),
        ("if True:\n    return 1", "constant condition"),
        ("return [i for i in range(n)] + [i]", "i"),
    ],
)
def test_suspects_are_found(code, suspect):
    text = "from interface import *\n\ndef f(given: Given, n: int):\n" + "".join(
        f"    {line}\n" for line in code.split("\n")
    )
    assert any(suspect in found for found in index("a.py", text, of_interface(INTERFACE)).suspects)


@pytest.mark.parametrize(
    "code",
    [
        "if n:\n    y = 1\nelse:\n    y = 2\nreturn y",
        "if n:\n    return 1\nelse:\n    y = 2\nreturn y",
        "try:\n    y = 1\nfinally:\n    pass\nreturn y",
        "while True:\n    y = 1\n    break\nreturn y",
        "with open('x') as y:\n    z = y\nreturn z",
        "def g(y):\n    return y + n\nreturn g(1)",
        "if (y := n) > 1:\n    return y\nreturn 0",
        "y, *z = range(n)\nreturn y, z",
        "return f'{n} {given.half_h}'",
        "return [a for b in given.jobs for a in given.jobs if b]",
        "match n:\n    case [a, 1]:\n        return a\nreturn given.jobs",
        "x = {k: v for k, v in zip(range(n), given.jobs)}\nreturn x",
        "import math\nreturn math.floor(n)",
    ],
)
def test_sound_code_is_not_suspected(code):
    text = "from interface import *\n\ndef f(given: Given, n: int):\n" + "".join(
        f"    {line}\n" for line in code.split("\n")
    )
    assert index("a.py", text, of_interface(INTERFACE)).suspects == set()


def test_attributes_must_be_set_in_init():
    text = "class P:\n    def __init__(self):\n        self.a = 1\n\n    def step(self):\n"
    text += "        return self.{}\n"
    assert index("a.py", text.format("a"), of_interface("")).suspects == set()
    assert index("a.py", text.format("b"), of_interface("")).suspects == {"P.b"}
