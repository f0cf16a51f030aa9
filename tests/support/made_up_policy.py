"""A made-up policy, which refuses by one rule, for use cases that ask one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import Decision, Outcome, Query, View, Viewer
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import PersonId
from gateway.domain.instants import FAR_FUTURE, Instant

Rule = Callable[[Mapping[str, Any]], str | None]
"""The reason for which a policy input is refused, None where it is permitted."""


def a_decision(reason: str | None, *, disclosed: bool = True, owed: frozenset[str] = frozenset()) -> Decision:
    return Decision(
        outcome=Outcome.PERMIT if reason is None else Outcome.DENY,
        basis="",
        reasons=(reason or "DECIDER_MAY_CONSENT",),
        obligations=frozenset({"log_access"}) | owed,
        withheld=frozenset(),
        disclose_existence=disclosed,
        consents_used=(),
        instrument_ids=(),
        valid_until=FAR_FUTURE,
        policy_digest="0" * 64,
    )


@dataclass
class MadeUpPolicy:
    """Refuses by one rule; `NO_RELATIONSHIP` and `NO_AUTHORITY` hide. Silent when told to."""

    rule: Rule = lambda _: None
    silent: bool = False
    owed: frozenset[str] = frozenset()
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    viewed: list[Mapping[str, Any]] = field(default_factory=list)
    digest: str = "0" * 64

    async def decide(self, query: Query, at: Instant) -> Decision:
        return (await self.decide_all([query], at))[0]

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        if self.silent:
            raise PolicyUnavailableError("silent")
        self.asked += [query.at(at) for query in queries]
        self.sizes.append(len(queries))
        return tuple(self._answer(query.document) for query in queries)

    def _answer(self, document: Mapping[str, Any]) -> Decision:
        reason = self.rule(document)
        hides = reason in {"NO_RELATIONSHIP", "NO_AUTHORITY", "OUT_OF_AUDIT_SCOPE"}
        return a_decision(reason, disclosed=not hides, owed=frozenset() if reason else self.owed)

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: Sequence[Viewer]
    ) -> Mapping[PersonId, View]:
        del at
        if self.silent:
            raise PolicyUnavailableError("silent")
        self.viewed.append(entry)
        level = View.FULL if self.rule(query.document) is None else View.NONE
        return {viewer.person: level for viewer in viewers}
