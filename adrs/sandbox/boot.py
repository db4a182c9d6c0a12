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
if not settings["names_hidden"]:
    import os
    from importlib import machinery as m

    class Readable(m.FileFinder):
        def find_spec(self, name, target=None):
            spec = super().find_spec(name, target)
            try:
                if spec is not None and spec.has_location:
                    os.close(os.open(spec.origin, os.O_RDONLY))
            except OSError:
                return None
            return spec

    kinds = (m.ExtensionFileLoader, m.EXTENSION_SUFFIXES), (m.SourceFileLoader, m.SOURCE_SUFFIXES)
    sys.path_importer_cache.update({path: Readable(path, *kinds) for path in settings["path"]})
del sys.argv[:2]
if sys.argv[0] == "-m":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def command(spec: LaunchSpec, control_fd: int, *, names_hidden: bool = True) -> list[str]:
    """Return the command that runs a worker.

    Args:
        spec: the worker.
        control_fd: the number of its control socket.
        names_hidden: whether what it may not read is also not listed. Where it is listed, it must be as if it
            were not installed, since libraries try imports and expect nothing but `ImportError`.
    """
    limits = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 1024, "RLIMIT_FSIZE": spec.scratch_mib << 20}
    path = [str(path) for path in spec.import_path]
    settings = {"path": path, "limits": limits, "names_hidden": names_hidden}
    hashes = () if spec.fixed_hashes else ("-R",)
    python = [str(host_view().interpreter), "-s", "-S", "-P", "-B", *hashes, "-c", _CODE]
    # `sys.argv[0]` is "-c" and the settings come next: what follows is the worker's own command line.
    return [*python, json.dumps(settings), *spec.argv, "--control-fd", str(control_fd)]
