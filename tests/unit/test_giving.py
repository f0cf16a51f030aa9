"""Giving a consent: asked pair by pair, written once, refused on the record."""

import asyncio
from typing import Any

import pytest

from gateway.asking import decide_many
from gateway.domain.access import Query, Refused
from gateway.domain.consent import FROM_THE_ACT, Recipient
from gateway.domain.errors import MalformedError
from gateway.domain.giving import Given, Spoken, Terms
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.usecases.give_consent import Agreed, GiveConsent
from tests.support.consents import CHILD, CLINIC, MOTHER, SCHOOL, YEAR_US
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import People
from tests.support.registry import AT, a_caller
from tests.support.world import World

GUARDIAN = a_caller(Role.GUARDIAN, account=MOTHER)
WORKER = a_caller(Role.CASEWORKER)


def some_terms(**changes: Any) -> Terms:  # noqa: ANN401 - fields of any type
    terms: dict[str, Any] = {
        "decision": "permit",
        "recipients": (Recipient(agency=CLINIC),),
        "owners": (SCHOOL,),
        "purposes": ("service_delivery",),
        "categories": ("education",),
        "until_at": Instant(AT + YEAR_US),
        **changes,
    }
    return Terms(**terms)


def give(world: World) -> GiveConsent:
    return GiveConsent(
        world.registry,
        world.acts,
        world.ask,
        world.refuse,
        world.policy,
        world.clock,
        world.ids,
        world.naming,
        world.knowing,
    )


def given(terms: Terms | None = None, **changes: Any) -> Given:  # noqa: ANN401 - fields of any type
    return Given(
        **{"caller": GUARDIAN, "person": CHILD, "terms": terms or some_terms(), **_PURPOSE, **changes}
    )


_PURPOSE: dict[str, Any] = {"purpose": "family_access"}


async def test_a_guardian_who_may_decide_gives_a_consent_from_the_act_itself() -> None:
    world = World()
    answer = await give(world)(given())
    assert isinstance(answer, Agreed)
    (verb, note, (directive, replaces)) = world.book.done[0]
    assert (verb, note.kind, replaces) == ("give", EntryKind.CONSENT_GIVEN, None)
    assert getattr(directive, "from_at") == FROM_THE_ACT  # noqa: B009 - a fake's argument has no type
    assert getattr(directive, "giver") == MOTHER  # noqa: B009


async def test_the_policy_is_asked_once_per_owner_and_category() -> None:
    world = World()
    await give(world)(given(some_terms(owners="any", categories="any")))
    asked = {(one["fragment"]["owner_agency"], one["fragment"]["category"]) for one in world.policy.asked}
    assert asked == {(SCHOOL, "education"), (SCHOOL, "mental_health")}


async def test_one_permitted_pair_is_enough_and_the_others_are_named() -> None:
    policy = MadeUpPolicy(
        lambda one: None if one["fragment"]["category"] == "education" else "YOUTH_DECIDES_ALONE"
    )
    answer = await give(World(policy=policy))(given(some_terms(categories="any")))
    assert isinstance(answer, Agreed)
    assert [(one.category, one.reason) for one in answer.without_effect] == [
        ("mental_health", "YOUTH_DECIDES_ALONE")
    ]


async def test_without_a_permitted_pair_it_is_refused_and_recorded() -> None:
    world = World(policy=MadeUpPolicy(lambda _: "NO_AUTHORITY"))
    answer = await give(world)(given())
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("NO_AUTHORITY",)
    assert not answer.decision.disclose_existence
    assert [note.kind for note in world.book.refused] == [EntryKind.REFUSED]
    assert world.book.done == []


async def test_an_unknown_handle_is_refused_like_a_hidden_person() -> None:
    world = World()
    answer = await give(world)(given(person="per_nobody"))
    assert isinstance(answer, Refused)
    assert not answer.decision.disclose_existence
    assert world.book.refused[0].person is None


