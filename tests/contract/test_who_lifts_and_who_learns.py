"""Who lifts a refusal, and what a caller without a link learns; with the real policy, on both stores."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.domain.access import Refused
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, ConsentId, FragmentId
from gateway.domain.vocabulary import Role
from gateway.usecases.read_consent import ConsentAsked
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Undo
from tests.support.stack import ISSUER, Stack, network, open_stack


def a_child_of_twelve_known_in_two_provinces() -> dict[str, Any]:
    """In Ontario she may decide with her mother; in Quebec, below 14, she does not decide."""
    seed = network()
    seed["agencies"].append(
        {"id": "on:school", "name": {"fr": "École", "en": "School"}, "profile": "ON-CYFSA"}
    )
    for person in seed["persons"]:
        if person["id"] == "p:child":
            person |= {"birth_date": "today-4500d", "identity": {"iss": ISSUER, "sub": "fable"}}
    seed["fragments"].append(
        {
            "id": "frg_on",
            "dossier": "dos_child",
            "owner_agency": "on:school",
            "category": "education",
            "sensitivity": "N",
            "content": "Invented.",
        }
    )
    return seed


@pytest_asyncio.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    seed = a_child_of_twelve_known_in_two_provinces()
    async with open_stack(store_url, tmp_path / "state", seed=seed) as opened:
        yield opened


async def stop_all(stack: Stack) -> Stopped:
    mother = await stack.caller("conte", "client:family", Role.GUARDIAN)
    done = await stack.uses.stop_sharing(Stop(mother, "p:child", StopReach(ReachKind.ALL)))
    assert isinstance(done, Stopped)
    return done


async def test_a_child_who_decides_at_one_owner_only_does_not_lift_her_mothers_refusal(stack: Stack) -> None:
    stopped = await stop_all(stack)
    child = await stack.caller("fable", "client:family", Role.YOUTH)
    answer = await stack.uses.undo_stop(Undo(child, stopped.done.reference["stop"]))
    assert isinstance(answer, Refused)


async def test_her_mother_lifts_her_own(stack: Stack) -> None:
    stopped = await stop_all(stack)
    mother = await stack.caller("conte", "client:family", Role.GUARDIAN)
    assert not isinstance(await stack.uses.undo_stop(Undo(mother, stopped.done.reference["stop"])), Refused)


@pytest.mark.parametrize(
    "reach",
    [
        StopReach(ReachKind.CATEGORY, category="educaton"),
        StopReach(ReachKind.AGENCY, agency=AgencyId("no:such")),
        StopReach(ReachKind.DOCUMENT, fragment=FragmentId("frg_nothing")),
    ],
    ids=["category", "agency", "document"],
)
async def test_a_stop_of_nothing_is_not_answered_as_in_force(stack: Stack, reach: StopReach) -> None:
    mother = await stack.caller("conte", "client:family", Role.GUARDIAN)
    with pytest.raises(MalformedError):
        await stack.uses.stop_sharing(Stop(mother, "p:child", reach))


@pytest.mark.parametrize("purpose", ["family_access", "legal"])
async def test_a_caller_without_a_link_learns_nothing_from_a_wrong_purpose(
    stack: Stack, purpose: str
) -> None:
    stranger = await stack.caller("fil", "client:clinic")
    for consent in ("cns_1", "cns_nothing"):
        answer = await stack.uses.read_consent(ConsentAsked(stranger, ConsentId(consent), purpose))
        assert isinstance(answer, Refused)
        assert not answer.decision.disclose_existence


async def test_an_officer_of_an_agency_that_has_no_part_in_it_reads_no_consent(stack: Stack) -> None:
    officer = await stack.caller("ivy", "client:house")
    asked = ConsentAsked(officer, ConsentId("cns_1"), "privacy_investigation")
    assert isinstance(await stack.uses.read_consent(asked), Refused)
