"""Who is told what, and which case is opened: one reviewed table, obligation by obligation.

Nothing here knows how a notice is kept or sent. A notice tells no more than its recipient may know: the
family what the audience rule lets her see of the entry, an agency and its officers ids and codes. What a
person is called is not in it: whoever reads it sees her own agency's handle.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from gateway.domain.access import View
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.holding import HELD, Terms, held_us
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.telling import Happening, part_of
from gateway.domain.vocabulary import AuthorityKind, EnforcementReason, Role

TOLD = "notify_family"
INCIDENT = "incident"
LIMITED = "look_ups_limited"
_HOUR_US = 3_600_000_000


class Audience(StrEnum):
    """In whose inbox a notice lies."""

    PERSON = "person"
    AGENCY = "agency"
    OFFICERS = "officers"
    PROTECTION = "protection"
    """Those of an agency who take reports and questions; alone, for these hold what somebody wrote."""
    WORKER = "worker"


_READ_BY: Mapping[Role, tuple[Audience, ...]] = MappingProxyType(
    {
        Role.PIVOT: (Audience.AGENCY, Audience.PROTECTION),
        Role.CHILD_PROTECTION_WORKER: (Audience.PROTECTION,),
        Role.AGENCY_ADMIN: (Audience.AGENCY,),
        Role.PRIVACY_OFFICER: (Audience.AGENCY, Audience.OFFICERS),
    }
)
"""Which inboxes of her agency a worker reads in this role, beside her own."""


def boxes_of(caller: Caller) -> dict[Audience, str]:
    """Name the inboxes that this caller reads, each with its recipient."""
    if caller.person is not None:
        return {Audience.PERSON: str(caller.person)}
    agency = str(caller.agency)
    return dict.fromkeys(_READ_BY.get(caller.role, ()), agency) | {Audience.WORKER: caller.account}


class CaseKind(StrEnum):
    EMERGENCY = "emergency"
    CONFLICT = "conflict"


FINDINGS: Mapping[CaseKind, frozenset[str]] = MappingProxyType(
    {
        CaseKind.EMERGENCY: frozenset({"justified", "unjustified", "inconclusive"}),
        CaseKind.CONFLICT: frozenset({"settled", "referred"}),
    }
)
"""How a case may end."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`kind` is the obligation that it fulfils. `matter` tells apart what there is one open notice of.

    One that is held lies in nobody's inbox until it is told; `keeper` is the agency whose officers say so.
    """

    kind: str
    audience: Audience
    recipient: str
    says: Mapping[str, Any]
    matter: str = ""
    held_us: int | None = None
    keeper: AgencyId | None = None
    names_person: bool = True
    once: str = ""  # Of what bears this name there is one notice, read or not.


@dataclass(frozen=True, slots=True)
class Case:
    """Something that officers settle; `due_us` after it opens, None where no rule sets a term."""

    kind: CaseKind
    matter: str = ""
    due_us: int | None = None


def tells(obligations: frozenset[str], views: Mapping[PersonId, View]) -> bool:
    """Whether an entry may have to tell anybody: cheap, for most have nobody to tell."""
    return not CARRIED_OUT.isdisjoint(obligations) or View.DELAYED in views.values()


def notices_of(event: Happening, terms: Terms) -> tuple[Notice, ...]:
    """Answer every notice that this entry owes, in a stable order."""
    found = [one for name in sorted(event.obligations) if name in _NOTICES for one in _NOTICES[name](event)]
    return (*found, *_held(event, terms))


def cases_of(event: Happening, terms: Terms) -> tuple[Case, ...]:
    """Answer every case that this entry opens."""
    return tuple(_CASES[name](event, terms) for name in sorted(event.obligations) if name in _CASES)


def _family(event: Happening) -> Iterator[Notice]:
    for person, level in event.views.items():
        part = part_of(event.told, level)
        if part is not None:
            yield Notice(TOLD, Audience.PERSON, person, part)


def _held(event: Happening, terms: Terms) -> Iterator[Notice]:
    """Keep what may not be told yet, with the question by which it may be told."""
    says: dict[str, Any] = {"told": dict(event.told), "question": event.question, "fragment": event.fragment}
    if event.of_entry is not None:
        says["of_entry"] = event.of_entry
    until, keeper = held_us(event, terms), event.owner or event.agency
    for person, level in event.views.items():
        if level is View.DELAYED:
            yield Notice(HELD, Audience.PERSON, person, says, held_us=until, keeper=keeper)


def _codes(event: Happening, *, to_officers: bool) -> dict[str, Any]:
    """What an agency is told; its officers also learn whose account it was, as in the ledger."""
    told = {**event.told, "fragment": event.fragment}
    return {**told, "account": event.account} if to_officers else told


def _owner_agency(event: Happening) -> Iterator[Notice]:
    if event.owner is not None:
        says = _codes(event, to_officers=False)
        yield Notice("notify_owner_agency", Audience.AGENCY, event.owner, says)


def _officers(event: Happening) -> Iterator[Notice]:
    says = _codes(event, to_officers=True)
    for agency in _each(event.owner, event.agency):
        yield Notice("notify_privacy_officer", Audience.OFFICERS, agency, says)


def _recipients(event: Happening) -> Iterator[Notice]:
    """Say that something has ended, not who ended it nor what the family said besides (rules A1 and A2)."""
    says = {"kind": str(event.kind), "consent": event.told.get("consent"), "outcome": "permit"}
    for agency in _each(*event.named):
        yield Notice("notify_recipients", Audience.AGENCY, agency, says)


def _referrer(event: Happening) -> Iterator[Notice]:
    says = {"kind": str(event.kind), "fragment": event.fragment, "outcome": "permit"}
    if event.owner is not None:
        yield Notice("notify_referrer", Audience.AGENCY, event.owner, says)
    if event.referrer is not None:
        yield Notice("notify_referrer", Audience.WORKER, event.referrer, says)


def _other_guardians(event: Happening) -> Iterator[Notice]:
    """Ask each holder of joint authority who has not agreed; of another guardian's own act, without author.

    A holder who may not know of the agency, or not yet, is not asked by this way.
    """
    category = event.told.get("category")
    for holder in _each(*(PersonId(one["person"]) for one in event.authorities if _joint(one, event))):
        level = event.views.get(holder, View.NONE)
        if holder == event.account or _has_agreed(holder, event):
            continue
        says = part_of(event.told, level)
        if event.is_family and not event.touches_protected:
            says = {"view": "state", "owner": event.owner, "category": category, "outcome": "deny"}
        if says is not None:
            matter = f"{event.person}\n{category}\n{holder}"
            yield Notice("request_other_guardian", Audience.PERSON, holder, says, matter)


def _joint(authority: Mapping[str, Any], event: Happening) -> bool:
    scope = authority.get("scope", "all")
    covers = scope == "all" or event.told.get("category") in scope
    joint = authority["authority"] == AuthorityKind.JOINT
    return joint and covers and _runs(authority, event.at)


def _runs(period: Mapping[str, Any], at: Instant | None) -> bool:
    if at is None:
        return False
    starts, ends = period.get("from"), period.get("until")
    try:
        started = starts is None or parse_instant(starts, field="from") <= at
        return started and (ends is None or at < parse_instant(ends, field="until"))
    except MalformedError:
        return False


def _has_agreed(holder: str, event: Happening) -> bool:
    wanted = {"owners": event.owner, "categories": event.told.get("category")}
    wanted["purposes"] = event.told.get("purpose")
    return any(
        one["grantor"]["person"] == holder
        and one["decision"] == "permit"
        and one.get("status", "active") == "active"
        and one.get("withdrawn_at") is None
        and _runs(one, event.at)
        and all(one.get(name) == "any" or value in (one.get(name) or ()) for name, value in wanted.items())
        for one in event.consents
    )


def _report(event: Happening) -> Iterator[Notice]:
    """Hand a report over: what it says, and nothing of who made it, nor for which agency."""
    if event.letter is not None:
        says = {"kind": str(event.kind), "says": dict(event.letter.says), "outcome": "permit"}
        yield Notice("protect_reporter_identity", Audience.PROTECTION, event.letter.to, says)


def _consultation(event: Happening) -> Iterator[Notice]:
    """Hand a question over that is about nobody: neither its row nor its text has an identifier of hers."""
    if event.letter is not None:
        says = {"kind": str(event.kind), "agency": event.agency, "says": dict(event.letter.says)}
        says["outcome"] = "permit"
        yield Notice("no_subject_identifier", Audience.PROTECTION, event.letter.to, says, names_person=False)


def _review(_event: Happening, terms: Terms) -> Case:
    return Case(CaseKind.EMERGENCY, due_us=terms.review_us)


def _conflict(event: Happening, _terms: Terms) -> Case:
    return Case(CaseKind.CONFLICT, matter=f"{event.person}\n{event.told.get('category')}")


def incident(owner: str, acting: str | None, says: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Tell the officers of both agencies that an emergency access was found unjustified (B9)."""
    agencies = _each(AgencyId(owner), None if acting is None else AgencyId(acting))
    return tuple(Notice(INCIDENT, Audience.OFFICERS, agency, says) for agency in agencies)


