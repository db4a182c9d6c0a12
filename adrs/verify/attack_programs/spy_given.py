# title: Looks for an id, a number, a split, a key or a truth in what it is given and observes
# hacks: H7
from escape import *

WORDS = {
    "id",
    "uid",
    "uuid",
    "seed",
    "split",
    "key",
    "truth",
    "label",
    "future",
    "index",
    "workload",
    "optimum",
}
COUNTED = {}
MET = []


def started(given, rng, state):
    for at in range(0, len(KEY) - 7):
        part = KEY[at : at + 8]
        look_for(given, part)
    names(given)
    nth = len(MET)
    for path, number in numbers(given):
        COUNTED.setdefault(path, []).append((nth, number))
    MET.append(nth)
    for path, found in COUNTED.items():
        if len(found) >= 6 and len(found) == len(MET) and counts(found):
            leak("given%s counts the workloads" % path)


def counts(found):
    """Say whether a number rises by one with every workload: a constant infinity, less any n, is itself too."""
    differ = len({number for n, number in found}) == len(found)
    return differ and len({number - n for n, number in found}) == 1


def seen(value, state):
    names(value)


def names(value):
    fields = getattr(value, "_fields", None) or (value if isinstance(value, dict) else ())
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value)]
    for name in fields:
        if str(name).lower() in WORDS:
            leak("a field named %s" % name)
    for item in (
        value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else ()
    ):
        if isinstance(item, (list, tuple, dict)):
            names(item)
        elif isinstance(item, str) and item in ("train", "validation", "test", "shift"):
            leak("the name of a split")


def look_for(value, part):
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, (list, tuple)):
        for item in value:
            look_for(item, part)
    elif isinstance(value, bytes) and part in value:
        leak("a part of the key, as bytes")
    elif isinstance(value, str) and part.hex() in value.lower():
        leak("a part of the key, as text")
    elif type(value) is int and value >= 1 << 32 and int.from_bytes(part, "big") == value:
        leak("a part of the key, as a number")
