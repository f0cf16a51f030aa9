"""The policy engine inside this process."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.adapters.policy.answer import parse_decision, parse_decisions, parse_text, parse_views
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import DECISION, DECISIONS, LANGUAGE, VIEWS, Engine, Interpreter
from gateway.adapters.policy.explanation import Explanation, explain
from gateway.adapters.policy.selftest import KnownAnswers
from gateway.domain.access import Decision, Query, View, Viewer
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant

MAX_QUERIES = 50
DEADLINE_S = 1.0

MakeEngine = Callable[[Bundle], Engine]


class EmbeddedPolicy:
    """Answers with the interpreter in this process; satisfies the port `Policy`.

    An interpreter belongs to the thread that made it, so each thread that asks gets its own. It cannot be
    interrupted: an answer that took longer than the deadline is thrown away.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        make_engine: MakeEngine = Interpreter,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.digest = bundle.digest
        self._bundle = bundle
        self._make_engine = make_engine
        self._elapsed = elapsed
        self._engines = threading.local()

    @classmethod
    def load(cls, bundle: Bundle, *, make_engine: MakeEngine = Interpreter) -> "EmbeddedPolicy":
        """Load a bundle and make its engine prove itself first.

        Raises:
            PolicyUnavailableError: The bundle does not load, or the engine misses a known answer.
        """
        policy = cls(bundle, make_engine=make_engine)
        known, engine = KnownAnswers.of(bundle), policy.engine()
        for row in known.rows:
            known.require_row(row, parse_text(engine.ask(DECISION, row.document)))
        language = parse_text(engine.ask(LANGUAGE, {}))
        for topic in known.topics:
            topic.require(language)
        return policy

    def engine(self) -> Engine:
        """The engine of the thread that asks."""
        engine: Engine | None = getattr(self._engines, "engine", None)
        if engine is None:
            engine = self._make_engine(self._bundle)
            self._engines.engine = engine
        return engine

    async def health(self) -> None:
        """It is in this process, so it answers."""

    async def close(self) -> None:
        """Let this thread's engine go, here: an interpreter dies in the thread that made it."""
        self._engines = threading.local()

    async def decide(self, query: Query, at: Instant) -> Decision:
        """Decide one query at an instant."""
        decision = parse_decision(self._ask(DECISION, query.at(at)), self.digest)
        return _still_ahead(decision, at)

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        """Decide at most 50 queries in one question to the engine; the answers come in their order."""
        if len(queries) > MAX_QUERIES:
            raise PolicyUnavailableError("too many queries at once")
        if not queries:
            return ()
        value = self._ask(DECISIONS, {"queries": [query.at(at) for query in queries]})
        decisions = parse_decisions(value, self.digest, len(queries))
        return tuple(_still_ahead(decision, at) for decision in decisions)

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: Sequence[Viewer]
    ) -> Mapping[PersonId, View]:
        """What each viewer may see of an entry with these facts."""
        if not viewers:
            return {}
        asked = {
            "query": query.at(at),
            "entry": dict(entry),
            "viewers": [viewer.to_policy() for viewer in viewers],
        }
        return parse_views(self._ask(VIEWS, asked), frozenset(viewer.person for viewer in viewers))

    def decide_document(self, document: Mapping[str, Any]) -> Decision:
        """Decide one complete policy input, whatever it holds: a scenario or a replay, not a request."""
        return parse_decision(self._ask(DECISION, document), self.digest)

    def explain(self, document: Mapping[str, Any]) -> Explanation:
        """The way to the decision on one complete policy input, in words."""
        return explain(self._bundle, self.engine(), document)

    def _ask(self, rule: str, document: Mapping[str, Any]) -> object:
        started = self._elapsed()
        answer = self.engine().ask(rule, document)
        if self._elapsed() - started > DEADLINE_S:
            raise PolicyUnavailableError("the policy engine took too long")
        return parse_text(answer)


def _still_ahead(decision: Decision, at: Instant) -> Decision:
    if decision.valid_until < at:
        raise PolicyContractError("the answer was over before it was asked")
    return decision


__all__ = ["DEADLINE_S", "MAX_QUERIES", "EmbeddedPolicy"]
