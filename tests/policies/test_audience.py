"""The rule that says who of the family may see an entry of the ledger (domain rule 3.10)."""

import pytest

from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.domain.access import View, Viewer
from gateway.domain.ids import PersonId
from tests.policies import audience_table
from tests.policies.audience_cells import ALONE, CELLS, ENTRY, PERMITTED, VIEWERS, situation
from tests.policies.test_embedded import AT, as_query

WHOLE = {**audience_table.cells(), **audience_table.OVERSEEN}


@pytest.mark.parametrize("name", CELLS)
async def test_who_sees_an_entry(name: str, policy: EmbeddedPolicy) -> None:
    changed, given, right = CELLS[name]
    views = await policy.views(as_query(situation(given)), AT, {**ENTRY, **changed}, VIEWERS)
    assert (views[VIEWERS[0].person], views[VIEWERS[1].person]) == tuple(map(View, right))


@pytest.mark.parametrize("name", ALONE)
async def test_what_one_viewer_sees_of_an_entry(name: str, policy: EmbeddedPolicy) -> None:
    changed, given, viewer, right = ALONE[name]
    views = await policy.views(as_query(situation(given)), AT, {**ENTRY, **changed}, (viewer,))
    assert views == {viewer.person: View(right)}


@pytest.mark.parametrize("name", WHOLE)
async def test_every_kind_of_entry_by_every_kind_of_viewer(name: str, policy: EmbeddedPolicy) -> None:
    changed, given, viewer, right = WHOLE[name]
    views = await policy.views(as_query(situation(given)), AT, {**ENTRY, **changed}, (viewer,))
    assert views == {viewer.person: View(right)}


def test_every_entry_of_the_table_is_judged() -> None:
    assert {name.partition(" | ")[0] for name in audience_table.cells()} == audience_table.ENTRIES.keys()


async def test_nobody_to_see_an_entry(policy: EmbeddedPolicy) -> None:
    assert await policy.views(as_query(PERMITTED), AT, ENTRY, ()) == {}


async def test_of_two_roles_of_one_person_the_stricter_view_counts(policy: EmbeddedPolicy) -> None:
    twice = (VIEWERS[0], Viewer(PersonId("adult:rowan"), "youth"))
    assert await policy.views(as_query(PERMITTED), AT, ENTRY, twice) == {"adult:rowan": View.NONE}
