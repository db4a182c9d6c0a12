"""Experts of a mixture-of-experts model on GPUs: loads, placements, and what a placement is worth.

The system is expert-parallel inference as in DeepSeek-V3 (arXiv 2412.19437, section 3.4), with redundant
experts that are placed anew from time to time. `cluster` says what is simulated, `placement` computes GPU
loads, moved experts and traffic between nodes, `limits` proves how even a placement can be, and `generate`
and `traces` bring loads, synthetic and recorded.
"""

from simulators.moe.cluster import Cluster
from simulators.moe.generate import Drift, draw_loads
from simulators.moe.limits import balance_limit, hottest_replica
from simulators.moe.placement import (
    Balance,
    Hottest,
    balance_of,
    gpu_loads,
    hottest_of,
    moved_experts,
    replica_counts,
    sends_per_visit,
    slot_loads,
    unplaced,
)
from simulators.moe.traces import LoadError, read_loads, windows_of

__all__ = [
    "Balance",
    "Cluster",
    "Drift",
    "Hottest",
    "LoadError",
    "balance_limit",
    "balance_of",
    "draw_loads",
    "gpu_loads",
    "hottest_of",
    "hottest_replica",
    "moved_experts",
    "read_loads",
    "replica_counts",
    "sends_per_visit",
    "slot_loads",
    "unplaced",
    "windows_of",
]
