"""Asking and answering: the query put to the policy, its decision, and what the caller gets."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from gateway.domain.ids import ConsentId, DecisionId, FindingId, PersonId, SectionId
from gateway.domain.instants import Instant, to_text
from gateway.domain.vocabulary import Action

Json = Mapping[str, Any]
"""Untrusted or policy-shaped JSON: the one place where `Any` is allowed."""


class Outcome(StrEnum):
    PERMIT = "permit"
    DENY = "deny"


class View(StrEnum):
    """How much of an entry a viewer may see (domain rule 3.10)."""

    FULL = "full"
    GENERIC = "generic"
    DELAYED = "delayed"
    NONE = "none"


STRICTEST = (View.NONE, View.DELAYED, View.GENERIC, View.FULL)
"""From the strictest to the widest: where two answers meet, the stricter one counts."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the policy is asked: its input less the instant, which is given apart.

    `canonical` is the canonical JSON of the document (sorted keys, no white space, UTF-8) and `digest`
    its SHA-256: the facts snapshot of the ledger and part of the decision memo's key.
    """

    document: Json
    canonical: bytes
    digest: bytes

    @classmethod
    def of(cls, document: Json) -> "Query":
        """Freeze a policy input; `document["context"]` must hold no `time`."""
        canonical = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
        return cls(document, canonical, hashlib.sha256(canonical).digest())

    def at(self, instant: Instant) -> dict[str, Any]:
        """The complete policy input at this instant."""
        return {**self.document, "context": {**self.document["context"], "time": to_text(instant)}}


@dataclass(frozen=True, slots=True)
class Stated:
    """What an asker says beside the fragment and the purpose; what she leaves out is not in the query.

    `context` is in the policy's own fields, free text included: it is kept sealed. `emergency` names a
    declaration; whether it is hers, and holds, is looked up.
    """

    action: Action = Action.READ
    context: Json = field(default_factory=dict, repr=False)
    emergency: FindingId | None = None

    def to_detail(self) -> dict[str, Any]:
        """Say it in the officers' part of the entry."""
        return {"stated": dict(self.context), "emergency": self.emergency}


NOTHING_STATED = Stated()
"""To read, and nothing more is said: told by its identity, so that the plain way costs nothing."""


@dataclass(frozen=True, slots=True)
class ConsentRef:
    id: ConsentId
    version: int


class Way(StrEnum):
    """How one decision follows from the answers to its questions."""

    ANY = "any"
    """A permit of one is a permit, with all that any permit owes."""
    DECLARED = "declared"
    """Of the one answer, what the declaration itself rests on and owes."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What the policy was asked at one instant: kept with the entry, so that it can be asked again.

    `documents` are queries' documents. Of a caller who is not `linked`, a refusal discloses nothing.
    """

    documents: tuple[Json, ...] = field(repr=False)
    at: Instant
    way: Way = Way.ANY
    linked: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy answered; `reasons[0]` is the primary reason, permits have reasons too.

    `questions` where an act is to keep what it rests on; an attempt keeps its facts itself, and what no
    policy decided has none.
    """

    outcome: Outcome
    basis: str
    reasons: tuple[str, ...]
    obligations: frozenset[str]
    withheld: frozenset[SectionId]
    disclose_existence: bool
    consents_used: tuple[ConsentRef, ...]
    instrument_ids: tuple[str, ...]
    valid_until: Instant
    policy_digest: str
    engine: str = ""
    questions: Questions | None = field(default=None, compare=False, repr=False)

    @property
    def permitted(self) -> bool:
        return self.outcome is Outcome.PERMIT

    def asked(self, query: Query, at: Instant) -> "Decision":
        """The same, with what it is the answer to."""
        return replace(self, questions=Questions((query.document,), at))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who may one day read the entry: the subject herself, or a holder of a recorded authority.

    A worker, an officer or an auditor is one too, with `person` her account and `facts` her side of a query.
    """

    person: PersonId
    role: str
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def to_policy(self) -> dict[str, Any]:
        return {**self.facts, "person": self.person, "role": self.role}


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an act stands in the ledger."""

    decision_id: DecisionId
    ledger: int
    index: int
    recorded_at: Instant
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """No: why, and where that is written; `retry_after_s` where it only has to wait."""

    decision: Decision
    entry: Recorded | None
    unavailable: bool = False
    retry_after_s: int | None = None
