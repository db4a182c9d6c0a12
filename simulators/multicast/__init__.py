"""Broadcasts between regions of several clouds: trees, dollars, seconds, and what no plan can pass.

The system is Cloudcast (Wooders et al., NSDI 2024): data in one region are copied to several others over
relays, in partitions that may take different trees. `network` says what is simulated, `delivery` whether a
tree delivers, `outcome` what a plan costs and how long it takes, `published` the same by the rules of the
published case study, `steiner` and `relaxation` prove bounds, and `generate` and `profiles` bring networks,
synthetic and recorded.
"""

from simulators.multicast.delivery import Undelivered, check_tree
from simulators.multicast.generate import Mesh, draw_network
from simulators.multicast.network import CLOUDS, Broadcast, Network
from simulators.multicast.outcome import Outcome, copies_of, outcome_of
from simulators.multicast.profiles import (
    PUBLISHED,
    Config,
    ProfileError,
    read_configs,
    read_network,
    with_limits,
)
from simulators.multicast.published import INSTANCE_USD_PER_H, PublishedOutcome, published_outcome
from simulators.multicast.relaxation import least_cost_usd, relaxed_usd, uncapacitated_usd
from simulators.multicast.steiner import MOST_TERMINALS, distances, steiner_price

__all__ = [
    "CLOUDS",
    "INSTANCE_USD_PER_H",
    "MOST_TERMINALS",
    "PUBLISHED",
    "Broadcast",
    "Config",
    "Mesh",
    "Network",
    "Outcome",
    "ProfileError",
    "PublishedOutcome",
    "Undelivered",
    "check_tree",
    "copies_of",
    "distances",
    "draw_network",
    "least_cost_usd",
    "outcome_of",
    "published_outcome",
    "read_configs",
    "read_network",
    "relaxed_usd",
    "steiner_price",
    "uncapacitated_usd",
    "with_limits",
]