async def test_a_silent_policy_refuses_and_says_so() -> None:
    world = World(policy=MadeUpPolicy(silent=True))
    answer = await give(world)(given())
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("POLICY_UNAVAILABLE",))


async def test_a_permit_that_asks_for_what_this_build_cannot_do_is_a_refusal() -> None:
    world = World(policy=MadeUpPolicy(owed=frozenset({"issue_receipt", "fly"})))
    answer = await give(world)(given())
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("OBLIGATION_UNMET",))
    assert (world.book.done, len(world.book.refused)) == ([], 1)


async def test_facts_that_moved_are_read_again_and_the_third_time_refused() -> None:
    world = World()
    world.book.contended = 2
    assert isinstance(await give(world)(given()), Agreed)
    world.book.contended = 3
    answer = await give(world)(given())
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("CONTENDED",)


async def test_the_entry_rests_on_the_epochs_of_what_was_asked() -> None:
    world = World()
    await give(world)(given())
    assert world.book.done[0][1].epochs == ((f"person:{CHILD}", 7),)


async def test_a_worker_records_what_a_guardian_said_with_its_evidence() -> None:
    world = World()
    spoken = Spoken(MOTHER, {"method": "verbal", "grantor_name": "Mme Exemple"})
    answer = await give(world)(given(caller=WORKER, purpose="coordination", spoken=spoken))
    assert isinstance(answer, Agreed)
    assert world.policy.asked[0]["action"] == "record_consent"
    assert world.policy.asked[0]["context"]["evidence"]["method"] == "verbal"
    note = world.book.done[0][1]
    assert (note.kind, note.detail["giver"]) == (EntryKind.CONSENT_RECORDED, MOTHER)
    assert set(note.views) == {MOTHER}


async def test_a_worker_cannot_give_in_her_own_name() -> None:
    world = World()
    answer = await give(world)(given(caller=WORKER, purpose="coordination"))
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("ROLE_NOT_ALLOWED",)


@pytest.mark.parametrize(
    "changes",
    [
        {"until_at": None},
        {"until_at": Instant(AT - 1)},
        {"until_at": Instant(AT + 2 * YEAR_US)},
        {"recipients": ()},
        {"recipients": (Recipient(),)},
        {"recipients": (Recipient(role="pivot"),)},
        {"recipients": (Recipient(agency=CLINIC, role="pivot", include_units=True),)},
        {"recipients": (Recipient(agency=CLINIC, committee="com_1"),)},
        {"categories": ("no_such_category",)},
    ],
)
async def test_a_line_that_nobody_may_sign_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        await give(World())(given(some_terms(**changes)))


async def test_more_owners_and_categories_than_one_act_may_name_are_asked_nobody() -> None:
    owners = tuple(AgencyId(f"t:{n}") for n in range(201))
    world = World()
    with pytest.raises(MalformedError):
        await give(world)(given(some_terms(owners=owners, categories="any")))
    assert world.policy.asked == []
    assert isinstance(await give(world)(given(some_terms(owners=owners[:200], categories="any"))), Agreed)


async def test_owners_left_open_are_never_too_many() -> None:
    world = World(people=People(holders=tuple(AgencyId(f"t:{n}") for n in range(201))))
    assert isinstance(await give(world)(given(some_terms(owners="any", categories="any"))), Agreed)
    assert len(world.policy.asked) == 402


async def test_a_category_named_twice_is_asked_about_once() -> None:
    world = World()
    await give(world)(given(some_terms(categories=("education", "education"))))
    assert len(world.policy.asked) == 1


async def test_others_have_their_turn_while_many_pairs_are_decided() -> None:
    policy, turns = MadeUpPolicy(), [0]

    async def others() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    query = Query.of({"context": {}})
    assert len(await decide_many(policy, [query] * 401, AT)) == 401
    waiting.cancel()
    assert max(policy.sizes) == 10
    assert turns[0] >= 40