def limited(agency: AgencyId | None, account: str | None, at: Instant) -> tuple[Notice, ...]:
    """Tell the officers of an agency that one of its accounts asked for too much: once an hour."""
    if agency is None:
        return ()
    says = {"account": account, "outcome": "deny", "reasons": [str(EnforcementReason.RATE_LIMITED)]}
    once = f"{account}\n{at // _HOUR_US}"
    return (Notice(LIMITED, Audience.OFFICERS, agency, says, once=once),)


def _each(*named: AgencyId | PersonId | None) -> Iterable[Any]:
    """Those that are somebody, each once, in their order."""
    return dict.fromkeys(one for one in named if one is not None)


_NOTICES: Mapping[str, Callable[[Happening], Iterator[Notice]]] = MappingProxyType(
    {
        "notify_family": _family,
        "notify_owner_agency": _owner_agency,
        "notify_privacy_officer": _officers,
        "notify_recipients": _recipients,
        "notify_referrer": _referrer,
        "request_other_guardian": _other_guardians,
        "protect_reporter_identity": _report,
        "no_subject_identifier": _consultation,
    }
)
_CASES: Mapping[str, Callable[[Happening, Terms], Case]] = MappingProxyType(
    {"review_required": _review, "escalate_conflict": _conflict}
)

CARRIED_OUT = frozenset(_NOTICES) | frozenset(_CASES)
"""Obligations that are fulfilled by a notice or a case in the transaction of the entry."""

KINDS = frozenset(_NOTICES) | {INCIDENT, LIMITED}
"""What may lie in an inbox; what is held lies in none."""

__all__ = [
    "CARRIED_OUT",
    "FINDINGS",
    "INCIDENT",
    "KINDS",
    "LIMITED",
    "TOLD",
    "Audience",
    "Case",
    "CaseKind",
    "Notice",
    "boxes_of",
    "cases_of",
    "incident",
    "limited",
    "notices_of",
    "tells",
]
