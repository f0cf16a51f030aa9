"""Asking about any action, and what the asker states: as she said it, kept sealed."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.domain.vocabulary import Action
from tests.http.rungs import GUS, HEL, rung_network
from tests.http.served import ADA, BOB, CONTE, DIA, EVA, FIL, RECIT, Served, codes, serve_stack
from tests.support.stack import ISSUER, open_stack

AUD = "aud@client:clinic"
NEEDED = "Évaluer la situation inventée."


def asking_network() -> dict[str, Any]:
    """The small network under the shared secret, with an auditor, and an order against the house."""
    seed = rung_network()
    for agency in seed["agencies"]:
        agency |= {
            "profile": "FR",
            "consent_model": "shared_secret",
            "bound_by_secrecy": True,
            "protection_mission": True,
        }
    aud = {"iss": ISSUER, "sub": "aud"}
    seed["workers"].append(
        {"id": "w:aud", "agency": "qc:clinic", "name": "Inventé aud", "roles": ["auditor"], "identity": aud}
    )
    seed["orders"] = [
        {"id": "ord_1", "subject": "p:child", "type": "prohibit", "recipients": [{"agency": "qc:house"}]}
    ]
    return seed


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(sqlite_url, tmp_path / "state", seed=asking_network()) as stack:
        yield serve_stack(stack)


@pytest_asyncio.fixture
async def either(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The same, on each store."""
    async with open_stack(store_url, tmp_path / "state", seed=asking_network()) as stack:
        yield serve_stack(stack)


async def decide(served: Served, caller: str, purpose: str, **asked: object) -> Any:  # noqa: ANN401
    body = {"fragment": "frg_letter", "purpose": purpose, **asked}
    return await served.ask(caller, "POST", "/v1/decisions", json=body)


async def kept(served: Served) -> Mapping[str, Any]:
    """The officers' part of the newest entry."""
    row = await served.newest()
    found = await served.stack.parts.ledger.detail(row["ledger"], row["index"])
    assert found is not None
    return found


ASKED = [
    (CONTE, "family_access", Action.READ_AUDIT, "SUBJECT_ACCESS_LOG"),
    (BOB, "coordination", Action.RECORD_CONSENT, "CONSENT_EVIDENCE_INCOMPLETE"),
    (EVA, "audit", Action.READ_METADATA, None),
    (AUD, "audit", Action.READ_AUDIT, "AUDIT_METADATA_ONLY"),
    (FIL, "administration", Action.MANAGE_USERS, "ADMIN_NO_CONTENT"),
    (BOB, "coordination", Action.MANAGE_USERS, "ROLE_NOT_ALLOWED"),
    (EVA, "audit", Action.READ, "CONTENT_NOT_FOR_ROLE"),
]


@pytest.mark.parametrize(("caller", "purpose", "action", "reason"), ASKED)
async def test_any_action_is_decided_and_its_entry_says_which(
    caller: str, purpose: str, action: Action, reason: str | None, served: Served
) -> None:
    answer = await decide(served, caller, purpose, action=str(action))
    assert answer.status_code == (404 if reason is None else 200), answer.text
    assert reason is None or codes(answer.json()) == [reason]
    entry = await kept(served)
    assert (entry["kind"], entry["action"]) == ("inquired", str(action))


async def test_every_action_is_asked_about_alike_where_nothing_is_to_be_known(served: Served) -> None:
    nobody = ((DIA, "coordination"), (HEL, "audit"), (RECIT, "family_access"), (GUS, "administration"))
    for caller, purpose in nobody:
        for action in Action:
            hidden, unknown = [
                await decide(served, caller, purpose, action=str(action), fragment=fragment)
                for fragment in ("frg_letter", "frg_unknown")
            ]
            assert hidden.status_code == unknown.status_code, (caller, action)
            told = [one.json() for one in (hidden, unknown)]
            for one in told:
                for own in ("instance", "request_id", "ledger_entry", "recorded_at"):
                    one.pop(own, None)
            assert told[0] == told[1], (caller, action)


