"""The isolation certificate says what a sandbox guarantees here, and nothing that changes by itself."""

from __future__ import annotations

import json
import platform
from dataclasses import replace

from adrs.model.certificate import Certificate
from adrs.sandbox.certificate import certify
from adrs.sandbox.contract import Sandbox
from adrs.sandbox.unconfined import Unconfined


def test_it_names_every_guarantee_once(sandbox: Sandbox) -> None:
    found = certify(sandbox)

    promised = {one.name: one.held for one in sandbox.guarantees()}
    assert dict.fromkeys(found.held, True) | dict.fromkeys(found.not_held, False) == promised
    assert (found.sandbox, found.arch) == (sandbox.name, platform.machine())
    assert platform.release() in found.kernel
    assert certify(sandbox).digest == found.digest


def test_another_guarantee_or_host_is_another_certificate() -> None:
    found = certify(Unconfined())
    others = [
        replace(found, held=(*found.held, "files")),
        replace(found, not_held=found.not_held[1:]),
        replace(found, kernel="Linux 0.1"),
        replace(found, python="3.99.0"),
    ]

    assert "files" in found.not_held
    assert len({one.digest for one in (found, *others)}) == 5


def test_it_comes_back_from_json_as_it_was() -> None:
    found = certify(Unconfined())

    assert Certificate.from_plain(json.loads(json.dumps(found.as_plain()))) == found
