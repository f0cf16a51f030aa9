"""Situations that come down to the directives: an assigned worker reads, and the family has spoken."""

from hypothesis import strategies as st

from tests.policies.situations import (
    CATEGORIES,
    INSTANTS,
    NOW,
    PERSONS,
    Json,
    exception,
    joined,
    numbered,
    section,
    sensitivities,
    situations,
    sometimes,
)

_near_directive = joined(
    st.fixed_dictionaries(
        {
            "version": st.just(1),
            "grantor": st.sampled_from(
                (
                    {"person": "person:fern", "as": "self"},
                    {"person": "adult:rowan", "as": "guardian"},
                    {"person": "adult:birch", "as": "guardian"},
                )
            ),
            "decision": st.sampled_from(("permit", "permit", "deny")),
            "recipients": st.sampled_from(("any", [{"agency": "agency:clinic"}], [{"person": "worker:ash"}])),
            "owners": st.just("any"),
            "purposes": st.just("any"),
            "categories": st.sampled_from(("any", list(CATEGORIES), ["education"], ["mental_health"])),
            "from": st.just(INSTANTS[0]),
            "until": st.sampled_from(INSTANTS[3:]),
            "status": st.just("active"),
        }
    ),
    sometimes("max_sensitivity", sensitivities),
    sometimes("exceptions", st.lists(exception, max_size=2)),
    sometimes("notify_family", st.booleans()),
)


def near_situations() -> st.SearchStrategy[Json]:
    """An assigned worker reads, and the directives decide: most answers come from what the family said."""
    return st.fixed_dictionaries(
        {
            "profile": st.sampled_from(("ON-CYFSA", "QC-LRSSS", "QC-PRIV", "FR")),
            "action": st.just("read"),
            "purpose": st.sampled_from(("service_delivery", "assessment", "child_protection")),
            "actor": st.fixed_dictionaries(
                {
                    "id": st.just("worker:ash"),
                    "agency": st.sampled_from(("agency:clinic", "agency:clinic", "agency:school")),
                    "agency_status": st.just("member"),
                    "role": st.just("caseworker"),
                    "assigned": st.just(value=True),
                    "active": st.just(value=True),
                    "strong_auth": st.just(value=True),
                    "sector": st.sampled_from(("health_social", "school")),
                }
            ),
            "subject": st.fixed_dictionaries(
                {
                    "id": st.just("person:fern"),
                    "age": st.sampled_from((9, 14, 15, 17, 18)),
                    "capable": st.sampled_from((True, True, ["education"], False)),
                    "authorities": st.lists(
                        st.fixed_dictionaries(
                            {
                                "person": st.sampled_from(PERSONS[1:]),
                                "authority": st.sampled_from(("sole", "joint", "joint")),
                                "until": st.sampled_from((None, *INSTANTS[2:])),
                            }
                        ),
                        max_size=2,
                    ),
                    "orders": st.just([]),
                }
            ),
            "consents": st.lists(_near_directive, min_size=1, max_size=4).map(numbered),
            "fragment": joined(
                st.fixed_dictionaries(
                    {
                        "id": st.just("piece:1"),
                        "owner_agency": st.just("agency:school"),
                        "owner_sector": st.just("health_social"),
                        "category": st.sampled_from(CATEGORIES),
                        "sensitivity": sensitivities,
                        "status": st.just("active"),
                    }
                ),
                sometimes("sections", st.lists(section, max_size=3, unique_by=lambda one: one["id"])),
                sometimes("youth_alone", st.booleans()),
            ),
            "context": joined(
                st.just({"time": NOW}), sometimes("consent_model", st.sampled_from(("express", "presumed")))
            ),
        }
    )


def any_situations() -> st.SearchStrategy[Json]:
    return st.one_of(near_situations(), situations())
