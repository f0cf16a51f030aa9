"""Rego, whichever engine answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.access import Decision, Query, View, Viewer
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant


class Policy(Protocol):
    """Rego, whichever engine answers.

    Raises:
        PolicyUnavailableError: Silent, slow, or undefined.
        PolicyContractError: An answer that is not one.
    """

    @property
    def digest(self) -> str: ...

    async def decide(self, query: Query, at: Instant) -> Decision: ...

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        """At most 50, in one query to the engine; answers in the same order."""

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: Sequence[Viewer]
    ) -> Mapping[PersonId, View]: ...
