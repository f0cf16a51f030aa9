"""The parts of a policy input, with few values that meet: invented people, three agencies, some instants."""

from collections.abc import Mapping
from random import Random
from typing import Any

from tests.policies.dice import (
    Make,
    either,
    joined,
    listed,
    mostly,
    one_of,
    parts,
    some_of,
    sometimes,
    yes_or_no,
)
from tests.policies.grids import PURPOSES, SERVICE

Json = dict[str, Any]

NOW = "2030-06-01T12:00:00Z"
INSTANTS = (
    "2029-01-01T00:00:00Z",
    "2030-06-01T11:59:59.5Z",
    NOW,
    "2030-06-01T14:00:00.000001+02:00",
    "2030-06-01T16:00:00Z",
    "2031-01-01T00:00:00Z",
)
CATEGORIES = ("education", "health_general", "mental_health", "recommendation")
AGENCIES = ("agency:clinic", "agency:school", "agency:clinic/east", "agency:library")
FERN, ROWAN, BIRCH = "person:fern", "adult:rowan", "adult:birch"
PERSONS = (FERN, ROWAN, BIRCH)
TAGS = ("reporter_identity", "third_party", "legal_privilege", "youth_private")

maybe_instant = one_of(None, *INSTANTS)
_categories = either(one_of("any"), some_of(CATEGORIES, 3))
_purposes = either(one_of("any"), some_of(PURPOSES, 3))
_sensitivities = one_of("N", "R", "V")
_recipient = one_of(
    {"agency": "agency:clinic"},
    {"agency": "agency:clinic", "include_units": True},
    {"agency": "agency:school"},
    {"agency": "agency:library"},
    {"agency": "agency:clinic", "role": "caseworker"},
    {"agency": "agency:clinic", "role": "pivot"},
    {"person": "worker:ash"},
    {"person": ROWAN},
    {"person": "worker:ash", "agency": "agency:library"},
    {"committee": "com:1"},
)
recipients = either(one_of("any"), listed(_recipient, 2))
_exception = joined(
    parts(decision=one_of("permit", "deny")),
    sometimes(
        0.4,
        recipients=recipients,
        categories=_categories,
        purposes=_purposes,
        fragments=one_of(["piece:1"], ["piece:2"]),
        max_sensitivity=_sensitivities,
    ),
)
_LIKELY: Mapping[str, Make] = {
    "grantor": one_of(
        {"person": FERN, "as": "self"},
        {"person": ROWAN, "as": "guardian"},
        {"person": BIRCH, "as": "guardian"},
    ),
    "decision": one_of("permit", "permit", "deny"),
    "recipients": one_of("any", [{"agency": "agency:clinic"}], [{"person": "worker:ash"}]),
    "owners": one_of("any", ["agency:school"]),
    "purposes": one_of("any", list(SERVICE)),
    "categories": one_of("any", list(CATEGORIES), ["education"], ["education", "health_general"]),
    "max_sensitivity": one_of("N", "R", "V", "V"),
    "from": one_of(INSTANTS[0]),
    "until": one_of(*INSTANTS[3:]),
    "status": one_of("active"),
}
_WIDE: Mapping[str, Make] = {
    "grantor": parts(person=one_of(*PERSONS), **{"as": one_of("self", "guardian")}),
    "decision": one_of("permit", "deny"),
    "recipients": recipients,
    "owners": one_of("any", ["agency:school"], ["agency:clinic"], []),
    "purposes": _purposes,
    "categories": _categories,
    "max_sensitivity": one_of(None, "N", "R", "V"),
    "from": maybe_instant,
    "until": maybe_instant,
    "status": one_of("active", "draft", "superseded"),
}
_RARE = sometimes(
    0.3,
    exceptions=listed(_exception, 2),
    withdrawn_at=maybe_instant,
    data_period=parts(**{"from": maybe_instant, "until": maybe_instant}),
    fragments=one_of(["piece:1"], ["piece:2"], ["piece:1", "piece:2"]),
    one_time=yes_or_no,
    used=yes_or_no,
)


