"""Judged attempts that a test hands to the fence by itself, and a gateway under another clock."""

from dataclasses import dataclass, field
from typing import Any

from gateway.adapters.clock import SystemClock
from gateway.domain.caller import Caller
from gateway.domain.facts import Attempt
from gateway.domain.ids import DecisionId, FragmentId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.judging import Judge, Question
from gateway.ports import Clock
from gateway.wiring.usecases import build_use_cases
from tests.support.race_network import ASKING
from tests.support.stack import Stack

LETTER, MARKS = FragmentId("frg_letter"), FragmentId("frg_marks")


async def an_attempt(stack: Stack, fragment: FragmentId = LETTER, **changes: Any) -> Attempt:  # noqa: ANN401 - fields of any type
    """Gather the facts and decide, as a release does, and stop before it is recorded."""
    parts = stack.parts
    caller = await stack.caller(*ASKING)
    found = await judge_of(stack)(Question(caller, fragment, "coordination", EntryKind.RELEASED))
    decision = found.judged.decision
    made: dict[str, Any] = {
        "kind": EntryKind.RELEASED if decision.permitted else EntryKind.REFUSED,
        "decision_id": DecisionId(parts.ids.new("dec")),
        "caller": caller,
        "purpose": "coordination",
        "decided_at": found.at,
        "facts": found.facts,
        "decision": decision,
        "views": found.judged.views,
        "detail": {"asked": fragment, "justification": "", "memo": False},
    }
    return Attempt(**{**made, **changes})


def judge_of(stack: Stack) -> Judge:
    """Steps 1 and 2 of a release, without a memo."""
    return Judge(stack.parts.store, stack.parts.policy, stack.parts.clock, None)


async def asking(stack: Stack) -> Caller:
    return await stack.caller(*ASKING)


@dataclass
class SetClock:
    """The system's clock until it is set: then a fixed instant, moved by hand."""

    fixed: Instant | None = field(default=None)

    def now(self) -> Instant:
        return SystemClock().now() if self.fixed is None else self.fixed


def with_clock(stack: Stack, clock: Clock) -> Stack:
    """The same gateway by another clock: the judge's, the writer's and every use case's."""
    parts = stack.parts
    parts.clock = parts.writer.clock = clock
    return Stack(parts, build_use_cases(parts))


async def entries_of(stack: Stack, first: int = 0) -> list[dict[str, Any]]:
    """List the ledger from an index on, oldest first."""
    rows = await stack.parts.ledger.entries({}, None, 500)
    return [dict(row) for row in reversed(rows) if row["index"] >= first]
