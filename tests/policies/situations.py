"""Situations for property tests: complete policy inputs about invented people, with few values that meet."""

from typing import Any

from hypothesis import strategies as st

NOW = "2030-06-01T12:00:00Z"
INSTANTS = (
    "2029-01-01T00:00:00Z",
    "2030-06-01T11:59:59.5Z",
    NOW,
    "2030-06-01T14:00:00.000001+02:00",
    "2030-06-01T16:00:00Z",
    "2031-01-01T00:00:00Z",
)
CATEGORIES = ("education", "mental_health", "recommendation")
AGENCIES = ("agency:clinic", "agency:school", "agency:clinic/east", "agency:library")
PERSONS = ("person:fern", "adult:rowan", "adult:birch")
PURPOSES = ("service_delivery", "assessment", "child_protection", "committee_review", "transfer", "emergency")

Json = dict[str, Any]

instants = st.sampled_from(INSTANTS)
maybe_instant = st.none() | instants
categories = st.just("any") | st.lists(st.sampled_from(CATEGORIES), unique=True)
sensitivities = st.sampled_from(("N", "R", "V"))


def sometimes(field: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.just({}) | values.map(lambda value: {field: value})


def joined(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


recipient = st.one_of(
    st.fixed_dictionaries({"agency": st.sampled_from(AGENCIES), "include_units": st.booleans()}),
    st.fixed_dictionaries(
        {"agency": st.just("agency:clinic"), "role": st.sampled_from(("caseworker", "pivot"))}
    ),
    st.just({"person": "worker:ash"}),
    st.just({"person": "adult:rowan"}),
    st.just({"person": "worker:ash", "agency": "agency:library"}),
    st.just({"committee": "com:1"}),
)
recipients = st.just("any") | st.lists(recipient, max_size=2)

exception = joined(
    st.fixed_dictionaries({"decision": st.sampled_from(("permit", "deny"))}),
    sometimes("recipients", recipients),
    sometimes("categories", categories),
    sometimes("purposes", st.just("any") | st.lists(st.sampled_from(PURPOSES), max_size=2)),
)


def directives(*, exceptions: bool = True) -> st.SearchStrategy[Json]:
    """One directive; the ids are given by `numbered`."""
    carve = sometimes("exceptions", st.lists(exception, max_size=2)) if exceptions else st.just({})
    return joined(
        st.fixed_dictionaries(
            {
                "version": st.just(1),
                "grantor": st.fixed_dictionaries(
                    {"person": st.sampled_from(PERSONS), "as": st.sampled_from(("self", "guardian"))}
                ),
                "decision": st.sampled_from(("permit", "permit", "deny")),
                "recipients": recipients,
                "owners": st.sampled_from(("any", ["agency:school"], ["agency:clinic"])),
                "purposes": st.sampled_from(("any", ["service_delivery"], ["committee_review", "transfer"])),
                "categories": categories,
                "from": st.sampled_from(INSTANTS[:4]),
                "until": st.none() | st.sampled_from(INSTANTS[2:]),
                "status": st.sampled_from(("active", "active", "active", "draft", "superseded")),
            }
        ),
        carve,
        sometimes("max_sensitivity", sensitivities),
        sometimes("withdrawn_at", instants),
        sometimes("notify_family", st.booleans()),
        sometimes("data_period", st.fixed_dictionaries({"from": maybe_instant, "until": maybe_instant})),
        sometimes("fragments", st.sampled_from((["piece:1"], ["piece:2"]))),
        sometimes("one_time", st.booleans()),
        sometimes("used", st.booleans()),
    )


def numbered(found: list[Json]) -> list[Json]:
    return [{**directive, "id": f"d{number}"} for number, directive in enumerate(found)]


authority = joined(
    st.fixed_dictionaries(
        {
            "person": st.sampled_from(PERSONS[1:]),
            "authority": st.sampled_from(
                ("sole", "joint", "joint", "agency", "substitute", "access_only", "none")
            ),
        }
    ),
    sometimes("from", maybe_instant),
    sometimes("until", maybe_instant),
    sometimes("scope", st.just("all") | st.lists(st.sampled_from(CATEGORIES), max_size=2)),
)

order = joined(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(("o1", "o2")),
            "type": st.sampled_from(("require", "prohibit")),
            "recipients": recipients,
        }
    ),
    sometimes("basis", st.sampled_from(("court_order", "statutory_demand"))),
    sometimes("categories", categories),
    sometimes("purposes", st.just("any") | st.lists(st.sampled_from(PURPOSES), max_size=2)),
    sometimes("from", maybe_instant),
    sometimes("until", maybe_instant),
    sometimes("sealed_from_family", st.booleans()),
)

section = joined(
    st.fixed_dictionaries({"id": st.sampled_from(("a", "b", "c"))}),
    sometimes("category", st.sampled_from(CATEGORIES)),
    sometimes("sensitivity", sensitivities),
    sometimes(
        "tags",
        st.lists(
            st.sampled_from(("reporter_identity", "third_party", "legal_privilege", "youth_private")),
            max_size=1,
        ),
    ),
)

