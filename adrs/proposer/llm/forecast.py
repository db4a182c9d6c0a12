"""What a run's calls will cost, before the first is made: how long a prompt is, and what a budget buys."""

from __future__ import annotations

from dataclasses import dataclass

from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.prices import Price, Tokens

CHARS_PER_TOKEN = 3.5
"""Of English and code, with common tokenizers."""
TEXT_CHARS = 6_000
"""What a prompt holds besides the problem and programs: rules, scores, the notebook."""
REASONING_TOKENS = 3_000
"""What a model that reasons writes before its answer: a guess, since nothing was asked yet."""


@dataclass(frozen=True)
class Forecast:
    """Of one call, for a price."""

    prompt_tokens: int
    answer_tokens: int
    likely_usd: float
    worst_usd: float
    """What is reserved for it."""

    def calls(self, budget_usd: float) -> int:
        """Return how many calls a budget buys, if they cost what is likely."""
        return int(budget_usd / self.likely_usd) if self.likely_usd > 0 else 0


def forecast(problem: Problem, initial: Program, options: LLMOptions, price: Price) -> Forecast:
    """Return what a call will cost, from the lengths of what it will hold.

    Args:
        problem: whose card and interface are in every prompt.
        initial: the parent of the first prompts, and about as long as later programs.
        options: how many other programs a prompt shows, and how long an answer may be.
        price: of the model.
    """
    program = sum(len(text) for _, text in initial.files)
    texts = [problem.file(name) for name in ("prompt.md", "interface.py")]
    card = sum(path.stat().st_size for path in texts if path.is_file())
    shown = program * (1 + min(2, options.inspirations))
    prompt_tokens = round((card + shown + TEXT_CHARS) / CHARS_PER_TOKEN)
    answer_tokens = round(program / CHARS_PER_TOKEN) + REASONING_TOKENS
    if options.max_tokens is not None:
        answer_tokens = min(answer_tokens, options.max_tokens)
    filled = "x" * (card + shown + TEXT_CHARS)
    return Forecast(
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
        likely_usd=price.cost_usd(Tokens(input=prompt_tokens, output=answer_tokens)),
        worst_usd=price.worst_usd(filled, options.max_tokens),
    )
