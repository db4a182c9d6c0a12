"""A job with a deadline on spot and on-demand machines in several zones.

The system is that of "Can't Be Late: Optimizing Spot Instance Savings under Deadlines" (Wu et al., NSDI 2024)
and its extension to several regions, with switching that costs time and money. `market` says what is
simulated, `run` runs a policy, `omniscient` knows the cheapest way there was, `lookahead` a good one that
does not see the whole future, and `generate` and `traces` bring markets, synthetic and recorded.
"""

from simulators.spot.generate import draw_market
from simulators.spot.lookahead import lookahead_cost
from simulators.spot.market import NONE, ON_DEMAND, SPOT, Job, Market, between_zones
from simulators.spot.omniscient import Plan, omniscient_cost
from simulators.spot.run import NotAvailable, Outcome, most_expensive, run
from simulators.spot.traces import TraceError, read_traces
from simulators.spot.zones import POOLS, ZONES, ZoneStats

__all__ = [
    "NONE",
    "ON_DEMAND",
    "POOLS",
    "SPOT",
    "ZONES",
    "Job",
    "Market",
    "NotAvailable",
    "Outcome",
    "Plan",
    "TraceError",
    "ZoneStats",
    "between_zones",
    "draw_market",
    "lookahead_cost",
    "most_expensive",
    "omniscient_cost",
    "read_traces",
    "run",
]
