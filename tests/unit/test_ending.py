"""Withdrawing, stopping and undoing: what narrows waits for nobody, what widens needs a word and a hand."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.continuing import Continuing
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, ReachKind, StopReach
from gateway.domain.errors import ContendedError, MalformedError
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, StopId
from gateway.domain.instants import to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.stopping import refusal_within
from gateway.domain.vocabulary import Role
from gateway.usecases.stop_sharing import Stop, Stopped, StopSharing
from gateway.usecases.undo_stop import Lifted, Undo, UndoStop
from gateway.usecases.withdraw_consent import Withdrawal, WithdrawConsent
from tests.support.consents import CHILD, CLINIC, FATHER, MOTHER, a_permit
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import Book, Chain, People
from tests.support.registry import AT, UNASKED, a_caller
from tests.support.world import World

ALL = StopReach(ReachKind.ALL)
BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)
BY_FATHER = a_caller(Role.GUARDIAN, account=FATHER)
BY_YOUTH = a_caller(Role.YOUTH, account=CHILD)
BY_WORKER = a_caller(Role.CASEWORKER)
SILENT = MadeUpPolicy(silent=True)


def withdraw(world: World) -> WithdrawConsent:
    return WithdrawConsent(
        world.registry,
        world.acts,
        world.ledger,
        world.ask,
        world.refuse,
        world.policy,
        world.clock,
        world.ids,
    )


def stop(world: World) -> StopSharing:
    continuing = Continuing(world.registry, world.policy, world.clock, world.mask, 4, UNASKED)
    return StopSharing(
        world.registry,
        world.acts,
        world.ledger,
        world.ask,
        continuing,
        world.refuse,
        world.policy,
        world.clock,
        world.ids,
        world.knowing,
        world.mask,
        world.ask.categories,
    )


def undo(world: World) -> UndoStop:
    return UndoStop(world.registry, world.acts, world.ask, world.refuse, world.policy, world.clock, world.ids)


def a_refusal() -> Directive:
    return refusal_within(ALL, (ConsentId("cns_stop"), CHILD), MOTHER)


def a_stopped_world(**changes: Any) -> World:  # noqa: ANN401 - fields of any type
    row = {"id": "stp_1", "consent": "cns_stop", "withdrawn": [{"id": "cns_permit", "version": 1}]}
    return World(people=People(lines=[a_permit(), a_refusal()], stops={"stp_1": row}), **changes)


async def test_a_giver_withdraws_her_own_permit_with_the_policy_silent() -> None:
    world = World(policy=SILENT, people=People(lines=[a_permit()]))
    answer = await withdraw(world)(Withdrawal(BY_MOTHER, ConsentId("cns_permit"), "family_access"))
    assert isinstance(answer, Done)
    assert answer.proven is True
    note = world.book.done[0][1]
    assert (note.kind, note.detail["check"]) == (EntryKind.CONSENT_WITHDRAWN, "own_permit")


async def test_her_permit_that_became_a_refusal_meanwhile_is_lifted_by_the_policys_word_only() -> None:
    @dataclass
    class Replaced(Book):
        async def withdraw(self, note: Note, judged: Directive) -> Done:
            if judged.decision == "permit":
                people.lines.append(replace(judged, version=2, decision="deny"))
                raise ContendedError("replaced")
            return await self.__getattr__("withdraw")(note, judged)

    for policy, ended in ((MadeUpPolicy(), Done), (MadeUpPolicy(lambda _: "NO_CONSENT"), Refused)):
        people = People(lines=[a_permit()])
        world = World(policy=policy, people=people, book=Replaced())
        answer = await withdraw(world)(Withdrawal(BY_MOTHER, ConsentId("cns_permit"), "family_access"))
        assert isinstance(answer, ended)
        assert policy.asked != []


async def test_a_disabled_account_withdraws_nothing_by_itself() -> None:
    world = World(policy=SILENT, people=People(lines=[a_permit()]))
    caller = a_caller(Role.GUARDIAN, account=MOTHER, active=False)
    answer = await withdraw(world)(Withdrawal(caller, ConsentId("cns_permit"), "family_access"))
    assert isinstance(answer, Refused)


async def test_without_a_mirror_a_withdrawal_holds_but_is_not_proven() -> None:
    world = World(people=People(lines=[a_permit()]), chain=Chain(mirrored=False))
    answer = await withdraw(world)(Withdrawal(BY_MOTHER, ConsentId("cns_permit"), "family_access"))
    assert isinstance(answer, Done)
    assert answer.proven is False


async def test_another_guardian_withdraws_on_the_policys_word_only() -> None:
    asked = Withdrawal(BY_FATHER, ConsentId("cns_permit"), "family_access")
    people = People(lines=[a_permit()])
    assert isinstance(await withdraw(World(people=people))(asked), Done)
    refused = await withdraw(World(policy=SILENT, people=people))(asked)
    assert isinstance(refused, Refused)
    assert refused.unavailable


async def test_another_guardians_withdrawal_is_not_shown_to_the_giver() -> None:
    world = World(people=People(lines=[a_permit()]))
    await withdraw(world)(Withdrawal(BY_FATHER, ConsentId("cns_permit"), "family_access"))
    assert set(world.book.done[0][1].views) == {FATHER}


async def test_a_worker_records_a_withdrawal_in_the_givers_name() -> None:
    world = World(people=People(lines=[a_permit()]))
    answer = await withdraw(world)(Withdrawal(BY_WORKER, ConsentId("cns_permit"), "coordination"))
    assert isinstance(answer, Done)
    assert world.policy.asked[0]["action"] == "record_withdrawal"
    note = world.book.done[0][1]
    assert (note.kind, set(note.views)) == (EntryKind.WITHDRAWAL_RECORDED, {MOTHER})


async def test_what_the_giver_ends_waits_for_no_obligation() -> None:
    policy = MadeUpPolicy(owed=frozenset({"fly"}))
    world = World(policy=policy, people=People(lines=[a_permit()]))
    asked = Withdrawal(BY_MOTHER, ConsentId("cns_permit"), "family_access")
    assert isinstance(await withdraw(world)(asked), Done)


async def test_what_somebody_else_ends_is_refused_where_an_obligation_cannot_be_fulfilled() -> None:
    policy = MadeUpPolicy(owed=frozenset({"fly"}))
    world = World(policy=policy, people=People(lines=[a_permit()]))
    answer = await withdraw(world)(Withdrawal(BY_FATHER, ConsentId("cns_permit"), "family_access"))
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("OBLIGATION_UNMET",))
    assert world.book.done == []


@pytest.mark.parametrize("caller", [BY_FATHER, BY_WORKER])
async def test_a_refusal_is_lifted_by_nobody_but_its_giver_or_the_youth(caller: Caller) -> None:
    world = a_stopped_world()
    answer = await withdraw(world)(Withdrawal(caller, ConsentId("cns_stop"), "family_access"))
    assert isinstance(answer, Refused)
    assert world.book.done == []


@pytest.mark.parametrize("caller", [BY_MOTHER, BY_YOUTH])
async def test_a_refusals_giver_and_the_youth_lift_it(caller: Caller) -> None:
    answer = await undo(a_stopped_world())(Undo(caller, StopId("stp_1")))
    assert isinstance(answer, Lifted)


async def test_a_stored_line_of_any_size_is_withdrawn() -> None:
    many = a_permit(owners=tuple(AgencyId(f"t:{n}") for n in range(300)), categories="any")
    world = World(people=People(lines=[many]))
    answer = await withdraw(world)(Withdrawal(BY_FATHER, ConsentId("cns_permit"), "family_access"))
    assert isinstance(answer, Done)
    assert len(world.policy.asked) == 600


async def test_lifting_waits_for_the_policy() -> None:
    answer = await undo(a_stopped_world(policy=SILENT))(Undo(BY_MOTHER, StopId("stp_1")))
    assert isinstance(answer, Refused)
    assert answer.unavailable


async def test_undoing_offers_what_was_withdrawn_and_gives_nothing_back() -> None:
    world = a_stopped_world()
    answer = await undo(world)(Undo(BY_MOTHER, StopId("stp_1")))
    assert isinstance(answer, Lifted)
    assert [one.id for one in answer.offers] == ["cns_permit"]
    assert [verb for verb, _, _ in world.book.done] == ["undo_stop"]


async def test_a_stop_works_with_the_policy_silent_and_cannot_tell_what_continues() -> None:
    world = World(policy=SILENT)
    answer = await stop(world)(Stop(BY_MOTHER, CHILD, ALL))
    assert isinstance(answer, Stopped)
    assert answer.continues is None
    note = world.book.done[0][1]
    assert (note.kind, note.detail["check"]) == (EntryKind.STOPPED, "recorded_authority")


@pytest.mark.parametrize("name", ["frg_1", "nowhere"])
async def test_a_document_is_stopped_with_the_policy_silent_whether_or_not_it_is_there(name: str) -> None:
    reach = StopReach(ReachKind.DOCUMENT, fragment=FragmentId(name))
    assert isinstance(await stop(World(policy=SILENT))(Stop(BY_MOTHER, CHILD, reach)), Stopped)


@pytest.mark.parametrize("name", ["frg_1", "nowhere"])
async def test_a_document_that_is_hidden_and_one_that_is_not_there_cannot_be_stopped(name: str) -> None:
    hides = MadeUpPolicy(lambda one: "NO_AUTHORITY" if one["action"] == "read" else None)
    reach = StopReach(ReachKind.DOCUMENT, fragment=FragmentId(name))
    with pytest.raises(MalformedError) as refused:
        await stop(World(policy=hides))(Stop(BY_MOTHER, CHILD, reach))
    assert (str(refused.value), refused.value.field) == (
        "there is no such document in this dossier",
        "fragment",
    )


async def test_a_stop_by_somebody_who_decides_nothing_says_that_nothing_stops() -> None:
    no_standing = MadeUpPolicy(lambda one: "NOT_CAPABLE" if one["action"] == "withdraw_consent" else None)
    answer = await stop(World(policy=no_standing))(Stop(BY_YOUTH, CHILD, ALL))
    assert isinstance(answer, Stopped)
    assert answer.in_force is False


async def test_a_stop_is_told_as_in_force_while_the_policy_is_silent() -> None:
    answer = await stop(World(policy=SILENT))(Stop(BY_MOTHER, CHILD, ALL))
    assert isinstance(answer, Stopped)
    assert answer.in_force


async def test_who_may_know_of_nothing_is_not_told_that_nothing_continues() -> None:
    closed = MadeUpPolicy(lambda one: "NOT_CAPABLE" if one["action"] == "read_audit" else None)
    answer = await stop(World(policy=closed))(Stop(BY_YOUTH, CHILD, ALL))
    assert isinstance(answer, Stopped)
    assert answer.continues is None


async def test_a_youth_stops_her_own_dossier_and_nobody_elses() -> None:
    assert isinstance(await stop(World())(Stop(BY_YOUTH, CHILD, ALL)), Stopped)
    assert isinstance(await stop(World())(Stop(BY_YOUTH, MOTHER, ALL)), Refused)


@pytest.mark.parametrize(
    "authority",
    [
        {"person": MOTHER, "authority": "access_only"},
        {"person": MOTHER, "authority": "none"},
        {"person": MOTHER, "authority": "sole", "until": to_text(AT)},
        {"person": FATHER, "authority": "sole"},
    ],
)
async def test_without_a_deciding_authority_in_force_nobody_stops(authority: dict[str, Any]) -> None:
    world = World(people=People(authorities=[authority]))
    answer = await stop(world)(Stop(BY_MOTHER, CHILD, ALL))
    assert isinstance(answer, Refused)
    assert not answer.decision.disclose_existence


async def test_a_worker_stops_nothing() -> None:
    answer = await stop(World())(Stop(BY_WORKER, CHILD, ALL))
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("ROLE_NOT_ALLOWED",)


async def test_what_continues_comes_from_the_policy_and_names_no_worker() -> None:
    reader = {"id": "w:one", "agency": CLINIC, "role": "caseworker", "assigned": True}
    hidden = {**reader, "id": "w:two", "agency": "t:shelter"}
    permit = a_permit(giver=FATHER, recipients="any", purposes=("legal",))
    policy = MadeUpPolicy(lambda one: None if one["purpose"] in {"legal", "family_access"} else "NO_CONSENT")
    protected = frozenset({"t:shelter"})
    people = People(lines=[permit], reading=[reader, hidden], protected=protected)
    world = World(policy=policy, people=people)
    answer = await stop(world)(Stop(BY_MOTHER, CHILD, ALL))
    assert isinstance(answer, Stopped)
    assert answer.continues is not None
    assert [(one.agency, one.purpose) for one in answer.continues] == [(CLINIC, "legal")]


@pytest.mark.parametrize(
    "reach",
    [
        StopReach(ReachKind.ALL, agency=CLINIC),
        StopReach(ReachKind.AGENCY),
        StopReach(ReachKind.CATEGORY, agency=CLINIC),
        StopReach(ReachKind.DOCUMENT),
    ],
)
async def test_a_stop_names_exactly_what_its_reach_needs(reach: StopReach) -> None:
    with pytest.raises(MalformedError):
        await stop(World())(Stop(BY_MOTHER, CHILD, reach))
