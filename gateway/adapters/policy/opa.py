"""Rego by an OPA server, believed where the interpreter in this process says the same."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.adapters.policy.answer import parse_decisions, parse_views
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.embedded import MAX_QUERIES, EmbeddedPolicy
from gateway.adapters.policy.opa_server import Build, OpaServer
from gateway.adapters.policy.selftest import KnownAnswers
from gateway.domain.access import Decision, Query, View, Viewer
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant

NAME = "opa"
_RETRY_S = 1.0

Differ = Callable[[], None]


class OpaPolicy:
    """Answers with an OPA server; satisfies the port `Policy`.

    Both engines are asked the same question at the same instant, and any difference refuses: `on_difference`
    tells somebody. The server decides about nobody before it has given every known answer, and again after
    another build of OPA has taken its place.
    """

    def __init__(
        self,
        server: OpaServer,
        bundle: Bundle,
        embedded: EmbeddedPolicy,
        *,
        on_difference: Differ,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.digest = bundle.digest
        self._server = server
        self._known = KnownAnswers.of(bundle)
        self._embedded = embedded
        self._on_difference = on_difference
        self._elapsed = elapsed
        self._proven: Build | None = None
        self._tried_at = float("-inf")

    async def prove(self) -> None:
        """Ask the server every known answer.

        Raises:
            PolicyUnavailableError: It is silent, or misses one.
            PolicyContractError: It answers another question, or under another bundle.
        """
        said, build = await self._server.ask("language", {})
        for topic in self._known.topics:
            topic.require(said)
        for start in range(0, len(self._known.rows), MAX_QUERIES):
            rows = self._known.rows[start : start + MAX_QUERIES]
            said, again = await self._server.ask("decisions", {"queries": [row.document for row in rows]})
            if again != build or not isinstance(said, list) or len(said) != len(rows):
                raise PolicyContractError("the policy server does not answer row by row")
            for row, answer in zip(rows, said, strict=True):
                self._known.require_row(row, answer)
        self._proven = build

    async def decide(self, query: Query, at: Instant) -> Decision:
        """Decide one query at an instant."""
        (decision,) = await self.decide_all([query], at)
        return decision

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        """Decide at most 50 queries in one question to the server; the answers come in their order."""
        if len(queries) > MAX_QUERIES:
            raise PolicyUnavailableError("too many queries at once")
        if not queries:
            return ()
        ours = await self._embedded.decide_all(queries, at)
        said = await self._ask("decisions", {"queries": [query.at(at) for query in queries]})
        theirs = parse_decisions(said, self.digest, len(queries))
        self._require_same(ours, theirs)
        return tuple(replace(decision, engine=NAME) for decision in theirs)

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: Sequence[Viewer]
    ) -> Mapping[PersonId, View]:
        """What each viewer may see of an entry with these facts."""
        if not viewers:
            return {}
        ours = await self._embedded.views(query, at, entry, viewers)
        asked = {
            "query": query.at(at),
            "entry": dict(entry),
            "viewers": [viewer.to_policy() for viewer in viewers],
        }
        theirs = parse_views(await self._ask("views", asked), frozenset(viewer.person for viewer in viewers))
        self._require_same(ours, theirs)
        return theirs

    async def decide_document(self, document: Mapping[str, Any]) -> Decision:
        """Decide one complete policy input, whatever it holds: a scenario or a replay, not a request."""
        ours = self._embedded.decide_document(document)
        said = await self._ask("decisions", {"queries": [document]})
        (theirs,) = parse_decisions(said, self.digest, 1)
        self._require_same(ours, theirs)
        return replace(theirs, engine=NAME)

    async def health(self) -> None:
        """Ask the server for nothing, so that whoever asks knows whether it would answer.

        Raises:
            PolicyUnavailableError: It is silent, or has not proved itself.
            PolicyContractError: It has another bundle.
        """
        await self._ask("decisions", {"queries": []})

    async def close(self) -> None:
        """End the connections to the server."""
        await self._embedded.close()
        await self._server.close()

    async def _ask(self, rule: str, document: Mapping[str, Any]) -> object:
        if self._proven is None:
            await self._prove_again()
        said, build = await self._server.ask(rule, document)
        if build != self._proven:
            self._proven = None
            raise PolicyUnavailableError("another policy server answers, which has not proved itself")
        return said

    async def _prove_again(self) -> None:
        now = self._elapsed()
        if now - self._tried_at < _RETRY_S:
            raise PolicyUnavailableError("the policy server has not proved itself")
        self._tried_at = now
        await self.prove()

    def _require_same(self, ours: object, theirs: object) -> None:
        if ours != theirs:
            self._on_difference()
            raise PolicyContractError("the two engines do not say the same")


__all__ = ["OpaPolicy"]
