"""Price and throughput profiles in the published format, and configurations of broadcasts.

`cost.csv` has columns `src`, `dest` and `cost` (USD per GB); `throughput.csv` has, among others,
`src_region`, `dst_region` and `throughput_sent` (bits per second of one machine). Regions are named
`aws:us-east-1`. Where a pair comes twice the last row counts; a pair without a price or a throughput has no
edge. A configuration is JSON: `source_node`, `dest_nodes`, and where wanted `data_vol` (GB),
`num_partitions`, `ingress_limit` and `egress_limit` (Gbps of one machine by cloud).
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simulators.multicast.network import CLOUDS, Network
from simulators.multicast.published import EGRESS_GBPS, INGRESS_GBPS

_MOST_REGIONS = 400


class ProfileError(ValueError):
    """A file cannot be read; one sentence that says what is wrong and what is accepted."""


@dataclass(frozen=True)
class Config:
    """One broadcast of the published kind."""

    name: str
    source: str
    destinations: tuple[str, ...]
    volume_gb: float = 300.0
    partitions: int = 10
    egress_gbps: tuple[tuple[str, float], ...] = tuple(EGRESS_GBPS.items())
    ingress_gbps: tuple[tuple[str, float], ...] = tuple(INGRESS_GBPS.items())


_INTER_AGZ = (
    "azure:australiaeast",
    "azure:eastasia",
    "azure:brazilsouth",
    "aws:ap-southeast-2",
    "aws:sa-east-1",
    "gcp:australia-southeast1-a",
)
PUBLISHED = (
    Config(
        "intra_aws",
        "aws:ap-northeast-1",
        (
            "aws:me-south-1",
            "aws:eu-south-1",
            "aws:us-west-2",
            "aws:us-east-1",
            "aws:sa-east-1",
            "aws:ap-southeast-1",
        ),
    ),
    Config(
        "intra_azure",
        "azure:australiaeast",
        (
            "azure:westeurope",
            "azure:westus",
            "azure:koreacentral",
            "azure:brazilsouth",
            "azure:uaenorth",
            "azure:centralindia",
        ),
    ),
    Config(
        "intra_gcp",
        "gcp:us-east1-b",
        (
            "gcp:europe-west1-b",
            "gcp:australia-southeast1-a",
            "gcp:us-west4-a",
            "gcp:southamerica-east1-a",
            "gcp:asia-southeast2-a",
            "gcp:europe-north1-a",
        ),
    ),
    Config("inter_agz", "gcp:asia-southeast1-a", _INTER_AGZ),
    Config("inter_gaz2", "gcp:asia-southeast1-a", (*_INTER_AGZ, "aws:us-west-2")),
)
"""The five published configurations."""


def read_network(folder: Path, vms: int) -> Network:
    """Return the network of `cost.csv` and `throughput.csv`, in a folder or in `profiles` below it.

    Args:
        folder: where the files lie.
        vms: machines in every region.

    Raises:
        ProfileError: a file is missing or not in the published format, or no pair has both numbers.
    """
    below = folder / "profiles"
    folder = below if below.is_dir() else folder
    prices = _table(folder / "cost.csv", ("src", "dest", "cost"), 1.0)
    sent = _table(folder / "throughput.csv", ("src_region", "dst_region", "throughput_sent"), vms / 1e9)
    pairs = sorted(pair for pair in prices.keys() & sent.keys() if sent[pair] > 0.0)
    names = sorted({name for pair in pairs for name in pair})
    if not 2 <= len(names) <= _MOST_REGIONS:
        raise ProfileError(
            f"{str(folder)!r} has {len(names)} regions with both a price and a throughput; 2 to "
            f"{_MOST_REGIONS} are accepted: cost.csv and throughput.csv must name regions alike, such as "
            "'aws:us-east-1'."
        )
    at = {name: position for position, name in enumerate(names)}
    price, gbps = np.full((len(names), len(names)), np.inf), np.zeros((len(names), len(names)))
    for tail, head in pairs:
        price[at[tail], at[head]] = prices[tail, head]
        gbps[at[tail], at[head]] = sent[tail, head]
    cloud = np.array([CLOUDS.index(_cloud(name, folder)) for name in names])
    limits = [
        np.array([table[CLOUDS[kind]] * vms for kind in cloud]) for table in (EGRESS_GBPS, INGRESS_GBPS)
    ]
    return Network(tuple(names), cloud, price, gbps, *limits)


def read_configs(folder: Path) -> tuple[Config, ...]:
    """Return the configurations of a folder's JSON files, in the order of their names.

    Raises:
        ProfileError: a file is no configuration.
    """
    return tuple(_config(path) for path in sorted(folder.glob("*.json")))


def with_limits(network: Network, config: Config, vms: int) -> Network:
    """Return the network with a configuration's limits of ingress and egress."""
    egress, ingress = dict(config.egress_gbps), dict(config.ingress_gbps)
    names = [CLOUDS[kind] for kind in network.cloud]
    return replace(
        network,
        egress_gbps=np.array([vms * egress[name] for name in names]),
        ingress_gbps=np.array([vms * ingress[name] for name in names]),
    )


