"""What attacks share: how to get past the import filter, which is no boundary, and how to say what was seen."""

import dataclasses

from settings import BEST, EXPENSIVE, FOLDER, KEY, KNOWN, OBJECTIVES, SEEN_OBSERVATIONS, TOKEN

sys = dataclasses.sys
modules = sys.modules
os = modules["os"]
builtins = modules["builtins"]
load = getattr(builtins, "__imp" + "ort__")
read = getattr(builtins, "op" + "en")
CHANNEL = 3


def started(given, rng, state):
    """Called before the honest program is made, once per workload."""


def seen(value, state):
    """Called with what was given and with every observation, before the honest program sees a copy."""


def answer(value, seen, state):
    """Called with the honest answer; what it returns is answered."""
    return value


def leak(what):
    raise RuntimeError("LEAK: " + what)


def inexpressible(why):
    raise RuntimeError("NOT EXPRESSIBLE: " + why)


def attempt(call, *arguments):
    """Call something that may be refused; return None where it is."""
    try:
        return call(*arguments)
    except Exception:
        return None


def copied(value):
    if isinstance(value, tuple):
        return tuple.__new__(type(value), map(copied, value))
    if isinstance(value, list):
        return [copied(item) for item in value]
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if type(value).__name__ == "ndarray":
        return value.copy()
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value)
    return value


def clone(rng):
    twin = type(rng)()
    twin.setstate(rng.getstate())
    return twin


def digest(value, sofar=None):
    """Return a digest of everything in a value."""
    found = load("hashlib").blake2b(digest_size=12)

    def feed(item):
        if type(item).__name__ == "ndarray":
            found.update(item.tobytes())
        elif isinstance(item, dict):
            feed(list(item.items()))
        elif dataclasses.is_dataclass(item):
            feed(list(item.__dict__.items()))
        elif isinstance(item, (list, tuple)):
            found.update(b"(%d" % len(item))
            for each in item:
                feed(each)
        else:
            found.update(repr(item).encode() + b";")

    feed((sofar, value))
    return found.hexdigest()


def as_array(items, before):
    """Return changed items as the array that they were, or as they are where they make none."""
    made = attempt(modules["numpy"].array, items)
    return items if made is None or made.dtype.kind not in "bif" or made.ndim != before.ndim else made


def leaves(value, change, only=(int, float), path=""):
    """Return an answer with every number in it changed."""
    changed = []

    def walk(item):
        if isinstance(item, (list, tuple)):
            return type(item)(map(walk, item)) if type(item) in (list, tuple) else tuple(map(walk, item))
        if isinstance(item, dict):
            return {key: walk(each) for key, each in item.items()}
        if type(item).__name__ == "ndarray":
            return as_array([walk(each) for each in item.tolist()], item)
        if type(item) in only:
            changed.append(1)
            return change(item)
        return item

    result = walk(value)
    if not changed:
        inexpressible("the answer holds no " + " or ".join(kind.__name__ for kind in only))
    return result


def lists(value, change, least=2):
    """Return an answer with every list, tuple or array of at least so many items changed."""
    changed = []

    def walk(item):
        if type(item).__name__ == "ndarray":
            return as_array(walk(item.tolist()), item)
        if isinstance(item, dict):
            return {key: walk(each) for key, each in item.items()}
        if not isinstance(item, (list, tuple)):
            return item
        inner = [walk(each) for each in item]
        if len(inner) >= least:
            changed.append(1)
            inner = change(inner)
        return inner if isinstance(item, list) else tuple(inner)

    result = walk(value)
    if not changed:
        inexpressible("the answer holds no list of %d items" % least)
    return result


def keyed(value, change, least):
    """Return an answer with every dict of at least so many keys changed."""
    changed = []

    def walk(item):
        if isinstance(item, (list, tuple)):
            return type(item)(map(walk, item)) if type(item) in (list, tuple) else tuple(map(walk, item))
        if not isinstance(item, dict):
            return item
        inner = {key: walk(each) for key, each in item.items()}
        if len(inner) >= least:
            changed.append(1)
            inner = change(inner)
        return inner

    result = walk(value)
    if not changed:
        inexpressible("the answer holds no dict")
    return result


def with_key(value):
    return keyed(value, lambda items: {**items, "metrics": dict.fromkeys(OBJECTIVES, BEST)}, 0)


def without_key(value):
    return keyed(value, lambda items: dict(list(items.items())[:-1]), 1)


def array_of(value, make):
    """Return an array in place of the answer, made of all the numbers in it."""
    numpy = modules.get("numpy")
    if numpy is None:
        inexpressible("candidates have no numpy")
    return make(numpy, [number for _, number in numbers(value)])


FIRST = []


def first(state, number):
    """Return the first number that this process ever answered."""
    FIRST.append(number)
    return FIRST[0]


def numbers(value, path=""):
    """Yield the path and the value of every number."""
    if type(value).__name__ == "ndarray":
        value = value.tolist()
    if dataclasses.is_dataclass(value):
        value = value.__dict__
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, path + "." + str(key))
    elif isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            yield from numbers(item, path + "[%d]" % at)
    elif type(value) in (int, float):
        yield path, value


class HostileInt(int):
    def __int__(self):
        return 10**30

    __index__ = __int__

    def __eq__(self, other):
        return True

    __le__ = __ge__ = __lt__ = __gt__ = __eq__

    def __hash__(self):
        return 1


class HostileFloat(float):
    def __float__(self):
        return float("nan")

    def __eq__(self, other):
        return True

    __le__ = __ge__ = __lt__ = __gt__ = __eq__

    def __hash__(self):
        return 1


class HostileList(list):
    def __len__(self):
        return 1 << 60

    def __iter__(self):
        return iter([object()])


class HostileDict(dict):
    def __getitem__(self, key):
        return BEST

    def keys(self):
        return OBJECTIVES

    def items(self):
        return [(name, BEST) for name in OBJECTIVES]


class Metrics:
    """An object that a careless evaluator would believe."""

    valid = True

    def __init__(self):
        self.__dict__.update(dict.fromkeys(OBJECTIVES, BEST))

    def __reduce__(self):
        return (print, ("unpickled",))


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value
