from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adrs import bundle
from adrs.proposer.syntax.index import Index, index
from adrs.proposer.syntax.vocabulary import of_interface
from adrs.proposer.syntax.work import propose_source

SAMPLES = Path(__file__).parent / "samples"
PROBLEMS = bundle.root() / "problems"


@dataclass(frozen=True)
class Sample:
    """A program and the interface that it is written against."""

    name: str
    files: dict[str, str]
    interface: str

    def indexed(self, path: str = "policy.py") -> Index:
        found = index(path, self.files[path], of_interface(self.interface))
        assert found is not None
        return found

    def propose(self, seed: int, **more: object) -> dict[str, object]:
        arguments: dict[str, object] = {"files": self.files, "editable": list(self.files), "donors": []}
        arguments |= {"interface": self.interface, "seed": seed} | more
        return propose_source(**arguments)  # type: ignore[arg-type]

    def children(self, count: int, **more: object) -> Iterator[dict[str, object]]:
        for seed in range(count):
            answer = self.propose(seed, **more)
            if "rejected" not in answer:
                yield answer


def sample(name: str) -> Sample:
    files = {p.name: p.read_text() for p in sorted((SAMPLES / name).glob("*.py"))}
    return Sample(name, files, files.pop("interface.py"))


def bundled(name: str) -> Sample:
    folder = PROBLEMS / name
    files = {p.name: p.read_text() for p in sorted((folder / "initial").glob("*.py"))}
    return Sample(name, files, (folder / "interface.py").read_text())


ALL = [sample(name) for name in ("spot", "plan", "queue", "files")]
ALL += [bundled(name) for name in ("spot_multiregion", "flow_shop")]


@pytest.fixture(params=ALL, ids=lambda s: s.name)
def any_sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


@pytest.fixture(scope="session")
def samples() -> dict[str, Sample]:
    return {found.name: found for found in ALL}


@pytest.fixture
def spot() -> Sample:
    return ALL[0]


@pytest.fixture
def plan() -> Sample:
    return ALL[1]


@pytest.fixture
def queue() -> Sample:
    return ALL[2]
