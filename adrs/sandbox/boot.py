"""The command line that every back-end starts inside its sandbox.

The interpreter runs without `site` (no site-packages, no `.pth` files, no user folder), appends the import
path that was asked for, sets the limits that hold for the whole worker, and runs the script or module.
"""

from __future__ import annotations

import json

from adrs.sandbox.contract import LaunchSpec
from adrs.sandbox.view import host_view

_CODE = """\
import json, resource, runpy, sys
settings = json.loads(sys.argv[1])
for name, value in settings["limits"].items():
    limit = getattr(resource, name)
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))
sys.path += settings["path"]
del sys.argv[:2]
if sys.argv[0] == "-m":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def command(spec: LaunchSpec, control_fd: int) -> list[str]:
    """Return the command that runs a worker."""
    limits = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 1024, "RLIMIT_FSIZE": spec.scratch_mib << 20}
    settings = {"path": [str(path) for path in spec.import_path], "limits": limits}
    python = [str(host_view().interpreter), "-s", "-S", "-P", "-B", "-c", _CODE]
    # `sys.argv[0]` is "-c" and the settings come next: what follows is the worker's own command line.
    return [*python, json.dumps(settings), *spec.argv, "--control-fd", str(control_fd)]
