"""Counters of a network's interfaces, and what goes wrong with them.

`network` and `topologies` say where, `traffic` routes a gravity model on shortest paths, `counters` reads it
with noise, `faults` puts declared faults in, `estimate` is the best that can be done when the faults are
known, and `recorded` reads published tables and traffic matrices.
"""

from simulators.telemetry.counters import Readings, exact, measured
from simulators.telemetry.estimate import Estimate, balanced, known_mask, within
from simulators.telemetry.faults import KINDS, Damage, Fault, Scene, inject
from simulators.telemetry.network import Network, connected, shuffled
from simulators.telemetry.recorded import RecordingError, Snapshot, read_counters, read_matrix
from simulators.telemetry.topologies import NETWORKS, abilene, geant, germany50, great_circle_km
from simulators.telemetry.traffic import Demand, Flows, diurnal, fail_links, gravity, next_interface, routed

__all__ = [
    "KINDS",
    "NETWORKS",
    "Damage",
    "Demand",
    "Estimate",
    "Fault",
    "Flows",
    "Network",
    "Readings",
    "RecordingError",
    "Scene",
    "Snapshot",
    "abilene",
    "balanced",
    "connected",
    "diurnal",
    "exact",
    "fail_links",
    "geant",
    "germany50",
    "gravity",
    "great_circle_km",
    "inject",
    "known_mask",
    "measured",
    "next_interface",
    "read_counters",
    "read_matrix",
    "routed",
    "shuffled",
    "within",
]
