from __future__ import annotations

import pytest

from adrs.errors import ConfigError, SandboxUnavailable
from adrs.sandbox import registry
from adrs.sandbox.bubblewrap import Bubblewrap
from adrs.sandbox.docker import Docker
from adrs.sandbox.process import Offers, Process


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'bubblewrap'"):
        registry.sandbox("bublewrap")


def test_what_is_asked_for_and_not_installed_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
        registry.sandbox("bubblewrap")


def test_auto_takes_the_strongest_that_works_and_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise SandboxUnavailable("Broken.")

    order = [one.name for one in registry.back_ends()]
    assert order == ["bubblewrap", "docker", "process"]
    for back_end in (Bubblewrap, Docker, Process):
        monkeypatch.setattr(back_end, "check", lambda self: None)
    assert registry.sandbox("auto").name == "bubblewrap"
    monkeypatch.setattr(Bubblewrap, "check", broken)
    assert registry.sandbox("auto").name == "docker"
    monkeypatch.setattr(Docker, "check", broken)
    assert registry.sandbox("auto").name == "process"
    monkeypatch.setattr(Process, "check", broken)
    with pytest.raises(SandboxUnavailable, match="--sandbox none"):
        registry.sandbox("auto")


def test_none_must_be_typed_and_promises_nothing() -> None:
    held = {one.name for one in registry.sandbox("none").guarantees() if one.held}
    assert held == {"environment", "dies with us"}


def test_process_says_what_the_kernel_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Process()
    monkeypatch.setitem(found.__dict__, "offers", Offers(landlock=0, uid=0, user=True, plain=True))
    with pytest.raises(SandboxUnavailable, match="Landlock"):
        found.check()
