"""The image of the Docker back-end: what goes into it, and building it with a real engine."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import SandboxUnavailable
from adrs.sandbox import building, distributions, docker, engine, registry, rootfs
from adrs.sandbox.contract import LaunchSpec

from .conftest import EXPLORER, Explorer

METADATA = "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.5\n"


@pytest.fixture
def tiny_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library that is installed here, and the folder with its wheel; evaluators need no other."""
    here, wheels = tmp_path / "installed", tmp_path / "wheels"
    info = here / "tiny_thing-1.5.dist-info"
    info.mkdir(parents=True)
    wheels.mkdir()
    files = {
        "tiny_thing.py": "ANSWER = 42\n",
        "tiny_thing-1.5.dist-info/METADATA": METADATA,
        "tiny_thing-1.5.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files) + "tiny_thing-1.5.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheels / "tiny_thing-1.5-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, "tiny_thing-1.5.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
            (here / name).write_text(text)
    monkeypatch.syspath_prepend(str(here))
    monkeypatch.setattr(distributions, "EVALUATORS", ())
    return wheels


def test_a_root_file_system_from_this_host_holds_python_and_nothing_personal(tmp_path: Path) -> None:
    rootfs.write(tmp_path / "root.tar", distributions.resolve(["numpy"]).files)
    with tarfile.open(tmp_path / "root.tar") as tar:
        members = {member.name: member for member in tar}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert members["usr/local/bin/python3"].linkname == version
    assert f"usr/local/lib/{version}/os.py" in members
    assert any(Path(name).name.startswith("libc.so") for name in members)
    assert any(Path(name).name.startswith("ld-linux") for name in members)
    outside = [
        name for name in members if not name.startswith(("usr/", "lib", "opt")) and not members[name].isdir()
    ]
    assert outside == []
    assert not any("site-packages" in name or "dist-packages" in name for name in members)
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}
    assert not any(member.mode & 0o022 for member in members.values() if not member.issym())


def test_the_name_of_an_image_depends_on_every_version() -> None:
    first = building.key({"numpy": "2.0", "scipy": "1.0"})
    assert first == building.key({"scipy": "1.0", "numpy": "2.0"})
    assert first != building.key({"numpy": "2.1", "scipy": "1.0"})


def test_installing_refuses_another_python_and_takes_copies_before_wheels(tmp_path: Path) -> None:
    path = building.IMAGE_FILES / "install.py"
    spec = importlib.util.spec_from_file_location("install_of_image", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    build, target = tmp_path / "build", tmp_path / "target"
    (build / "libraries" / "one").mkdir(parents=True)
    (build / "libraries" / "one" / "one.py").touch()
    (build / "libraries.json").write_text(json.dumps({"python": "2.7", "libraries": {"one": "1"}}))
    with pytest.raises(SystemExit, match=r"the base has Python 3.*this host has Python 2\.7"):
        module.install(build, target)
    wanted = {"python": engine.host_python(), "libraries": {"one": "1"}}
    (build / "libraries.json").write_text(json.dumps(wanted))
    module.install(build, target)
    assert (target / "one" / "one.py").exists()


def test_wheels_that_cannot_be_had_are_named(
    tiny_thing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SandboxUnavailable, match=r"wheels of tiny-thing==1\.5 cannot be downloaded"):
        building._wheels({"tiny-thing": "1.5"}, None, tmp_path, lambda line: None)


@pytest.fixture
def base() -> str:
    """An image that is there already: the one that the other tests use."""
    try:
        registry.sandbox("docker")
    except SandboxUnavailable as error:
        pytest.skip(f"docker: {error}")
    return engine.images(engine.connect())[-1].name


@pytest.fixture
def built(base: str, tiny_thing: Path) -> Iterator[engine.Image]:
    image = building.build(["tiny-thing"], base=base, wheels=tiny_thing)
    yield image
    engine.connect().remove_image(image.name, force=True)


@pytest.mark.docker
def test_an_image_is_built_from_wheels_on_any_base_without_a_network(built: engine.Image) -> None:
    assert built.libraries == {"tiny-thing": "1.5"}
    assert built.python == engine.host_python()
    found = distributions.resolve(["tiny-thing"])
    spec = LaunchSpec(
        "zygote",
        (str(EXPLORER),),
        (EXPLORER, *found.files),
        found.import_path,
        256,
        libraries=("tiny-thing",),
    )
    worker = docker.Docker().launch(spec)
    try:
        inside = Explorer(worker)
        assert inside.value("__import__('tiny_thing').ANSWER") == 42
        assert inside.value("__import__('tiny_thing').__file__").startswith("/opt/adrs/libraries/tiny-thing/")
        assert inside.error("os.listdir('/opt/adrs/libraries/numpy')") in {
            "FileNotFoundError",
            "PermissionError",
        }
    finally:
        worker.kill()
    without = docker.Docker().launch(dataclasses.replace(spec, readable=(EXPLORER,), libraries=()))
    try:
        assert Explorer(without).error("__import__('tiny_thing')") == "ModuleNotFoundError"
    finally:
        without.kill()


@pytest.mark.docker
def test_a_base_that_lacks_a_wheel_or_is_not_there_is_refused(
    base: str, tiny_thing: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SandboxUnavailable, match=r"tiny-thing==1\.5 cannot be installed"):
        building.build(["tiny-thing"], base=base, wheels=tmp_path / "empty")
    with pytest.raises(SandboxUnavailable, match="make one from this host with --from-host"):
        building.build(["tiny-thing"], base="localhost:1/no-such-base:1", wheels=tiny_thing)
