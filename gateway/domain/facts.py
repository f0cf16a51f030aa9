"""What is known when an attempt is judged, and what the fence answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from gateway.domain.access import ConsentRef, Decision, Query, View, Viewer
from gateway.domain.bearer import Proof
from gateway.domain.caller import Caller
from gateway.domain.counts import Count
from gateway.domain.ids import AgencyId, DecisionId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.ledger import EntryKind

Epochs = tuple[tuple[str, int], ...]
"""(scope, number) pairs in the order of the scopes; one row per scope in the store."""

POLICY_SCOPE = "policy"


def client_scope(client: str) -> str:
    return f"client:{client}"


def account_scope(account: str) -> str:
    return f"account:{account}"


def person_scope(person: str) -> str:
    return f"person:{person}"


def agency_scope(agency: str) -> str:
    return f"agency:{agency}"


@dataclass(frozen=True, slots=True)
class FragmentRef:
    """Which version of which fragment, whose, and how its data key is wrapped."""

    id: FragmentId
    version: int
    dossier: DossierId
    person: PersonId
    owner: AgencyId
    category: str
    path: KeyPath
    data_wrap: bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """One snapshot: the query for the policy, and all that must still hold when it is recorded.

    `floor` is the ledger head's `recorded_at` in the snapshot: no decision on these facts is dated before
    it. `horizon` is the first instant at which something that the policy was not given as a date starts
    or ends; the facts hold in [floor, horizon).
    """

    query: Query
    epochs: Epochs
    floor: Instant
    horizon: Instant
    fragment: FragmentRef
    viewers: tuple[Viewer, ...]
    one_time: frozenset[ConsentRef]
    policy_digest: str
    """Of the bundle that is active in the store: a worker that still runs another one releases nothing."""
    protected: tuple[AgencyId, ...] = ()
    rests_on: frozenset[tuple[str, int]] = field(init=False)
    scopes: frozenset[str] = field(init=False)
    memo_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rests_on", frozenset(self.epochs))
        object.__setattr__(self, "scopes", frozenset(scope for scope, _ in self.epochs))
        vector = "\n".join(f"{scope}={number}" for scope, number in self.epochs).encode()
        object.__setattr__(self, "memo_key", hashlib.sha256(self.query.digest + vector).digest())


@dataclass(frozen=True, slots=True)
class Stretch:
    """The next fragments of a dossier after an id, at most `limit`; judged on all directives or the near."""

    dossier: DossierId
    after: str
    limit: int
    every_directive: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyClaim:
    """An `Idempotency-Key` as one client used it: the digest of its request, and the row's count as read.

    Key and digest are as the store keeps them, blinded.
    """

    client: str
    key: str
    request_digest: bytes
    seen: int


class Attempt(NamedTuple):
    """One judged attempt on its way to the ledger; `detail` goes, sealed, into the officers' part."""

    kind: EntryKind
    decision_id: DecisionId
    caller: Caller
    purpose: str
    decided_at: Instant
    facts: Facts
    decision: Decision
    views: Mapping[PersonId, View]
    detail: Mapping[str, Any]
    idempotency: IdempotencyClaim | None = None
    fenced: bool = True
    proof: Proof | None = None
    """Of the request: spent when the attempt is recorded."""
    counts: Count | None = None
    """What it uses up of its asker's budgets, if it is fenced."""

    @property
    def uses(self) -> tuple[ConsentRef, ...]:
        """One-time consents that this release uses up."""
        if not self.facts.one_time or not self.decision.permitted or self.kind is not EntryKind.RELEASED:
            return ()
        return tuple(used for used in self.decision.consents_used if used in self.facts.one_time)


class Turned(Enum):
    """Why the fence did not record an attempt."""

    MOVED = "moved"
    """Something the decision rests on has changed: gather the facts again."""
    OVERTAKEN = "overtaken"
    """The decision is past its own end, or its facts past their horizon: gather the facts again."""
    TWIN = "twin"
    """The same idempotency key is being answered at this moment."""
    OTHER_REQUEST = "other_request"
    """The idempotency key was used for another request."""
    REPLAYED = "replayed"
    """The request's proof of possession was used before."""
    CLOCK_UNSURE = "clock_unsure"
    """This worker's clock and the store's are more than two seconds apart."""
