"""Who of the family is shown an act, and what a row still says when it is read again."""

from dataclasses import replace

import pytest

from gateway.domain.access import View, Viewer
from gateway.domain.acting import Note, Stand
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.telling import ChainRow
from gateway.domain.vocabulary import Role
from gateway.showing import MAX_CELLS, Cell, Shown
from tests.support.consents import CHILD, MOTHER, SCHOOL
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.registry import AT, a_caller
from tests.support.world import World

WORKER = a_caller(Role.CASEWORKER)
NOTE = Note(EntryKind.DEPOSITED, DecisionId("dec_1"), WORKER, {}, person=CHILD)
LETTER, SECRET = Cell(SCHOOL, "education", "frg_1"), Cell(SCHOOL, "mental_health", "frg_2")


async def a_stand(world: World) -> Stand:
    stand = await world.registry.stand(WORKER, CHILD, AT)
    assert stand is not None
    return replace(stand, viewers=(Viewer(CHILD, "youth"), Viewer(MOTHER, "guardian")))


def refuses(category: str) -> World:
    rule = MadeUpPolicy(lambda one: "HARM" if one["fragment"]["category"] == category else None)
    return World(policy=rule)


async def shown(world: World, *cells: Cell) -> Note:
    return await world.show(NOTE, Shown(WORKER, NOTE.kind, cells=cells), await a_stand(world))


async def test_the_strictest_answer_of_what_an_act_touches_counts() -> None:
    world = refuses("mental_health")
    assert (await shown(world, LETTER)).views == {CHILD: View.FULL, MOTHER: View.FULL}
    assert (await shown(world, LETTER, SECRET)).views == {}


async def test_a_silent_policy_shows_nobody_and_holds_nothing_up() -> None:
    assert await shown(World(policy=MadeUpPolicy(silent=True)), LETTER) == NOTE


async def test_another_bundle_than_the_active_one_shows_nobody() -> None:
    world = World()
    stand = replace(await a_stand(world), policy_digest="f" * 64)
    assert await world.show(NOTE, Shown(WORKER, NOTE.kind, cells=(LETTER,)), stand) == NOTE


async def test_what_is_too_much_to_ask_about_is_shown_to_nobody() -> None:
    cells = tuple(LETTER._replace(fragment=f"frg_{number}") for number in range(MAX_CELLS + 1))
    assert await shown(World(), *cells) == NOTE
    assert (await shown(World(), *cells[1:])).views != {}


async def test_every_question_goes_into_the_entry() -> None:
    note = await shown(World(), LETTER, SECRET)
    asked = [one["query"]["fragment"]["category"] for one in note.asked]
    assert asked == ["education", "mental_health"]
    assert all("subject" not in one["query"] for one in note.asked)


def a_row(note: Note, view: str = "full", **facts: object) -> ChainRow:
    told = {"n": 3, "at": "now", "ledger": 1, "index": 9, "view": view, "outcome": "permit", "agency": SCHOOL}
    return ChainRow(told, {"account": WORKER.account, "kind": "deposited", "asked": note.asked, **facts})


async def test_a_row_is_judged_again_by_every_question_it_was_judged_by() -> None:
    row = a_row(await shown(World(), LETTER, SECRET))
    assert await World().recall(await a_stand(World()), MOTHER, [row]) == [row.told]
    later = refuses("mental_health")
    assert await later.recall(await a_stand(later), MOTHER, [row]) == []


async def test_a_document_that_is_labelled_otherwise_since_is_asked_about_as_it_is_now() -> None:
    was = a_row(await shown(World(), LETTER._replace(category="service_plan")))
    world = refuses("education")
    assert await world.recall(await a_stand(world), MOTHER, [was]) == []


async def test_a_row_that_says_little_never_says_more_later() -> None:
    row = a_row(await shown(World(), LETTER), view="generic")
    (told,) = await World().recall(await a_stand(World()), MOTHER, [row])
    assert told == {"view": "generic", "outcome": "permit", "n": 3, "at": "now", "ledger": 1, "index": 9}


async def test_her_own_act_is_asked_about_by_nobody_and_an_unjudged_one_is_nobodys() -> None:
    world = World(policy=MadeUpPolicy(silent=True))
    for facts in ({"account": MOTHER}, {"kind": "consent_recorded"}):
        own = a_row(NOTE, **facts)
        assert await world.recall(await a_stand(world), MOTHER, [own]) == [own.told]
    assert await World().recall(await a_stand(World()), MOTHER, [a_row(NOTE)]) == []


async def test_her_own_refusal_that_was_hidden_from_her_says_as_little_as_anothers() -> None:
    note = await shown(World(), SECRET)
    row = a_row(note, account=MOTHER, hidden=True)
    row = replace(row, told={**row.told, "outcome": "deny", "reasons": ["HARM_DETERMINATION"]})
    harmed = refuses("mental_health")
    assert await harmed.recall(await a_stand(harmed), MOTHER, [row]) == []
    unjudged = replace(row, facts={**row.facts, "asked": ()})
    (told,) = await harmed.recall(await a_stand(harmed), MOTHER, [unjudged])
    assert told["view"] == "generic"


async def test_a_silent_policy_shows_no_row() -> None:
    row = a_row(await shown(World(), LETTER))
    world = World(policy=MadeUpPolicy(silent=True))
    with pytest.raises(PolicyUnavailableError):
        await world.recall(await a_stand(world), MOTHER, [row])


async def test_rows_with_one_question_in_common_ask_it_once() -> None:
    world = World()
    note = await shown(World(), LETTER)
    await world.recall(await a_stand(world), MOTHER, [a_row(note)] * 9)
    assert len(world.policy.viewed) == 1