async def test_an_officer_is_in_scope_where_her_own_agency_asked(served: Served) -> None:
    asked = {"action": "read_audit", "requester_agency": "qc:clinic"}
    assert codes((await decide(served, EVA, "audit", **asked)).json()) == ["AUDIT_METADATA_ONLY"]
    assert (await decide(served, EVA, "audit", action="read_audit")).status_code == 404
    refused = await decide(served, BOB, "coordination", **asked)
    assert (refused.status_code, refused.json()["fields"][0]["name"]) == (422, "requester_agency")


async def test_evidence_is_judged_before_anything_is_recorded(served: Served) -> None:
    signed = {"action": "record_consent", "evidence": {"method": "written_signed"}}
    answer = await decide(served, BOB, "coordination", **signed)
    assert codes(answer.json()) != ["CONSENT_EVIDENCE_INCOMPLETE"]


async def test_under_the_shared_secret_what_the_reader_states_opens_or_refuses(either: Served) -> None:
    path = "/v1/fragments/frg_letter/releases"
    for stated, status, reason in (
        ({}, 403, "NOT_NECESSARY"),
        ({"necessity": "  "}, 403, "NOT_NECESSARY"),
        ({"necessity": NEEDED}, 403, "FAMILY_NOT_INFORMED"),
        ({"necessity": NEEDED, "family_informed": False}, 403, "FAMILY_NOT_INFORMED"),
        ({"necessity": NEEDED, "family_informed": True}, 201, None),
        ({"necessity": NEEDED, "inform_exception": "contrary_to_child_interest"}, 201, None),
        ({}, 403, "NOT_NECESSARY"),
    ):
        answer = await either.ask(BOB, "POST", path, json={"purpose": "child_protection", **stated})
        assert answer.status_code == status, (stated, answer.text)
        if reason is not None:
            assert codes(answer.json()) == [reason]
    assert "inform-family" in {
        one["rel"]
        for one in (
            await decide(either, BOB, "child_protection", necessity=NEEDED, family_informed=False)
        ).json()["remedies"]
    }


async def test_what_was_stated_is_in_the_officers_part_and_nowhere_in_clear(either: Served) -> None:
    stated = {"necessity": NEEDED, "family_informed": True}
    body = {"purpose": "child_protection", **stated}
    assert (await either.ask(BOB, "POST", "/v1/fragments/frg_letter/releases", json=body)).status_code == 201
    entry = await kept(either)
    assert (entry["stated"], entry["outcome"]) == (stated, "permit")
    assert NEEDED not in json.dumps(dict(await either.newest()), default=str)


@pytest.mark.parametrize(
    "stated",
    [
        {"necessity": 7},
        {"necessity": "x" * 4001},
        {"family_informed": "yes"},
        {"inform_exception": ["no"]},
        {"emergency": "no id"},
        {"consent_model": "presumed"},
    ],
)
async def test_what_is_stated_in_another_shape_is_malformed(stated: dict[str, Any], served: Served) -> None:
    before = await served.newest()
    for path, body in (
        ("/v1/fragments/frg_letter/releases", {"purpose": "child_protection"}),
        ("/v1/decisions", {"purpose": "child_protection", "fragment": "frg_letter"}),
    ):
        answer = await served.ask(BOB, "POST", path, json={**body, **stated})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert await served.newest() == before


async def test_one_readers_words_are_never_anothers_facts(either: Served) -> None:
    path = "/v1/fragments/frg_letter/releases"
    body = {"purpose": "child_protection", "necessity": NEEDED, "family_informed": True}
    assert (await either.ask(BOB, "POST", path, json=body)).status_code == 201
    silent = await either.ask(BOB, "POST", path, json={"purpose": "child_protection"})
    assert codes(silent.json()) == ["NOT_NECESSARY"]
    assert (await either.ask(ADA, "POST", path, json={"purpose": "coordination"})).status_code == 201
