"""Every promise of a confining back-end, tried from the inside."""

from __future__ import annotations

import os
import socket
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from adrs.sandbox.contract import Sandbox, environment
from adrs.sandbox.view import scratch_folders

from .conftest import EXPLORER, Explorer

Explore = Callable[..., Explorer]
PURELIB = Path(sysconfig.get_path("purelib"))


def test_the_network_cannot_be_reached(explore: Explore) -> None:
    inside = explore()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert inside.error(f"connect(socket.AF_INET, ('127.0.0.1', {port}))").endswith("Error")
    abstract = f"\0adrs-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(abstract)
        server.listen()
        assert inside.error(f"connect(socket.AF_UNIX, {abstract!r})").endswith("Error")


def test_only_what_is_bound_can_be_read_and_nothing_of_it_written(explore: Explore, tmp_path: Path) -> None:
    shown, secret = tmp_path / "shown", tmp_path / "secret"
    shown.mkdir()
    (shown / "data").write_text("data")
    secret.write_text("secret")
    inside = explore(readable=[shown])
    assert inside.value(f"Path({str(shown / 'data')!r}).read_text()") == "data"
    for path in (secret, Path("/etc/passwd"), Path("/etc/hostname"), Path(__file__), Path("/proc/1/environ")):
        assert inside.error(f"Path({str(path)!r}).read_bytes()") in {"FileNotFoundError", "PermissionError"}
    for path in (shown / "data", shown / "new", Path("/usr/lib/new"), tmp_path / "new", Path("/etc/new")):
        assert inside.error(f"Path({str(path)!r}).write_text('x')") in {
            "OSError",
            "PermissionError",
            "FileNotFoundError",
        }
    assert (shown / "data").read_text() == "data"


def test_the_environment_holds_nothing_of_the_hosts(
    explore: Explore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    assert set(explore().value("dict(os.environ)")) <= set(environment()) | {"PWD", "LC_CTYPE"}


def test_other_packages_cannot_be_imported_even_where_they_lie(explore: Explore) -> None:
    inside = explore()
    assert inside.error("__import__('pydantic')") == "ModuleNotFoundError"
    inside.value(f"sys.path.append({str(PURELIB)!r})")
    assert inside.error("__import__('pydantic')") == "ModuleNotFoundError"
    assert inside.error("__import__('adrs')") == "ModuleNotFoundError"


def test_a_declared_library_works_and_brings_nothing_but_its_requirements(explore: Explore) -> None:
    inside = explore(libraries=["numpy"])
    assert inside.value("float(__import__('numpy').linalg.norm([3.0, 4.0]))") == 5.0
    assert inside.error("__import__('scipy')") == "ModuleNotFoundError"


def test_no_other_process_can_be_seen_or_signalled(explore: Explore) -> None:
    inside = explore()
    assert inside.error(f"os.kill({os.getpid()}, 0)") in {"ProcessLookupError", "PermissionError"}
    assert inside.error("os.listdir('/proc/self')") in {"FileNotFoundError", "PermissionError"}
    assert inside.error("os.listdir('/proc')") in {"FileNotFoundError", "PermissionError"}
    assert inside.value("os.getpid()") == 1


def test_scratch_is_private_empty_and_capped(explore: Explore) -> None:
    marker = Path("/tmp", f"adrs-test-{os.getpid()}")
    marker.write_text("x")
    small = f"{marker.name}-small"  # a name that nobody else has put into this machine's /tmp
    try:
        inside = explore(scratch_mib=4)
        for folder in scratch_folders([EXPLORER]):
            assert inside.value(f"os.listdir({folder!r})") == []
            assert inside.error(f"fill('{folder}/big', 16)") == "OSError"
            inside.value(
                f"Path('{folder}/{small}').write_text('x') if os.remove('{folder}/big') is None else 0"
            )
            assert not Path(folder, small).exists()
    finally:
        marker.unlink()


def test_no_privilege_is_left(explore: Explore) -> None:
    inside = explore()
    assert inside.error("os.setuid(0)") in {"PermissionError", "OSError"}
    assert inside.error("os.chroot('/tmp')") == "PermissionError"
    made = inside.error("os.mknod('/tmp/null', 0o20666, os.makedev(1, 3))")
    assert made in {"PermissionError", "OSError"}  # the second where scratch lies elsewhere
    assert inside.error("os.sethostname('x') if hasattr(os, 'sethostname') else socket.sethostname('x')") in {
        "PermissionError",
        "OSError",
    }


def test_killing_a_worker_ends_everything_in_its_sandbox(explore: Explore) -> None:
    inside = explore()
    inside.value("sleeper()")
    worker = psutil.Process(inside.worker.pid)
    mine = [worker, *worker.children(recursive=True), *psutil.Process().children(recursive=True)]
    assert len(worker.children()) == 1
    inside.worker.kill()
    inside.worker.kill()
    assert not inside.worker.alive()
    _, alive = psutil.wait_procs(mine, timeout=5)
    assert alive == []


def test_a_worker_that_ends_is_seen(explore: Explore) -> None:
    inside = explore()
    assert inside.worker.alive()
    with pytest.raises(Exception, match="ended"):
        inside.ask("os._exit(1)")
    deadline = time.monotonic() + 5
    while inside.worker.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not inside.worker.alive()


def test_every_guarantee_is_named_once_and_explained(sandbox: Sandbox) -> None:
    found = sandbox.guarantees()
    assert len({one.name for one in found}) == len(found) >= 8
    assert all(one.how for one in found)
    held = {one.name for one in found if one.held}
    assert held >= {"no network", "files", "other processes", "no privileges", "environment", "dies with us"}
