"""A worker who records a consent is told, and the receipt says, where the giver's word does not count."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest_asyncio

from gateway.domain.access import Decision, Query
from gateway.domain.instants import Instant
from gateway.ports import Policy
from tests.http.served import BOB, CONTE, RECIT, Served, codes, serve_stack
from tests.support.stack import network, open_stack

STRANGER = {"family_name": "Inventé", "given_name": "Récit", "birth_date": "1986-02-01"}
MOTHER = {"family_name": "Inventé", "given_name": "Conte", "birth_date": "1988-05-01"}
LINE: dict[str, Any] = {
    "decision": "permit",
    "recipients": [{"agency": "qc:clinic"}],
    "owners": ["qc:school"],
    "purposes": ["assessment"],
    "categories": ["family_situation"],
    "until": (datetime.now(UTC) + timedelta(days=100)).isoformat(),
    "purpose": "coordination",
    "evidence": {"method": "written_signed"},
}


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network, with a second holder whose authority has another scope."""
    seed = network()
    scoped = {"id": "aut_2", "subject": "p:child", "person": "p:other", "authority": "joint"}
    seed["authorities"].append({**scoped, "scope": ["education"]})
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        yield serve_stack(stack)


async def say(served: Served, giver: dict[str, str], **changed: object) -> httpx2.Response:
    spoke = (await served.ask(BOB, "POST", "/v1/person-matches", json=giver)).json()["handle"]
    body = {"person": await served.handle(BOB), "giver": spoke, **LINE, **changed}
    return await served.ask(BOB, "POST", "/v1/consents", json=body)


async def record(served: Served, giver: dict[str, str], **changed: object) -> dict[str, Any]:
    answer = await say(served, giver, **changed)
    assert answer.status_code == 201, answer.text
    recorded: dict[str, Any] = answer.json()
    return recorded


def idle(recorded: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    return [
        (one["owner_agency"], one["category"], one["reason"]["code"]) for one in recorded["without_effect"]
    ]


async def text_of(served: Served, caller: str, receipt: str, language: str) -> str:
    headers = {"Accept": "text/plain", "Accept-Language": language}
    answer = await served.ask(caller, "GET", f"/v1/receipts/{receipt}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_word_of_who_decides_counts(served: Served) -> None:
    recorded = await record(served, MOTHER)
    assert idle(recorded) == []
    assert "does not count" not in await text_of(served, BOB, recorded["receipt"], "en")
    assert (await served.release(BOB, "frg_letter", "assessment")).status_code == 201


async def test_a_strangers_word_is_recorded_and_said_to_count_as_a_reading_will_find(served: Served) -> None:
    recorded = await record(served, STRANGER, categories=["family_situation", "education"])
    assert idle(recorded) == [("qc:school", "family_situation", "GRANTOR_WITHOUT_AUTHORITY")]
    refused = await served.release(BOB, "frg_letter", "assessment")
    assert (refused.status_code, codes(refused.json())) == (403, ["GRANTOR_WITHOUT_AUTHORITY"])
    assert (await served.release(BOB, "frg_marks", "assessment")).status_code == 201
    for caller in (BOB, RECIT):
        assert "\n- situation familiale (École inventée)\n" in await text_of(
            served, caller, recorded["receipt"], "fr"
        )
        assert "This choice does not count here." in await text_of(served, caller, recorded["receipt"], "en")


async def test_a_line_for_every_owner_names_none_of_them_to_the_worker(served: Served) -> None:
    recorded = await record(served, STRANGER, owners="any")
    assert idle(recorded) == [(None, "family_situation", "GRANTOR_WITHOUT_AUTHORITY")]
    assert "school" not in (await text_of(served, BOB, recorded["receipt"], "en")).lower()


async def test_a_guardian_finds_in_her_receipt_where_her_own_word_does_not_count(served: Served) -> None:
    body = {name: one for name, one in LINE.items() if name not in {"evidence", "purpose"}}
    body |= {"person": "p:child", "categories": ["family_situation", "education"]}
    answer = (await served.ask(RECIT, "POST", "/v1/consents", json=body)).json()
    assert idle(answer) == [("qc:school", "family_situation", "GRANTOR_WITHOUT_AUTHORITY")]
    assert "situation familiale (École inventée)" in await text_of(served, RECIT, answer["receipt"], "fr")
    whole = await served.ask(CONTE, "POST", "/v1/consents", json=body)
    assert idle(whole.json()) == []


@dataclass(frozen=True)
class Owing:
    """The policy itself, but whoever gives a consent herself is owed what no build does."""

    inner: Policy

    @property
    def digest(self) -> str:
        return self.inner.digest

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        decided = await self.inner.decide_all(queries, at)
        return tuple(
            replace(one, obligations=one.obligations | {"fly_a_kite"})
            if query.document["action"] == "give_consent"
            else one
            for query, one in zip(queries, decided, strict=True)
        )


async def test_what_the_giver_is_owed_and_cannot_have_is_told_as_that(served: Served) -> None:
    give = served.stack.uses.give_consent
    ask = replace(give.ask, policy=cast("Policy", Owing(give.ask.policy)))
    other = serve_stack(served.stack, give_consent=replace(give, ask=ask))
    answer = await say(other, MOTHER)
    assert (answer.status_code, codes(answer.json())) == (503, ["OBLIGATION_UNMET"])
    assert (await served.newest())["reason"] == "OBLIGATION_UNMET"
    assert "assessment" not in (await served.ask(CONTE, "GET", "/v1/consents?person=p:child")).text
