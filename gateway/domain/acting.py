"""What an act hands to the store: who acts, what is to be written in the ledger, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import Decision, Recorded, View, Viewer
from gateway.domain.caller import Caller
from gateway.domain.counts import Count
from gateway.domain.findings import Finding
from gateway.domain.ids import AgencyId, ConsentId, DecisionId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.instruments import subject_of
from gateway.domain.ledger import EntryKind


@dataclass(frozen=True, slots=True)
class Once:
    """The `Idempotency-Key` of an act: the same key and body bring the first effect back."""

    key: str
    request_digest: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What an act says to another agency; `says` holds whatever she may read, and is kept sealed."""

    to: AgencyId
    says: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """What an act's entry says. `caller` is None for an operator's act, named in `detail` instead.

    `detail` goes sealed into the officers' part; `person` decides under whose record key.
    """

    kind: EntryKind
    decision_id: DecisionId
    caller: Caller | None
    detail: Mapping[str, Any]
    outcome: str = "permit"
    reason: str = ""
    purpose: str = ""
    person: PersonId | None = None
    owner: AgencyId | None = None
    fragment: FragmentId | None = None
    consent: ConsentId | None = None
    decision: Decision | None = None
    views: Mapping[PersonId, View] = field(default_factory=dict)
    once: Once | None = None
    epochs: tuple[tuple[str, int], ...] = ()
    """Scopes that the decision behind this act rests on: the writer checks them under the head lock."""
    tells: Mapping[str, Any] = field(default_factory=dict)
    """More that its viewers are told in full, or in place of what the act itself would say."""
    question: Mapping[str, Any] | None = None
    """The audience question behind `views`, as `audience_question` makes it: needed where one is delayed."""
    letter: Letter | None = None
    asked: tuple[Mapping[str, Any], ...] = ()
    """Every question behind `views` where there is more than that one: put again when a row is read."""
    words: tuple[Decision, ...] = ()
    """What the policy said where the entry tells something else: of each line of a list, of a reading."""
    counts: Count | None = None
    """What it uses up of its caller's budgets: over one of these, the act is refused."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act took effect, now or at the first use of its idempotency key.

    `proven` says whether a mirror holds it and a checkpoint covers it; None where no act needs it.
    """

    reference: Mapping[str, Any]
    entry: Recorded | None
    replayed: bool = False
    proven: bool | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """What the policy must know of a person to judge an act about her that names no fragment."""

    person: PersonId
    subject: Mapping[str, Any]
    owners: Mapping[AgencyId, Mapping[str, Any]]
    """Each agency that holds a fragment of her: `{profile, consent_model, sector, categories}`."""
    actor: Mapping[str, Any]
    viewers: tuple[Viewer, ...]
    epochs: tuple[tuple[str, int], ...]
    floor: Instant
    policy_digest: str
    """Of the bundle that is active in the store: a worker that still runs another one answers nothing."""
    recorded_by: tuple[str | None, ...] = ()
    """Which agency recorded each of the subject's orders; None is the network."""
    findings: tuple[Finding, ...] = ()
    """The last revision of every record about her, whatever its period."""

    def subject_of(self, owner: AgencyId) -> Mapping[str, Any]:
        """The person as a decision about this owner's fragments reads her."""
        return subject_of(self.subject, self.recorded_by, owner)
