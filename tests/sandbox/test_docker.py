"""The Docker back-end: what is asked of an engine, and what a real one then holds."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from adrs.errors import SandboxUnavailable, WorkerLost
from adrs.sandbox import container, docker, engine, registry
from adrs.sandbox.contract import LaunchSpec, Sandbox
from adrs.sandbox.docker import ContainerWorker, Docker

from .conftest import EXPLORER, Explorer

NUMPY = metadata.version("numpy")
IMAGE = engine.Image("sha256:1", "adrs-sandbox:1", engine.host_python(), {"numpy": NUMPY, "scipy": "1.0"})
SPEC = LaunchSpec("zygote", (str(EXPLORER),), (EXPLORER,), (), 256, scratch=("/tmp", "/dev/shm"))


def host_config(spec: LaunchSpec = SPEC, **offers: bool) -> dict[str, Any]:
    asked = {"swap": True, "processors": True, **offers}
    found = container.configuration(IMAGE, spec, Path("/nowhere/control"), **asked)
    return dict(found["HostConfig"])


def test_nothing_is_left_open_in_what_is_asked_of_an_engine() -> None:
    held = host_config()
    assert held["NetworkMode"] == held["IpcMode"] == "none"
    assert (held["ReadonlyRootfs"], held["AutoRemove"]) == (True, True)
    assert held["CapDrop"] == ["ALL"]
    assert not {"CapAdd", "Privileged", "Devices", "Binds", "PidMode", "UsernsMode"} & held.keys()
    assert held["SecurityOpt"][0] == "no-new-privileges:true"
    assert held["Memory"] == held["MemorySwap"] == 256 << 20
    assert held["NanoCpus"] == 10**9
    assert held["PidsLimit"] == container.PIDS
    limits = {each["Name"]: each["Hard"] for each in held["Ulimits"]}
    assert limits == {"core": 0, "nofile": 1024, "fsize": 64 << 20}
    assert all(mount["Type"] == "bind" and mount["ReadOnly"] for mount in held["Mounts"])
    assert held["LogConfig"]["Type"] == "none"
    assert held["DeviceRequests"] == []
    weaker = host_config(swap=False, processors=False)
    assert not {"MemorySwap", "NanoCpus"} & weaker.keys()


def test_only_the_worker_and_its_socket_are_shown_and_libraries_come_from_the_image() -> None:
    from adrs.sandbox import distributions

    found = distributions.resolve(["numpy"])
    spec = dataclasses.replace(
        SPEC, readable=(EXPLORER, *found.files), import_path=found.import_path, libraries=("numpy",)
    )
    held = host_config(spec)
    places = {mount["Target"]: mount["Source"] for mount in held["Mounts"]}
    assert places.pop(str(EXPLORER)) == str(EXPLORER)
    assert places.pop("/run/adrs") == "/nowhere/control"
    assert {Path(place).name for place in places} == {
        "entry.py", "launcher.py", "hosts", "hostname", "resolv.conf",
    }  # fmt: skip
    assert {held["Tmpfs"][folder].split(",")[0] for folder in SPEC.scratch} == {"rw"}
    assert all("nr_inodes=" in options and "size=" in options for options in held["Tmpfs"].values())
    assert "/opt/adrs/libraries/numpy" not in held["Tmpfs"]
    assert held["Tmpfs"]["/opt/adrs/libraries/scipy"].startswith("ro,")


def test_a_gpu_is_passed_through_when_it_is_asked_for() -> None:
    assert host_config(dataclasses.replace(SPEC, gpus=2))["DeviceRequests"] == [
        {"Count": 2, "Capabilities": [["gpu"]]}
    ]


def test_the_profile_is_an_allow_list_without_what_a_worker_must_not_do() -> None:
    rules = json.loads(container.profile())
    assert rules["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {
        name for rule in rules["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]
    }
    conditional = {name for rule in rules["syscalls"] if rule.get("args") for name in rule["names"]}
    assert conditional == {"socket", "clone", "personality"}
    assert not allowed & {
        "mount", "umount2", "pivot_root", "unshare", "setns", "ptrace", "bpf", "perf_event_open", "keyctl",
        "add_key", "request_key", "io_uring_setup", "memfd_create", "userfaultfd", "setuid", "setresuid",
        "mknod", "mknodat", "chroot", "bind", "listen", "accept4", "mq_open", "shmget", "msgget", "semget",
        "process_vm_readv", "process_vm_writev", "init_module", "kexec_load", "open_by_handle_at",
        "setpriority", "syslog", "quotactl", "reboot", "swapon",
    }  # fmt: skip


def test_what_is_missing_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(SandboxUnavailable, match=r"apt install docker\.io"):
        registry.sandbox("docker")
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    with pytest.raises(SandboxUnavailable, match="an engine on this machine"):
        registry.sandbox("docker")
    with socket.socket(socket.AF_UNIX) as server:  # bound, and nobody listens
        server.bind(str(tmp_path / "dead.sock"))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
        with pytest.raises(SandboxUnavailable, match="does not answer"):
            registry.sandbox("docker")
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxUnavailable, match="needs Linux"):
        registry.sandbox("docker")


def test_an_image_must_have_this_python_and_these_versions() -> None:
    needed = {"numpy": NUMPY}
    assert engine.fitting([dataclasses.replace(IMAGE, python="2.7"), IMAGE], needed) is IMAGE
    with pytest.raises(SandboxUnavailable, match=r"no image on this engine\. Run `adrs sandbox build`"):
        engine.fitting([], needed)
    with pytest.raises(SandboxUnavailable, match=r"has Python 2\.7, and this host has Python 3"):
        engine.fitting([dataclasses.replace(IMAGE, python="2.7")], needed)
    with pytest.raises(SandboxUnavailable, match=r"has numpy 1\.0, and this host has numpy"):
        engine.fitting([dataclasses.replace(IMAGE, libraries={"numpy": "1.0"})], needed)
    with pytest.raises(SandboxUnavailable, match=r"has no ortools, and this host has ortools 9"):
        engine.fitting([IMAGE], {"ortools": "9"})


def test_a_file_that_others_may_not_read_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "interface.py"
    closed.touch(0o600)
    with pytest.raises(SandboxUnavailable, match="chmod -R o"):
        Docker().launch(dataclasses.replace(SPEC, readable=(EXPLORER, closed)))


# What follows needs an engine and the image.


@pytest.fixture
def real() -> Sandbox:
    try:
        return registry.sandbox("docker")
    except SandboxUnavailable as error:
        pytest.skip(f"docker: {error}")


@pytest.fixture
def image(real: Sandbox) -> engine.Image:
    return engine.fitting(engine.images(engine.connect()), {"numpy": NUMPY})


@pytest.fixture
def inside(real: Sandbox) -> Iterator[Explorer]:
    worker = real.launch(dataclasses.replace(SPEC, scratch_mib=8))
    yield Explorer(worker)
    worker.kill()


def mine() -> list[dict[str, Any]]:
    found = engine.connect().containers(all=True, filters={"label": f"{engine.OWNER_LABEL}={engine.owner()}"})
    return list(found)


@pytest.mark.docker
def test_limits_are_in_force(inside: Explorer) -> None:
    spawn = "[os.fork() or __import__('time').sleep(60) for _ in range(200)]"
    assert inside.error(spawn) == "BlockingIOError"
    assert inside.value("__import__('resource').getrlimit(__import__('resource').RLIMIT_FSIZE)[1]") == 8 << 20
    many = "[Path(f'/tmp/{n}').touch() for n in range(20000)]"
    assert inside.error(many) == "OSError"
    with pytest.raises(WorkerLost):
        inside.ask("len(bytearray(1 << 29))")


@pytest.mark.docker
def test_a_worker_is_nobody_and_sees_no_socket_no_process_and_nothing_of_the_hosts(inside: Explorer) -> None:
    assert inside.value("[os.getuid(), os.getgid(), os.getgroups()]") == [65532, 65532, [65532]]
    assert inside.value("os.uname().nodename") == "sandbox"
    closed = {"PermissionError", "FileNotFoundError"}
    for path in ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/proc/self/mountinfo", "/proc/1/maps"):
        assert inside.error(f"Path({path!r}).read_text()") in closed
    assert inside.value("Path('/proc/meminfo').read_text()") == ""  # covered
    for folder in ("/run/adrs", "/sys", "/proc", "/dev/mqueue", "/etc"):
        assert inside.error(f"os.listdir({folder!r})") in closed
    assert inside.error("os.open('/dev/mqueue/left', os.O_CREAT | os.O_WRONLY)") in {*closed, "OSError"}
    assert inside.error("socket.socket(socket.AF_UNIX)") == "PermissionError"
    assert inside.error("os.memfd_create('x')") == "PermissionError"


@pytest.mark.docker
def test_an_image_that_says_less_than_the_truth_is_refused_when_it_starts(image: engine.Image) -> None:
    from adrs.sandbox import distributions

    lies = dataclasses.replace(image, python="3.10")
    with pytest.raises(SandboxUnavailable, match=r"does not fit this host: it has Python 3.*Python 3\.10"):
        ContainerWorker(lies, SPEC)
    found = distributions.resolve(["numpy"])
    spec = dataclasses.replace(
        SPEC, readable=(EXPLORER, *found.files), import_path=found.import_path, libraries=("numpy",)
    )
    with pytest.MonkeyPatch.context() as patch:
        other = dataclasses.replace(found.parts[0], version="1.0")
        patch.setattr(distributions, "resolve", lambda names: distributions.Libraries((other,)))
        with pytest.raises(SandboxUnavailable, match=rf"it has numpy-{NUMPY}, and this host has numpy 1\.0"):
            ContainerWorker(image, spec)
    assert mine() == []


@pytest.mark.docker
def test_a_container_is_worn_at_its_age(real: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = real.launch(SPEC)
    try:
        assert not worker.worn()
        monkeypatch.setattr(docker, "AGE_S", 0.0)
        assert worker.worn()
    finally:
        worker.kill()


@pytest.mark.docker
def test_what_a_worker_said_can_be_read_and_nothing_lies_on_the_host(inside: Explorer) -> None:
    assert inside.value("print('no luck', file=sys.stderr) or sys.stderr.flush()") is None
    assert inside.worker.errors() == "no luck"
    (one,) = mine()
    assert engine.connect().inspect_container(one["Id"])["LogPath"] == ""


_VICTIM = """
import sys, time
from pathlib import Path
from adrs.sandbox import frames, registry
from adrs.sandbox.contract import LaunchSpec

