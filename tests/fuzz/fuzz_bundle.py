"""Feeds the reader of bundles hostile files: no crash, no exception but its own, no memory beyond the file's.

    python tests/fuzz/fuzz_bundle.py [INPUTS] [SEED]

Half of the inputs are valid bundles with bytes flipped, cut, doubled, moved or replaced by lengths that lie,
zip files of other forms, and bytes from nowhere. The other half are changed inside, in the manifest, the
results or the source, and then repaired: every blob is named by its digest again, claims follow and the file
is canonical, so that the code behind is reached. What is accepted must be exactly what would be written.
Memory is measured by Python's own tracer on every 64th input, and by the process's peak over all (which alone
sees what pydantic allocates).
"""

import copy
import hashlib
import io
import json
import random
import re
import resource
import stat
import struct
import sys
import time
import traceback
import tracemalloc
import warnings
import zipfile
from collections import Counter

import numpy as np

from adrs.errors import BundleError, ProgramError
from adrs.evaluation.aggregate import aggregate
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.program import Program
from adrs.plugins.problems import find_problem, initial_program
from adrs.verify.bundle import container
from adrs.verify.bundle.installed import hold, measured_by
from adrs.verify.bundle.making import write
from adrs.verify.bundle.manifest import Origin
from adrs.verify.bundle.reading import claim_said, read
from adrs.verify.sealed import Draw, Verification, contenders, libraries

SHARE = 64
"""Every so many inputs, memory is traced."""
SLACK_BYTES = 1 << 20
PER_BYTE = 50
"""What one byte of a file may cost at most."""
ENOUGH_BYTES = 1000
"""What one byte costs is not told from files that are smaller than what any reading costs."""
SIZES = {Split.TEST: 5, Split.SHIFT: 3}

DEEP = "@deep@"
"""Stands for a value that is nested too deeply for `json` to write it."""
WORDS = (
    *(None, True, False, 0, -0.0, 1, -1, 0.5, 2, 10**30, -(10**400), 1e100, 1.0000001e100, 1e308, -1e308),
    *(5e-324, 1 << 31, 1 << 62, 1 << 70, "", "x", "0" * 64, "f" * 64, "test", "shift", "train", "better"),
    *("tie", "timeout", "../../etc/passwd", "/etc/passwd", "a\0b", "\u202e", "\U0001f600", "NaN", "x" * 300),
    *([], {}, [[]], [0], {"a": 0}, [None] * 50, ["x"] * 300, [0.1] * 300, DEEP),
)


def small_problem():
    """Return flow_shop with a few workloads, so that many bundles are read in a second."""
    problem = find_problem("flow_shop")
    splits = problem.spec.splits.model_copy(update={split.value: n for split, n in SIZES.items()})
    return problem.model_copy(update={"spec": problem.spec.model_copy(update={"splits": splits})})


def evaluation(rng, problem, split):
    rows = []
    for index in range(SIZES[split]):
        failed = rng.random() < 0.1
        rows.append(
            WorkloadResult(
                index,
                f"jobs={index % 2}",
                {o.name: rng.choice([rng.uniform(1, 9), 7.0]) for o in problem.spec.objective},
                failure=Failure(rng.choice(list(FailureKind)), "") if failed else None,
            )
        )
    totals = {o.name: aggregate(o, [row.values[o.name] for row in rows]) for o in problem.spec.objective}
    return Evaluation(split, 1, tuple(rows), totals, complete=True, isolated=True)


def valid(rng, problem):
    """Return a bundle whose claims follow from numbers that were made up."""
    program = initial_program(problem)
    text = program.text(problem.entry_file) + f"# {rng.randrange(10**9)}\n" * rng.randrange(1, 3)
    program = Program.of({**dict(program.files), problem.entry_file: text})
    programs = contenders(problem, program.digest[:12], program)
    openings = rng.randrange(1, 5)
    found = Verification(
        run_id="01M7Y56Y4XVBSC65RDDJJSZQ2S",
        problem_id=problem.id,
        program=program.digest,
        name=program.digest[:12],
        contenders={name: each.digest for name, each in programs.items()},
        openings=openings,
        draws=tuple(
            Draw(split, openings, {name: evaluation(rng, problem, split) for name in programs})
            for split in SIZES
        ),
        sandbox="bubblewrap",
        guarantees=(),
        libraries=libraries(problem),
    )
    origin = Origin(run=found.run_id, strategy="map_elites", proposer="syntax", trial=3, openings=openings)
    keys = [rng.randbytes(32) for _ in found.draws]
    return write(problem, program, found, keys=keys, origin=origin, at_us=1_700_000_000_000_000)


