"""Asks a model: reserve, call with retries, settle. An answer is recorded before anyone reads it."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adrs.errors import ProviderError, ProviderRefused
from adrs.model.call import ModelCall
from adrs.proposer.contract import Ledger, Rejected
from adrs.proposer.llm.faults import CallFailed, Fault, MalformedAnswer, classify
from adrs.proposer.llm.gate import Gate
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.prices import OUTPUT_CAP_TOKENS, price_of, read_usage, require_price
from adrs.proposer.llm.till import Till
from adrs.proposer.llm.transport import transport_for

MAX_WAIT_S = 60.0
"""The longest wait of our own between two retries."""
MAX_RETRY_AFTER_S = 600.0
"""The longest wait that a server may ask for; beyond it the call is given up."""

Message = Mapping[str, str]
_log = logging.getLogger(__name__)


@dataclass
class Counts:
    """What a client has done since it was made."""

    requests: int = 0
    """Requests that went out, retries included."""
    retries: int = 0
    answers: int = 0


@dataclass
class _Asked:
    """One question, through all of its tries."""

    messages: Sequence[Message]
    limit: int | None
    role: str
    unmetered_usd: float | None
    """What an answer counts whose usage the server does not say."""
    effort: str | None
    ticket: int | None = None
    """Of its place among the calls in flight; None while it has none."""


@dataclass
class _Learned:
    """What the server was found not to take."""

    dropped: set[str] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)


class ModelClient:
    """Calls one model. Safe to use concurrently from one event loop."""

    def __init__(self, options: LLMOptions, till: Till | None = None) -> None:
        """Choose the way to the model; nothing is sent yet.

        Args:
            options: whom to ask, and how.
            till: where worst cases are set aside; shared by the models of a run.

        Raises:
            ConfigError: no key, or litellm is needed and not installed.
        """
        self.counts = Counts()
        self.price = price_of(options.model, options.prices)
        self._options = options
        self._transport, self._name = transport_for(options)
        self._gate = Gate(options.concurrency)
        self._learned = _Learned()
        self._refused: str | None = None
        self._till = till or Till()
        self._told_of_cuts = False
        self._jitter = random.Random()  # noqa: S311  (spreads retries; no result depends on it)

    async def ask(
        self,
        messages: Sequence[Message],
        role: str,
        ledger: Ledger,
        *,
        budget: float | None,
        effort: str | None = None,
    ) -> str:
        """Return the model's answer; it is in the ledger by then.

        Args:
            messages: chat messages with `role` and `content`.
            role: what the call is for, as it is recorded.
            ledger: where its worst case is reserved, and where the answer is kept.
            budget: the dollars left, or None where no dollar budget is set.
            effort: reasoning effort of this call, in place of the option.

        Raises:
            BudgetSpent: the budget does not cover the worst case.
            ConfigError: a dollar budget is set, and the model's price is unknown.
            ProviderRefused: the provider refuses for good; later calls are not even sent.
            ProviderError: the provider failed in a passing way, more often than `retries`.
            Rejected: this very prompt is too long, or refused.
        """
        require_price(self._options.model, self.price, budget)
        limit = self._options.max_tokens
        if limit is None and budget is not None:
            limit = OUTPUT_CAP_TOKENS
        prompt = "".join(message["content"] for message in messages)
        worst_usd = self.price.worst_usd(prompt, limit) if self.price else 0.0
        asked = _Asked(messages, limit, role, worst_usd if budget is not None else None, effort)
        # Whoever has a place must never wait for money: another may need the place to give it back.
        await self._till.reserve(ledger, worst_usd)
        call: ModelCall | None = None
        try:
            await self._enter(asked)
            call = await self._call(asked)
        finally:
            if asked.ticket is not None:
                self._gate.leave()
            self._till.settle(ledger, worst_usd, call)
        await ledger.flush()
        return call.answer

    @property
    def learned(self) -> Mapping[str, str]:
        """What this server was found not to take: the name that it takes instead, or an empty text."""
        return {**dict.fromkeys(self._learned.dropped, ""), **self._learned.renamed}

    @property
    def limits(self) -> Mapping[str, str]:
        """The rate limits that the server states in its last answer's headers."""
        return self._transport.limits

    @property
    def width(self) -> int:
        """How many calls may be in flight now."""
        return int(self._gate.width)

    async def close(self) -> None:
        """Close connections."""
        await self._transport.close()

    async def _call(self, asked: _Asked) -> ModelCall:
        retry = 0
        while True:
            request = {
                "model": self._name,
                "messages": list(asked.messages),
                **self._sent_options(asked.limit, asked.effort),
            }
            started_us = _now_us()
            try:
                body = await self._send(request)
                call = self._recordable(request, body, asked.role, started_us, asked.unmetered_usd)
                self._gate.answered()
                return call
            except (CallFailed, TimeoutError) as error:
                optional = request.keys() - {"model", "messages"}
                fault = classify(error, sorted(optional), self._transport.where, self._transport.key)
            if fault.kind == "parameter":
                self._learn(fault)
            else:
                await self._wait(asked, fault, retry)
                retry += 1

    async def _send(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.counts.requests += 1
        return await self._transport.send(request, self._options.timeout_s)

    def _sent_options(self, limit: int | None, effort: str | None) -> dict[str, Any]:
        """Return what the user set, less what this server was found not to take."""
        options = {
            "temperature": self._options.temperature,
            self._transport.limit_name: limit,
            "reasoning_effort": effort or self._options.effort,
        }
        renamed = {self._learned.renamed.get(name, name): value for name, value in options.items()}
        return {k: v for k, v in renamed.items() if v is not None and k not in self._learned.dropped}

    def _learn(self, fault: Fault) -> None:
        """Leave an option out from now on; the limit on the output is tried under its other name first."""
        name, learned = fault.parameter, self._learned
        if name in learned.dropped or name in learned.renamed:
            return
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(name)
        if other is not None and other not in learned.renamed:
            learned.renamed[name] = other
            return
        learned.dropped.add(name)
        effect = " A dollar budget is then held only to within one answer's price." if other else ""
        _log.warning("%s The option %s is left out from now on.%s", fault.sentence, name, effect)

    async def _wait(self, asked: _Asked, fault: Fault, retry: int) -> None:
        """Wait before the next try, or raise where there is none; meanwhile others may have the place."""
        if fault.crowded and asked.ticket is not None:
            self._gate.refused(asked.ticket)
        if fault.kind == "refused":
            self._refused = fault.sentence
            raise ProviderRefused(fault.sentence)
        if fault.kind == "prompt":
            raise Rejected(fault.rejection, fault.sentence)
        asked_s = fault.retry_after_s or 0.0
        if retry >= self._options.retries or asked_s > MAX_RETRY_AFTER_S:
            tries = "once" if retry == 0 else f"{retry + 1} times"
            raise ProviderError(f"{fault.sentence} It was asked {tries}.")
        self.counts.retries += 1
        # Never earlier than asked for, and a little later, so that not all come back at the same moment. The
        # first time the server's word is enough; where that did not help, our own waits begin.
        doublings = retry if asked_s == 0 else retry - 1
        own_s = min(MAX_WAIT_S, self._options.backoff_s * 2**doublings) * self._jitter.uniform(0.5, 1.0)
        asked_s *= self._jitter.uniform(1.0, 1.1)
        wait_s = asked_s if doublings < 0 else max(asked_s, own_s)
        _log.info("%s Trying again in %.1f s.", fault.sentence, wait_s)
        asked.ticket = None
        self._gate.leave()
        await asyncio.sleep(wait_s)
        await self._enter(asked)

    async def _enter(self, asked: _Asked) -> None:
        asked.ticket = await self._gate.enter()
        if self._refused is not None:
            raise ProviderRefused(self._refused)

    def _notice_cut(self, body: Mapping[str, Any], request: Mapping[str, Any]) -> None:
        """Say once that answers are cut short: such an answer is paid for and mostly of no use."""
        if self._told_of_cuts or _finish(body) != "length":
            return
        self._told_of_cuts = True
        limits = [request[name] for name in ("max_tokens", "max_completion_tokens") if name in request]
        at = f" at {limits[0]} tokens, reasoning included" if limits else ""
        _log.warning("Answers of %s are cut%s; set proposer.options.max_tokens higher.", self._name, at)

    def _recordable(
        self,
        request: Mapping[str, Any],
        body: Mapping[str, Any],
        role: str,
        started_us: int,
        unmetered_usd: float | None,
    ) -> ModelCall:
        answer, usage = read_completion(body), body.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        tokens = read_usage(usage)
        cost_usd = unmetered_usd
        if tokens is not None:
            cost_usd = self.price.cost_usd(tokens) if self.price else None
        self.counts.answers += 1
        self._notice_cut(body, request)
        return ModelCall(
            model=self._options.model,
            role=role,
            request=json.dumps(request, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
            answer=answer,
            input_tokens=tokens.input if tokens else 0,
            output_tokens=tokens.output if tokens else 0,
            cost_usd=cost_usd,
            usage=usage,
            started_us=started_us,
            ended_us=_now_us(),
        )


def _finish(body: Mapping[str, Any]) -> object:
    """Return why the first choice of a completion ended."""
    return body["choices"][0].get("finish_reason")


def read_completion(body: Mapping[str, Any]) -> str:
    """Return the text of a chat completion: its content, else its refusal, else nothing.

    Raises:
        MalformedAnswer: the body is no chat completion.
    """
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedAnswer(f"a body without choices: {json.dumps(body)[:160]}")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise MalformedAnswer("a choice without a message")
    for key in ("content", "refusal"):
        text = _text(message.get(key))
        if text:
            return text.encode("utf-8", "replace").decode()  # lone surrogates cannot be stored
    return ""


def _text(content: object) -> str:
    """Return plain text, also of content that comes in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return ""


def _now_us() -> int:
    return time.time_ns() // 1000