def directive(dice: Random, *, exceptions: bool = True) -> Json:
    """One directive without an id: most often one that speaks of what is asked, sometimes of anything."""
    rough = dice.choice((0.0, 0.0, 0.1, 0.5))
    made: Json = {"version": 1}
    for field, likely in _LIKELY.items():
        made[field] = (_WIDE[field] if dice.random() < rough else likely)(dice)
    made |= sometimes(0.2, notify_family=yes_or_no, exceptions=listed(_exception, 1, 1))(dice)
    if dice.random() < rough:
        made |= _RARE(dice)
    if not exceptions:
        made.pop("exceptions", None)
    return made


def directives(most: int, least: int = 0) -> Make:
    return lambda dice: [
        {**made, "id": f"d{at}"} for at, made in enumerate(listed(directive, most, least)(dice))
    ]


_authority = joined(
    parts(
        person=one_of(ROWAN, BIRCH, BIRCH, "adult:hazel"),
        authority=one_of("sole", "joint", "joint", "joint", "agency", "substitute", "access_only", "none"),
    ),
    sometimes(
        0.15,
        **{"from": maybe_instant, "until": maybe_instant},
        scope=either(one_of("all", None), some_of(CATEGORIES, 3)),
    ),
)
_TWO = [{"person": ROWAN, "authority": "joint"}, {"person": BIRCH, "authority": "joint"}]
_order = joined(
    parts(id=one_of("o1", "o2"), type=one_of("require", "prohibit"), recipients=recipients),
    sometimes(
        0.4,
        basis=one_of("court_order", "statutory_demand"),
        categories=_categories,
        purposes=_purposes,
        sealed_from_family=yes_or_no,
    ),
    sometimes(0.15, **{"from": maybe_instant, "until": maybe_instant}),
)
_section = sometimes(0.4, category=one_of(*CATEGORIES), sensitivity=_sensitivities, tags=some_of(TAGS, 1))
AGREED: Json = {
    "decision": "permit",
    "grantor": {"person": ROWAN, "as": "guardian"},
    "recipients": [{"agency": "agency:clinic"}],
    "owners": "any",
    "purposes": "any",
    "categories": list(CATEGORIES),
    "max_sensitivity": "V",
    "until": INSTANTS[-1],
    "status": "active",
}
"""What a permit says that lacks nothing."""
DECLARED: Json = {
    "declared_at": "2030-06-01T10:00:00Z",
    "risk": "risk_to_life",
    "justification": "Child seen alone at the river",
    "consent_unobtainable": True,
    "subject": FERN,
    "categories": list(CATEGORIES),
}
"""A declaration that lacks nothing."""
declaration = joined(
    parts(
        declared_at=one_of("2030-06-01T10:00:00Z", "2030-06-01T10:00:00Z", *INSTANTS, "2030-06-01T08:00:00Z"),
        risk=one_of("risk_to_life", "risk_to_life", "serious_bodily_harm", "missing_child", "hurry"),
        justification=one_of(*["Child seen alone at the river"] * 5, "short"),
        consent_unobtainable=mostly,
        subject=one_of(*[FERN] * 7, "person:moss"),
        categories=either(one_of(list(CATEGORIES)), one_of(list(CATEGORIES)), some_of(CATEGORIES, 2)),
    ),
    sometimes(0.3, delay_family_notice=yes_or_no),
)
_committee = joined(
    parts(
        id=one_of("com:1"),
        status=one_of("scheduled", "open", "open", "open", "closed"),
        members=one_of(["worker:ash"], ["worker:ash", "worker:elm"], ["worker:elm"]),
        recused=one_of([], [], [], ["worker:ash"]),
        package=one_of(["piece:1"], ["piece:1"], []),
        agencies_at_consent=one_of(["agency:clinic"], ["agency:clinic", "agency:school"], ["agency:library"]),
    ),
    sometimes(0.3, opens=maybe_instant, closes=maybe_instant),
)
_transfer = parts(
    state=one_of("proposed", "accepted", "accepted", "refused_by_family", "completed"),
    to_person=one_of("worker:ash", "worker:ash", "worker:elm"),
    package=one_of(["piece:1"], ["piece:1"], []),
)
PLACES: Mapping[str, Make] = {
    "profile": one_of("ON-CYFSA", "QC-LRSSS", "QC-PRIV", "FR"),
    "purpose": one_of(*PURPOSES),
    "subject.age": one_of(9, 12, 13, 14, 15, 16, 17, 18, 40),
    "subject.capable": either(mostly, one_of(None, ["education"], ["health_general"])),
    "subject.authorities": either(one_of(_TWO), one_of(_TWO), listed(_authority, 3)),
    "subject.orders": either(one_of([]), one_of([]), listed(_order, 2)),
    "actor.agency": one_of(*AGENCIES),
    "actor.agency_status": one_of("member", "member", "member", "suspended"),
    "actor.role": one_of("caseworker", "pivot", "child_protection_worker", "committee_member"),
    "actor.assigned": yes_or_no,
    "actor.active": mostly,
    "actor.strong_auth": mostly,
    "actor.overdue_reviews": one_of(0, 0, 1, None),
    "actor.sector": one_of("health_social", "health_social", "school"),
    "actor.bound_by_secrecy": mostly,
    "actor.protection_mission": mostly,
    "actor.network_wide": yes_or_no,
    "fragment.owner_sector": one_of("health_social", "health_social", "school"),
    "fragment.category": one_of(*CATEGORIES),
    "fragment.sensitivity": _sensitivities,
    "fragment.status": one_of(*["active"] * 5, "owner_hold", "entered_in_error", "erased"),
    "fragment.created": maybe_instant,
    "fragment.sections": lambda dice: [
        {"id": f"s{at}", **made} for at, made in enumerate(listed(_section, 3)(dice))
    ],
    "fragment.youth_alone": yes_or_no,
    "fragment.harm_if_disclosed_to": some_of(("guardian", "youth"), 2),
    "fragment.guardian_access": parts(youth_consulted=mostly, harm_expected=yes_or_no),
    "context.consent_model": one_of("express", "presumed", "shared_secret"),
    "context.break_glass": either(one_of(None), one_of(DECLARED), declaration),
    "context.committee": _committee,
    "context.transfer": either(one_of(None), _transfer, _transfer),
    "context.necessity": one_of("to assess", "to assess", ""),
    "context.family_informed": yes_or_no,
    "context.inform_exception": one_of(None, "against_interest"),
    "context.co_guardian_agrees": yes_or_no,
    "context.audit_requester_agency": one_of(*AGENCIES),
}
SCHEMA: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "": "profile subject consents actor action purpose fragment context",
        "subject": "id age capable authorities orders",
        "authorities": "person authority from until scope",
        "orders": "id type basis recipients categories purposes from until sealed_from_family",
        "consents": "id version grantor decision recipients owners purposes categories max_sensitivity"
        " data_period fragments from until status withdrawn_at one_time used notify_family exceptions",
        "grantor": "person as",
        "recipients": "agency include_units role person committee",
        "data_period": "from until",
        "exceptions": "decision recipients purposes categories fragments max_sensitivity",
        "actor": "id agency agency_status role assigned active strong_auth overdue_reviews sector"
        " bound_by_secrecy protection_mission network_wide",
        "fragment": "id owner_agency owner_sector category sensitivity status created youth_alone"
        " guardian_access harm_if_disclosed_to sections",
        "guardian_access": "youth_consulted harm_expected",
        "sections": "id category sensitivity tags",
        "context": "time consent_model break_glass committee transfer necessity family_informed"
        " inform_exception co_guardian_agrees evidence audit_requester_agency unavailable",
        "break_glass": "declared_at risk justification consent_unobtainable subject categories"
        " delay_family_notice",
        "committee": "id status opens closes members recused package agencies_at_consent",
        "transfer": "state to_person package",
        "evidence": "method grantor_name information_described purposes_explained_how"
        " withdrawal_right_explained",
    }.items()
}
"""The fields of each object of the policy input, by the field that holds it."""
