"""Proposals by a language model."""

from adrs.proposer.llm.proposer import LLMProposer

__all__ = ["LLMProposer"]
