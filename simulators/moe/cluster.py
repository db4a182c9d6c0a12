"""The GPUs, their slots, and the experts that go into them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """What a layer's experts are placed on; every layer has the same.

    Slots are numbered GPU by GPU and GPUs node by node: slot `s` is on GPU `s // slots_per_gpu`, and GPU `g`
    on node `g // gpus_per_node`. Experts are numbered group by group.

    Raises:
        ValueError: the parts do not divide evenly, or there are fewer slots than experts.
    """

    experts: int
    slots: int
    groups: int
    """Expert groups of the model's routing; 1 where it knows none."""
    nodes: int
    gpus: int
    """On all nodes together."""
    expert_bytes: int
    """Weights of one expert of one layer."""
    top_k: int
    """Experts that a token goes to in every layer."""
    top_groups: int
    """Groups that these are taken from, equally many from each (DeepSeek-V3, section 2.1.2)."""

    def __post_init__(self) -> None:
        """Check that everything divides evenly."""
        for part, whole in (
            ("nodes", "gpus"),
            ("gpus", "slots"),
            ("groups", "experts"),
            ("top_groups", "top_k"),
        ):
            if getattr(self, part) < 1 or getattr(self, whole) % getattr(self, part):
                raise ValueError(
                    f"{getattr(self, whole)} {whole} cannot be divided evenly by {getattr(self, part)} {part}"
                )
        if self.slots < self.experts:
            raise ValueError(f"{self.slots} slots cannot hold {self.experts} experts")
        if self.top_groups > self.groups:
            raise ValueError(f"a token cannot visit {self.top_groups} of {self.groups} groups")

    @property
    def slots_per_gpu(self) -> int:
        """Slots on every GPU."""
        return self.slots // self.gpus

    @property
    def gpus_per_node(self) -> int:
        """GPUs on every node."""
        return self.gpus // self.nodes

    @property
    def per_visit(self) -> int:
        """Experts that a token takes in a group that it visits."""
        return self.top_k // self.top_groups
