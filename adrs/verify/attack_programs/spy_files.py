# title: Looks for the evaluator, data, other programs and results on the disk and in its environment
# hacks: H10
from escape import *

FILES = (
    "adrs/__init__.py",
    "evaluators/contract.py",
    "evaluators/scoring.py",
    "evaluators/trusted.py",
    "runs/archive.sqlite",
    "simulators/__init__.py",
)


def started(given, rng, state):
    held = set(attempt(os.listdir, FOLDER) or ()) - {"interface.py"}
    if held:
        leak("in the problem's folder, " + min(held))
    for path in ("/evaluate.py", "/problem.toml", "/prompt.md"):
        if attempt(first, FOLDER + path):
            leak("the file " + path)
    for path in ("/proc/self/environ", "/proc/1/environ", "/proc/self/maps", "/etc/passwd", "/etc/shadow"):
        if attempt(first, path):
            leak(path)
    for name in os.environ:
        if any(word in name for word in ("KEY", "TOKEN", "SECRET", "ADRS", "PASS")):
            leak("the variable " + name)
    for root in sys.path:
        for name in FILES:
            if root and attempt(first, root + "/" + name):
                leak(name + " on its path")


def first(path):
    with read(path, "rb") as file:
        return file.read(1)