_workers = joined(
    st.fixed_dictionaries(
        {
            "id": st.just("worker:ash"),
            "agency": st.sampled_from(AGENCIES),
            "agency_status": st.just("member"),
            "role": st.sampled_from(
                ("caseworker", "caseworker", "pivot", "child_protection_worker", "committee_member")
            ),
            "assigned": st.sampled_from((True, True, False)),
            "active": st.just(value=True),
            "strong_auth": st.sampled_from((True, True, False)),
        }
    ),
    sometimes("sector", st.just("health_social")),
    sometimes("bound_by_secrecy", st.booleans()),
    sometimes("protection_mission", st.booleans()),
    sometimes("overdue_reviews", st.integers(0, 1)),
)
_family = st.fixed_dictionaries(
    {
        "id": st.sampled_from(PERSONS),
        "active": st.just(value=True),
        "role": st.sampled_from(("guardian", "youth")),
    }
)

_committee = joined(
    st.fixed_dictionaries(
        {
            "id": st.just("com:1"),
            "status": st.sampled_from(("scheduled", "open", "open", "closed")),
            "members": st.sampled_from((["worker:ash"], ["worker:elm"])),
            "recused": st.sampled_from(([], [], ["worker:ash"])),
            "package": st.sampled_from((["piece:1"], [])),
            "agencies_at_consent": st.sampled_from((["agency:clinic"], ["agency:library"])),
        }
    ),
    sometimes("opens", maybe_instant),
    sometimes("closes", maybe_instant),
)
_transfer = st.fixed_dictionaries(
    {
        "state": st.sampled_from(("proposed", "accepted", "refused_by_family", "completed")),
        "to_person": st.sampled_from(("worker:ash", "worker:elm")),
        "package": st.sampled_from((["piece:1"], [])),
    }
)
_emergency = joined(
    st.fixed_dictionaries(
        {
            "declared_at": st.sampled_from((*INSTANTS, "2030-06-01T08:00:00Z", "2030-06-01T10:00:00Z")),
            "risk": st.sampled_from(("risk_to_life", "missing_child", "hurry")),
            "justification": st.sampled_from(("Child seen alone at the river", "short")),
            "consent_unobtainable": st.sampled_from((True, True, False)),
            "subject": st.sampled_from(("person:fern", "person:fern", "person:moss")),
            "categories": st.just(list(CATEGORIES)) | st.lists(st.sampled_from(CATEGORIES), max_size=2),
        }
    ),
    sometimes("delay_family_notice", st.booleans()),
)

_context = joined(
    st.just({"time": NOW}),
    sometimes("consent_model", st.sampled_from(("express", "presumed", "shared_secret"))),
    sometimes("break_glass", st.none() | _emergency),
    sometimes("committee", _committee),
    sometimes("transfer", _transfer),
    sometimes("necessity", st.just("to assess")),
    sometimes("family_informed", st.booleans()),
    sometimes("inform_exception", st.just("against_interest")),
    sometimes("co_guardian_agrees", st.booleans()),
)

_subject = st.fixed_dictionaries(
    {
        "id": st.just("person:fern"),
        "age": st.sampled_from((9, 13, 14, 15, 16, 18)),
        "capable": st.sampled_from((True, True, False, ["education"], None)),
        "authorities": st.lists(authority, max_size=3),
        "orders": st.one_of(st.just([]), st.just([]), st.lists(order, max_size=2)),
    }
)

_fragment = joined(
    st.fixed_dictionaries(
        {
            "id": st.just("piece:1"),
            "owner_agency": st.just("agency:school"),
            "category": st.sampled_from(CATEGORIES),
            "sensitivity": sensitivities,
            "status": st.sampled_from(("active", "active", "active", "owner_hold", "erased")),
        }
    ),
    sometimes("created", instants),
    sometimes("sections", st.lists(section, max_size=3, unique_by=lambda one: one["id"])),
    sometimes("owner_sector", st.just("health_social")),
    sometimes("youth_alone", st.booleans()),
    sometimes("harm_if_disclosed_to", st.lists(st.sampled_from(("guardian", "youth")), max_size=1)),
    sometimes(
        "guardian_access",
        st.fixed_dictionaries({"youth_consulted": st.booleans(), "harm_expected": st.booleans()}),
    ),
)


def situations(*, family: bool | None = None) -> st.SearchStrategy[Json]:
    """A complete policy input: of a worker, of the family, or (None) of either."""
    of_worker = st.fixed_dictionaries(
        {
            "actor": _workers,
            "action": st.sampled_from(("read", "read", "read", "record_consent", "record_withdrawal")),
            "purpose": st.sampled_from(PURPOSES),
        }
    )
    of_family = st.fixed_dictionaries(
        {
            "actor": _family,
            "action": st.sampled_from(("read", "read", "read_audit", "withdraw_consent", "give_consent")),
            "purpose": st.just("family_access"),
        }
    )
    who = {None: st.one_of(of_worker, of_worker, of_family), True: of_family, False: of_worker}[family]
    return joined(
        who,
        st.fixed_dictionaries(
            {
                "profile": st.sampled_from(("ON-CYFSA", "QC-LRSSS", "QC-PRIV", "FR")),
                "subject": _subject,
                "consents": st.lists(directives(), max_size=3).map(numbered),
                "fragment": _fragment,
                "context": _context,
            }
        ),
    )
