"""Situations for property tests: complete policy inputs about invented people, with few values that meet.

Every part is thrown with dice, so that a law is tried on a few hundred situations that shrink, and on thirty
thousand at the cost of evaluating them.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.policies.grids import ACTIONS, MATRIX, PURPOSES, SERVICE
from tests.policies.test_tables import ROWS

Json = dict[str, Any]
Make = Callable[[Random], Any]

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
_SPOKEN = ("service_delivery", "assessment", "child_protection")


def one_of(*values: object) -> Make:
    return lambda dice: dice.choice(values)


def some_of(values: Sequence[object], most: int) -> Make:
    return lambda dice: dice.sample(values, dice.randint(0, min(most, len(values))))


def parts(**makes: Make) -> Make:
    return lambda dice: {field: make(dice) for field, make in makes.items()}


def sometimes(chance: float, **makes: Make) -> Make:
    """Each field with this chance, by itself."""
    return lambda dice: {field: make(dice) for field, make in makes.items() if dice.random() < chance}


def joined(*makes: Make) -> Make:
    return lambda dice: {field: value for make in makes for field, value in make(dice).items()}


def either(*makes: Make) -> Make:
    return lambda dice: dice.choice(makes)(dice)


def listed(make: Make, most: int, least: int = 0) -> Make:
    return lambda dice: [make(dice) for _ in range(dice.randint(least, most))]


yes_or_no: Make = lambda dice: dice.random() < 0.5  # noqa: E731 - one of the dice's tables
mostly: Make = lambda dice: dice.random() < 0.8  # noqa: E731 - the same
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

_BASE = ROWS["consents: nobody consented"].document
_BY_REASON: dict[str, list[Json]] = defaultdict(list)
for _row in ROWS.values():
    if _row.reasons[0] != "INPUT_INVALID":
        _BY_REASON[_row.reasons[0]].append(_row.document)
_REASONS = tuple(_BY_REASON)


def put(document: Json, place: str, value: object) -> None:
    *path, last = place.split(".")
    for step in path:
        document = document[step]
    document[last] = value


def told(dice: Random) -> Json:
    """A row of the tables, each reason alike often, with up to three parts as in another situation."""
    document = copy.deepcopy(dice.choice(_BY_REASON[dice.choice(_REASONS)]))
    for place in dice.sample(tuple(PLACES), dice.randint(0, 3)):
        put(document, place, PLACES[place](dice))
    more = dice.choice((directives(0), directives(2), lambda dice: copy.deepcopy(_told_of(dice))))(dice)
    document["consents"] = [
        {**found, "id": f"d{at}"} for at, found in enumerate([*document["consents"], *more])
    ]
    return document


def _told_of(dice: Random) -> list[Json]:
    consents: list[Json] = dice.choice(_BY_REASON[dice.choice(_REASONS)])["consents"]
    return consents


_SPEAKING: Mapping[str, float] = {
    "profile": 0.7, "subject.age": 0.7, "subject.capable": 0.2, "subject.authorities": 0.7,
    "fragment.category": 0.2, "fragment.sensitivity": 0.6, "fragment.sections": 0.4,
    "fragment.youth_alone": 0.2, "context.consent_model": 0.4, "context.break_glass": 0.15,
    "actor.agency": 0.1, "actor.bound_by_secrecy": 0.8, "actor.protection_mission": 0.8,
    "context.necessity": 0.8, "context.family_informed": 0.8,
}  # fmt: skip
"""The parts on which it depends whose word counts, and how often each is another than in the first row."""


def near(dice: Random) -> Json:
    """An assigned worker reads, and the directives decide."""
    document = copy.deepcopy(_BASE)
    document["purpose"] = dice.choice(_SPOKEN)
    document["actor"]["sector"] = document["fragment"]["owner_sector"] = "health_social"
    for place, chance in _SPEAKING.items():
        if dice.random() < chance:
            put(document, place, PLACES[place](dice))
    document["consents"] = directives(4, 1)(dice)
    if dice.random() < 0.5:
        document["consents"][0] |= AGREED
    return document


def free(dice: Random) -> Json:
    """Anybody does anything, most often what her role may."""
    document = copy.deepcopy(_BASE)
    role = dice.choice(tuple(MATRIX))
    if role in ("guardian", "youth"):
        document["actor"] = {"id": dice.choice(PERSONS), "active": True}
    for place, make in PLACES.items():
        if dice.random() < 0.3:
            put(document, place, make(dice))
    document["actor"]["role"] = role
    document["action"] = dice.choice(tuple(MATRIX[role]) if dice.random() < 0.95 else ACTIONS)
    cell = MATRIX[role].get(document["action"], PURPOSES)
    document["purpose"] = dice.choice(cell if dice.random() < 0.95 else PURPOSES)
    document["consents"] = directives(3)(dice)
    return document


def any_situation(dice: Random) -> Json:
    return dice.choice((told, told, near, near, free))(dice)


def spoken_situation(dice: Random) -> Json:
    """One in which the family's word counts and, most often, opens some sections and not others."""
    document = dice.choice((told, *[near] * 9))(dice)
    if dice.random() < 0.7:
        document["fragment"]["sections"] = [
            {"id": f"s{at}", "category": category, "sensitivity": dice.choice("NNRV")}
            for at, category in enumerate(dice.sample(CATEGORIES, 3))
        ]
    return document


def any_situations() -> st.SearchStrategy[Json]:
    return st.randoms(use_true_random=True).map(any_situation)
