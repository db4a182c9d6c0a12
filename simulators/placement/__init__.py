"""Models on GPUs: KV-cache pressure, migrations within a budget, and rates that drift.

The system is that of Prism (Yu et al., arXiv 2505.04021) as the ADRS case study scores it (Cheng et al.,
arXiv 2510.06189, "model placement"), with GPUs of several sizes, tensor-parallel models, and a score on the
window after the one that was seen. `fleet` says what is placed and scored, `relaxation` and `exact` prove
what no placement passes, `search` knows the future and looks long, `generate` draws fleets and rates, and
`published` regenerates the 50 instances that the literature reports on.
"""

from simulators.placement.exact import Solved, solve_exactly
from simulators.placement.fleet import (
    Fleet,
    Infeasible,
    Instance,
    check,
    most_pressure,
    moved_gb,
    pressures,
)
from simulators.placement.generate import Ranges, Scene, draw_scene
from simulators.placement.published import (
    paper_greedy,
    published_instances,
    published_score,
)
from simulators.placement.relaxation import least_pressure
from simulators.placement.search import search

__all__ = [
    "Fleet",
    "Infeasible",
    "Instance",
    "Ranges",
    "Scene",
    "Solved",
    "check",
    "draw_scene",
    "least_pressure",
    "most_pressure",
    "moved_gb",
    "paper_greedy",
    "pressures",
    "published_instances",
    "published_score",
    "search",
    "solve_exactly",
]