def mutated(rng, data):
    """Return a file with some of its bytes changed."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        # The directory at the end decides most, so it is hit as often as all the rest.
        place = rng.randrange(len(data) + 1) if rng.random() < 0.5 else max(0, len(data) - rng.randrange(500))
        match rng.randrange(7):
            case 0 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = data[: rng.randrange(len(data) + 1)]
            case 3:
                data[place : place + 4] = struct.pack(
                    "<I", rng.choice([0, 1, 255, 1 << 16, 1 << 31, (1 << 32) - 1, rng.randrange(1 << 16)])
                )
            case 4:
                data[place:place] = rng.randbytes(rng.randrange(8))
            case 5:
                data[place:place] = rng.choice(
                    [b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"]
                )
            case _:
                data = data[place:] + data[:place]
    return bytes(data)


def rezipped(rng, data):
    """Return the members in a zip file of another form: compressed, doubled, renamed, linked, with extras."""
    members = list(container.unpack(data).items())
    rng.shuffle(members)
    if rng.random() < 0.3:
        members.append(rng.choice(members))
    if rng.random() < 0.3:
        members.append(
            (rng.choice(["../x", "a/b", "blobs/" + "0" * 64, "Manifest.json", "manifest.json/"]), b"x")
        )
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, body in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, rng.randrange(2)))
            info.create_system = 3
            mode = rng.choice([stat.S_IFREG | 0o644] * 4 + [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755, 0])
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED if rng.random() < 0.2 else zipfile.ZIP_STORED
            info.extra = b"\x75\x70\x01\x00x" if rng.random() < 0.1 else b""
            info.comment = b"c" if rng.random() < 0.1 else b""
            archive.writestr(info, body)
        archive.comment = b"comment" if rng.random() < 0.1 else b""
    return file.getvalue()


def canonical(plain):
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return text.replace(f'"{DEEP}"', "[" * 3000 + "]" * 3000).encode()


def places(plain):
    """Yield every container of a JSON value with every key in it."""
    for key in plain if isinstance(plain, dict) else range(len(plain)):
        yield plain, key
        if isinstance(plain[key], dict | list):
            yield from places(plain[key])


def shaken(rng, plain):
    """Change a JSON value in one to three places."""
    for _ in range(rng.randrange(1, 4)):
        at = list(places(plain))
        numbers = [(inside, key) for inside, key in at if isinstance(inside[key], float)]
        inside, key = rng.choice(numbers if numbers and rng.random() < 0.4 else at)
        match rng.randrange(8):
            case 0 | 1 | 2:
                inside[key] = copy.deepcopy(rng.choice(WORDS))
            case 3:
                del inside[key]
            case 4:
                other, from_key = rng.choice(at)
                inside[key] = copy.deepcopy(other[from_key])
            case 5 if isinstance(inside[key], float):
                inside[key] = inside[key] * rng.choice([-1, 0, 0.5, 1.0000001, 1e50, 1e200])
            case 6 if isinstance(inside, list):
                inside.insert(key, copy.deepcopy(inside[key]))
            case 5 | 6 if isinstance(inside, dict):
                inside[key + "_"] = inside[key]
            case _:
                for _ in range(rng.choice([1, 5, 100])):
                    inside[key] = [inside[key]]
        if not plain:
            return


def shaken_text(rng, data):
    text = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(text) + 1)
        text[place:place] = rng.choice(
            [b"\0", b"\r\n", b"\xff", b"# coding: latin-1\n", "\u202e".encode(), b"x", b"\n"]
        )
    return bytes(text)


def repaired(rng, data, problem):
    """Return a bundle that was changed inside and then made to fit: digests, names, form, often claims."""
    members = container.unpack(data)
    said = json.loads(members.pop("manifest.json"))
    what = rng.randrange(3)
    if what == 0:
        draw = rng.choice(said["draws"])
        results = json.loads(members.pop("blobs/" + draw["results"]))
        shaken(rng, results)
        body = canonical(results)
        draw["results"] = hashlib.sha256(body).hexdigest()
        members["blobs/" + draw["results"]] = body
    elif what == 1:
        entry = rng.choice(said["files"])
        body = shaken_text(rng, members.pop("blobs/" + entry["blob"]))
        entry["blob"] = hashlib.sha256(body).hexdigest()
        members["blobs/" + entry["blob"]] = body
        rename(said, members)
    else:
        shaken(rng, said)
    members["manifest.json"] = canonical(said)
    data = container.pack(members)
    return with_new_claims(data, members, problem) if rng.random() < 0.5 else data


def rename(said, members):
    """Give a changed source its own program digest, if it is a program at all."""
    try:
        program = Program.of({one["path"]: members["blobs/" + one["blob"]] for one in said["files"]})
    except ProgramError:
        return
    results = [json.loads(members.pop("blobs/" + draw["results"])) for draw in said["draws"]]
    for draw, result in zip(said["draws"], results, strict=True):
        result["programs"][program.digest] = result["programs"].pop(said["program"])
        body = canonical(result)
        draw["results"] = hashlib.sha256(body).hexdigest()
        members["blobs/" + draw["results"]] = body
    del said["contenders"][said["program"][:12]]
    said["program"] = program.digest
    said["contenders"][program.digest[:12]] = program.digest


def with_new_claims(data, members, problem):
    """Return a bundle with the claims that follow from its numbers, where they give any."""
    try:
        found = measured_by(read(data), problem)
        with np.errstate(all="ignore"):
            claims = [claim_said(claim).model_dump(mode="json") for claim in found.claims(problem)]
    except (BundleError, ValueError):  # pydantic's own is a ValueError
        return data
    said = json.loads(members["manifest.json"]) | {"claims": claims}
    return container.pack(members | {"manifest.json": canonical(said)})


def check(data, problem):
    """Read a hostile file; return why it was refused, or an empty text."""
    try:
        bundle = read(data)
        hold(bundle, problem)
    except BundleError as refused:
        return str(refused)
    assert container.pack(container.unpack(data)) == data, data
    return ""


def hostile(rng, pool, problem):
    data = rng.choice(pool)
    match rng.randrange(20):
        case 0:
            return rng.randbytes(rng.randrange(200))
        case 1 | 2:
            return rezipped(rng, data)
        case 3 | 4 | 5 | 6 | 7 | 8 | 9:
            return mutated(rng, data)
        case _:
            return repaired(rng, data, problem)


def fuzz(inputs, seed):
    """Read so many hostile files; return what became of them."""
    rng, problem = random.Random(seed), small_problem()
    pool = [valid(rng, problem) for _ in range(100)]
    assert {check(data, problem) for data in pool} == {""}
    reasons, crashes, worst = Counter(), [], 0.0
    for number in range(inputs):
        if number % 1000 == 0:
            pool[rng.randrange(len(pool))] = valid(rng, problem)
        data = hostile(rng, pool, problem)
        traced = number % SHARE == 0
        if traced:
            tracemalloc.start()
        try:
            reason = check(data, problem)
            assert "\n" not in reason
            reasons[kind(reason)] += 1
        except Exception:  # noqa: BLE001  (whatever it is, it is what is looked for)
            crashes.append((data, traceback.format_exc()))
        if traced:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            if len(data) > ENOUGH_BYTES:
                worst = max(worst, peak / len(data))
            assert peak <= SLACK_BYTES + PER_BYTE * len(data), (peak, data)
    return reasons, crashes, worst


def kind(reason):
    """Return a reason without what depends on the file."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|[0-9a-f]{6,}|\d+", "…", reason)
    return plain[:70] or "accepted"


def main(inputs, seed):
    begun = time.monotonic()
    reasons, crashes, worst = fuzz(inputs, seed)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"inputs      {inputs}, seed {seed}")
    share = 100 * reasons["accepted"] / inputs
    print(f"accepted    {reasons['accepted']} ({share:.1f} %), the rest refused by BundleError")
    print(f"crashes     {len(crashes)}")
    print(f"memory      at most {worst:.0f} bytes for a byte of input; process peak {peak_mib:.0f} MiB")
    print(f"time        {time.monotonic() - begun:.0f} s")
    print("reasons     " + "\n            ".join(f"{n:8d} {why}" for why, n in reasons.most_common(60)))
    for data, trace in crashes[:5]:
        print(trace, data[:2000])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
