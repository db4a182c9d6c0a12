"""Runs while the image is built: lays every declared library into a folder of its own.

`python3 install.py BUILD TARGET`; without arguments it makes a base ready for them. Standard library only.
BUILD holds `libraries.json` (the Python that is wanted, and the version of every library), `libraries/NAME/`
where the host's own files are used, and `wheels/`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

_LIBRARIES = Path("/opt/adrs/libraries")
_HOME = Path("/root")


def prepare() -> None:
    """Make room, and open the way to files of the host, which are shown at their own paths to nobody."""
    if _LIBRARIES.is_dir():
        shutil.rmtree(_LIBRARIES)
    if _HOME.is_dir():
        _HOME.chmod(0o711)


def install(build: Path, target: Path) -> None:
    """Install what `libraries.json` names, or end with one sentence."""
    wanted = json.loads((build / "libraries.json").read_text())
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != wanted["python"]:
        sys.exit(f"the base has Python {here}, and this host has Python {wanted['python']}")
    target.mkdir(parents=True)
    for name, version in wanted["libraries"].items():
        copied = build / "libraries" / name
        if copied.is_dir():
            shutil.move(copied, target / name)
        else:
            _install(f"{name}=={version}", target / name, build / "wheels")
        (target / name).chmod(0o755)


def _install(requirement: str, folder: Path, wheels: Path) -> None:
    options = ["--no-deps", "--no-index", "--find-links", str(wheels), "--only-binary", ":all:"]
    quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]
    command = [sys.executable, *_pip(), "install", *options, *quiet, "--target", str(folder), requirement]
    if subprocess.run(command, check=False).returncode:  # noqa: S603  (our own interpreter)
        sys.exit(f"{requirement} cannot be installed from the wheels that were given")


def _pip() -> list[str]:
    """Return how pip is called: the base's own, or the one that comes with Python."""
    own = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if own.returncode == 0:
        return ["-m", "pip"]
    import ensurepip

    bundled = sorted(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    if not bundled:
        sys.exit("the base has no pip; give a base that has it, or build with --from-host")
    return [str(bundled[-1] / "pip")]


if __name__ == "__main__":
    if sys.argv[1:]:
        install(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        prepare()