def _table(path: Path, columns: tuple[str, str, str], unit: float) -> dict[tuple[str, str], float]:
    """Return a number by pair of regions; rows from a region to itself are left out."""
    found: dict[tuple[str, str], float] = {}
    for line, row in _rows(path, columns):
        tail, head, text = (row[column] for column in columns)
        try:
            number = float(text) * unit
        except (TypeError, ValueError):
            number = math.nan
        if not (tail and head and math.isfinite(number) and number >= 0.0):
            raise ProfileError(
                f"{str(path)!r}, line {line}: {columns[2]} = {str(text)[:40]!r} from {str(tail)[:40]!r} to "
                f"{str(head)[:40]!r}; two regions and a number of at least 0 are accepted."
            )
        if tail != head:
            found[tail, head] = number
    return found


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise ProfileError(
                    f"{str(path)!r} has no column {missing[0]!r}; the columns {', '.join(columns)} "
                    "are needed."
                )
            for row in reader:
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)[:80]
        raise ProfileError(f"{str(path)!r} cannot be read: {why}; give the published CSV files.") from None


def _cloud(name: str, folder: Path) -> str:
    cloud = name.partition(":")[0]
    if cloud not in CLOUDS:
        raise ProfileError(
            f"{str(folder)!r} has a region {name[:40]!r}; names begin with one of {', '.join(CLOUDS)} "
            "and a colon."
        )
    return cloud


def _config(path: Path) -> Config:
    accepted = "a JSON object with source_node, dest_nodes, data_vol and num_partitions is accepted"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        config = Config(
            name=path.stem,
            source=str(told["source_node"]),
            destinations=tuple(map(str, told["dest_nodes"])),
            volume_gb=float(told.get("data_vol", Config.volume_gb)),
            partitions=int(told.get("num_partitions", Config.partitions)),
            egress_gbps=_limits(told.get("egress_limit", {}), EGRESS_GBPS),
            ingress_gbps=_limits(told.get("ingress_limit", {}), INGRESS_GBPS),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProfileError(
            f"{str(path)!r} is no configuration ({type(error).__name__}: {str(error)[:60]}); {accepted}."
        ) from None
    numbers = (config.volume_gb, *dict(config.egress_gbps).values(), *dict(config.ingress_gbps).values())
    if not all(0.0 < number < 1e9 for number in numbers) or not 1 <= config.partitions <= 100:
        raise ProfileError(
            f"{str(path)!r}: volume and limits must be above 0, and partitions from 1 to 100; {accepted}."
        )
    if not config.destinations or len({config.source, *config.destinations}) <= len(config.destinations):
        raise ProfileError(f"{str(path)!r}: source and destinations must be different regions; {accepted}.")
    return config


def _limits(told: Mapping[str, Any], default: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((cloud, float(told.get(cloud, limit))) for cloud, limit in default.items())