script = Path(sys.argv[1])
sandbox = registry.sandbox("docker")
spec = LaunchSpec(sys.argv[2], (str(script),), (script,), (), 256)
worker = sandbox.launch(spec)
if sys.argv[2] == "trusted":  # it computes, and does not look at its socket
    frames.send(worker.control, {"expression": "__import__('time').sleep(600)"}, time.monotonic() + 5)
from adrs.sandbox import engine
print(engine.owner(), flush=True)
time.sleep(600)
"""


@pytest.mark.docker
@pytest.mark.parametrize("role", ["zygote", "trusted"])
def test_killing_our_process_leaves_no_container(real: Sandbox, role: str) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(EXPLORER), role], stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    with victim, victim.stdout:
        label = f"{engine.OWNER_LABEL}={victim.stdout.readline().strip()}"
        client = engine.connect()
        assert len(client.containers(filters={"label": label})) == 1
        os.kill(victim.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (left := client.containers(all=True, filters={"label": label})) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


@pytest.mark.docker
def test_what_a_killed_adrs_left_is_removed_at_the_next_start_and_nothing_else(
    image: engine.Image, tmp_path: Path
) -> None:
    client = engine.connect()
    told = json.loads(engine.owner())
    owners = {
        "gone": {**told, "started": "1"},
        "alive": told,
        "of another place": {**told, "namespace": "pid:[1]", "started": "1"},
    }
    made = {}
    for name, owner in owners.items():
        asked = {"Image": image.id, "Cmd": ["python3"], "Labels": {engine.OWNER_LABEL: json.dumps(owner)}}
        made[name] = client.create_container_from_config(asked)["Id"]
    try:
        engine.remove_left(client)
        deadline = time.monotonic() + 10  # a test beside this one may have begun to remove it
        while True:
            found = {each["Id"] for each in client.containers(all=True)}
            left = {name for name, one in made.items() if one in found}
            if "gone" not in left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        assert left == {"alive", "of another place"}
    finally:
        for one in made.values():
            with engine.unless_gone():
                client.remove_container(one, force=True)


@pytest.mark.docker
def test_folders_of_killed_processes_are_removed_and_no_others(
    real: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = {f"adrs-container-{2**22 + 1}-left", f"adrs-container-{os.getpid()}-mine", "adrs-container-odd"}
    for name in names:
        (tmp_path / name / "control").mkdir(parents=True)
    real.check()
    assert {path.name for path in tmp_path.iterdir()} == names - {f"adrs-container-{2**22 + 1}-left"}


@pytest.mark.docker
def test_the_folder_of_the_socket_is_ours_alone_and_gone_afterwards(
    real: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []
    start = ContainerWorker._start

    def spy(self: ContainerWorker, wanted: dict[str, Any]) -> None:
        source = next(
            each["Source"] for each in wanted["HostConfig"]["Mounts"] if each["Target"] == "/run/adrs"
        )
        seen.append(Path(source))
        assert stat.S_IMODE(Path(source).parent.stat().st_mode) == 0o700
        start(self, wanted)

    monkeypatch.setattr(ContainerWorker, "_start", spy)
    worker = real.launch(SPEC)
    try:
        assert not seen[0].parent.exists()
        assert Explorer(worker).value("1 + 1") == 2
    finally:
        worker.kill()
