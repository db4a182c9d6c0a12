"""The process back-end with less than this host offers: it holds with what is left, or refuses."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.sandbox.contract import LaunchSpec
from adrs.sandbox.process import Offers, Process, ways
from adrs.sandbox.view import scratch_folders

from .conftest import EXPLORER, Explorer


@pytest.fixture
def offers() -> Offers:
    try:
        found = Process()
        found.check()
    except SandboxUnavailable as error:
        pytest.skip(f"process: {error}")
    return found.offers


def restricted(offers: Offers, **less: object) -> Process:
    sandbox = Process()
    sandbox.__dict__["offers"] = dataclasses.replace(offers, **less)  # type: ignore[arg-type]
    return sandbox


def test_ways_come_strongest_first() -> None:
    everything = ways(Offers(landlock=7, uid=0, user=True, plain=True))
    assert [(one.namespaces, one.own_uid, one.signals) for one in everything] == [
        (True, False, True),
        (True, False, True),
        (False, False, True),
        (False, True, True),
        (False, False, False),
    ]
    least = ways(Offers(landlock=1, uid=1000, user=False, plain=False))
    assert [one.signals for one in least] == [False]


def test_with_the_least_that_is_enough_it_holds_files_and_network(offers: Offers) -> None:
    sandbox = restricted(offers, user=False, plain=False, landlock=1, uid=1000)
    sandbox.check()
    assert "system call filter" in {one.name: one for one in sandbox.guarantees()}["other processes"].how


@pytest.mark.parametrize("kind", ["user", "plain"])
def test_each_kind_of_namespaces_confines(offers: Offers, kind: str) -> None:
    if not getattr(offers, kind):
        pytest.skip(f"this host offers no {kind} namespaces")
    sandbox = restricted(offers, user=kind == "user", plain=kind == "plain")
    sandbox.check()
    assert sandbox.private_scratch


def test_without_namespaces_landlock_holds_files_signals_and_network_and_nothing_is_writable(
    offers: Offers,
) -> None:
    if offers.landlock < 6:
        pytest.skip(f"Landlock {offers.landlock} keeps no signals inside")
    sandbox = restricted(offers, user=False, plain=False)
    sandbox.check()
    assert not sandbox.private_scratch
    promises = {one.name: one for one in sandbox.guarantees()}
    assert not promises["shared memory"].held
    assert "Landlock" in promises["other processes"].how
    scratch = scratch_folders([EXPLORER])
    spec = LaunchSpec("zygote", (str(EXPLORER),), (EXPLORER,), (), memory_mib=512, scratch=scratch)
    worker = sandbox.launch(spec)
    try:
        inside = Explorer(worker)
        for folder in (*scratch, "/var/tmp", str(Path.home())):
            assert inside.error(f"Path({folder!r}, 'adrs-new').write_text('x')") == "PermissionError"
    finally:
        worker.kill()
