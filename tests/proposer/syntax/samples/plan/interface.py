"""Jobs on two machines, one after the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    first_s: float
    second_s: float
    urgent: bool


@dataclass(frozen=True)
class Given:
    jobs: tuple[Job, ...]
    setup_s: float


def total_s(job: Job) -> float:
    return job.first_s + job.second_s
