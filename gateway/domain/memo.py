"""Decisions worth remembering for as long as they provably stay the same."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.access import Decision, View
from gateway.domain.facts import Facts
from gateway.domain.ids import PersonId
from gateway.domain.instants import Instant


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision, who may see its entry, and the half-open interval in which both hold."""

    decision: Decision
    views: Mapping[PersonId, View]
    decided_at: Instant
    until: Instant


class DecisionMemo:
    """Holds at most `limit` decisions, keyed by bundle digest, epochs and the whole query less the instant.

    Never holds an emergency or a decision that rests on a one-time consent. It only saves work: the fence
    checks the epochs again, so a stale memo cannot release.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._judged: OrderedDict[tuple[bytes, str], Judged] = OrderedDict()

    def find(self, facts: Facts, digest: str, at: Instant) -> Judged | None:
        """The decision for the same facts under the same bundle, if it still holds at this instant."""
        key = (facts.memo_key, digest)
        judged = self._judged.get(key)
        if judged is None:
            return None
        if not judged.decided_at <= at < judged.until:
            del self._judged[key]
            return None
        self._judged.move_to_end(key)
        return judged

    def keep(self, facts: Facts, judged: Judged) -> None:
        """Remember it, unless the rules say that it must be decided anew each time."""
        if facts.query.document["context"].get("break_glass") is not None:
            return
        if any(used in facts.one_time for used in judged.decision.consents_used):
            return
        self._judged[facts.memo_key, judged.decision.policy_digest] = judged
        if len(self._judged) > self._limit:
            self._judged.popitem(last=False)
