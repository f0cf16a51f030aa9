"""Each obligation is done, not listed: one test each, over HTTP where there is a route, real policy."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from gateway.adapters.policy.codes import OBLIGATIONS
from gateway.domain.access import Decision, Outcome, Query, View, Viewer
from gateway.domain.acting import Letter, Note
from gateway.domain.ids import AgencyId, DecisionId, FragmentId, PersonId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.ledger import EntryKind
from gateway.domain.obligations import FULFILLED
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import refusal
from gateway.ports import Policy
from tests.http.served import BOB, CONTE, EVA, Served, codes, serve_stack
from tests.support.stack import ISSUER, open_stack
from tests.support.telling import CHILD, PARENT, caller, refusal_of_father, two_guardians

OLGA, PIV, CHANT = "olga@client:school", "piv@client:school", "chant@client:family+guardian"
FABLE, AUD, PROT = "fable@client:family+youth", "aud@client:house", "prot@client:house"


def obligation_network() -> dict[str, Any]:
    """Two guardians of whom one refuses education; the child says no to it too; an auditor looks on."""
    seed = two_guardians()
    no = {**refusal_of_father(), "categories": ["education"]}
    child_no = {**no, "id": "cns_child", "grantor": {"person": CHILD, "as": "self"}}
    seed["consents"] += [no, {**child_no, "categories": ["family_situation"]}]
    seed["persons"][0]["identity"] = {"iss": ISSUER, "sub": "fable"}
    seed["agencies"][2]["protection_mission"] = True
    for name, role in (("aud", "auditor"), ("prot", "child_protection_worker")):
        identity = {"iss": ISSUER, "sub": name}
        seed["workers"].append(
            {"id": f"w:{name}", "agency": "qc:house", "name": name, "roles": [role], "identity": identity}
        )
    return seed


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(sqlite_url, tmp_path / "state", seed=obligation_network()) as stack:
        yield serve_stack(stack)


@dataclass(frozen=True, slots=True)
class Changed:
    """The real policy, its decisions changed: what another purpose or a declaration would give."""

    inner: Policy
    change: Callable[[Decision], Decision]

    @property
    def digest(self) -> str:
        return self.inner.digest

    async def decide(self, query: Query, at: Instant) -> Decision:
        return self.change(await self.inner.decide(query, at))

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: tuple[Viewer, ...]
    ) -> Mapping[PersonId, View]:
        return await self.inner.views(query, at, entry, viewers)


def deciding(served: Served, change: Callable[[Decision], Decision]) -> Served:
    release = served.stack.uses.release
    policy: Any = Changed(release.judge.policy, change)
    judge = replace(release.judge, policy=policy, memo=None)
    return serve_stack(served.stack, release=replace(release, judge=judge))


def with_obligation(served: Served, *names: str) -> Served:
    return deciding(served, lambda one: replace(one, obligations=one.obligations | set(names)))


async def released(served: Served, *names: str) -> httpx2.Response:
    answer = await with_obligation(served, *names).release(BOB, "frg_letter")
    assert answer.status_code == 201, answer.text
    return answer


async def notices(served: Served, asking: str) -> list[dict[str, Any]]:
    answer = await served.ask(asking, "GET", "/v1/notices")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def kinds(served: Served, asking: str) -> set[str]:
    return {one["kind"] for one in await notices(served, asking)}


async def log(served: Served) -> list[dict[str, Any]]:
    path = f"/v1/ledger/entries?person={CHILD}"
    return list((await served.ask(CONTE, "GET", path)).json()["items"])


def rels(answer: httpx2.Response) -> set[str]:
    return {one["rel"] for one in answer.json()["remedies"]}


def test_each_obligation_has_its_test_and_its_row_in_the_documentation() -> None:
    tests = [name.removeprefix("test_") for name in dir(sys.modules[__name__]) if name.startswith("test_")]
    for name in OBLIGATIONS:
        assert any(name in test for test in tests), name
    text = (Path(__file__).parents[2] / "deploy/obligations.md").read_text(encoding="utf-8")
    assert {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")} == OBLIGATIONS
    assert OBLIGATIONS <= FULFILLED


async def test_an_unknown_obligation_turns_a_permit_into_a_refusal(served: Served) -> None:
    answer = await with_obligation(served, "fly_a_kite").release(BOB, "frg_letter")
    assert (answer.status_code, codes(answer.json())) == (403, ["OBLIGATION_UNMET"])
    assert (await served.newest())["reason"] == "OBLIGATION_UNMET"


async def test_log_access(served: Served) -> None:
    for purpose, outcome in (("coordination", "permit"), ("assessment", "deny")):
        await served.release(BOB, "frg_letter", purpose)
        assert (await served.newest())["outcome"] == outcome


@pytest.mark.parametrize("name", ["no_redisclosure", "purpose_bound"])
async def test_no_redisclosure_and_purpose_bound(served: Served, name: str) -> None:
    answer = await served.release(BOB, "frg_letter")
    assert name in answer.headers["gateway-obligations"].split(", ")


async def test_mark_incomplete(served: Served) -> None:
    answer = await served.release(BOB, "frg_report")
    assert (answer.status_code, answer.json()["incomplete"]) == (201, True)
    assert "mark_incomplete" in answer.json()["obligations"]


async def test_minimum_necessary(served: Served) -> None:
    answer = await with_obligation(served, "minimum_necessary").release(BOB, "frg_report")
    assert [one["id"] for one in answer.json()["sections"]] == ["home"]
    assert "Poor" not in answer.text


async def test_surface_child_view(served: Served) -> None:
    answer = await served.release(BOB, "frg_letter")
    assert "surface_child_view" in answer.headers["gateway-obligations"]


async def test_plain_language(served: Served) -> None:
    answer = await served.release(CONTE, "frg_letter", "family_access")
    assert "plain_language" in answer.headers["gateway-obligations"]
    (row,) = [one for one in await log(served) if one.get("kind") == "released"]
    assert all(reason["text"].endswith(".") for reason in row["reasons"])


async def test_effective_immediately(served: Served) -> None:
    ended = await served.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals")
    assert ended.status_code == 201
    assert (await served.release(BOB, "frg_letter")).status_code == 403


async def test_notify_family(served: Served) -> None:
    await released(served, "notify_family")
    (told,) = await notices(served, CONTE)
    assert (told["kind"], told["says"]["agency"]) == ("notify_family", "qc:clinic")
    assert told["text"].startswith("Un organisme")
    assert told["ledger_entry"] is None


async def test_delay_family_notice_and_what_is_told_later(served: Served) -> None:
    await released(served, "delay_family_notice")
    assert await notices(served, CONTE) == []
    held = (await served.ask(OLGA, "GET", "/v1/notices/held")).json()["items"]
    assert {one["keeper"] for one in held} == {"qc:school"}
    # Each is told apart, by whoever knows neither of them under a handle.
    who = {(one["relation"], one["recipient_name"], one["recipient"]) for one in held}
    assert who == {("guardian", "Conte Inventé", None), ("guardian", "Chant Inventé", None)}
    for one in held:
        answer = await served.ask(OLGA, "POST", f"/v1/notices/{one['id']}/release")
        assert answer.status_code == 201
    for parent in (CONTE, CHANT):
        (told,) = await notices(served, parent)
        assert told["says"]["happened_at"] == held[0]["happened_at"]


async def test_withhold_delayed_entries(served: Served) -> None:
    await released(served, "delay_family_notice")
    assert [one for one in await log(served) if one.get("kind") == "released"] == []


async def test_notify_owner_agency(served: Served) -> None:
    await released(served, "notify_owner_agency")
    (told,) = await notices(served, PIV)
    assert (told["kind"], told["says"]["agency"]) == ("notify_owner_agency", "qc:clinic")
    assert "account" not in told["says"]
    assert CHILD not in str(told)


async def test_notify_privacy_officer(served: Served) -> None:
    answer = await released(served, "notify_privacy_officer")
    for officer in (OLGA, EVA):
        (told,) = await notices(served, officer)
        assert (told["kind"], told["says"]["account"]) == ("notify_privacy_officer", "w:bob")
        assert told["ledger_entry"] == answer.headers["gateway-ledger-entry"]
    assert await notices(served, PIV) == []


async def test_review_required(served: Served) -> None:
    answer = await released(served, "review_required")
    (review,) = (await served.ask(OLGA, "GET", "/v1/reviews")).json()["items"]
    assert (review["kind"], review["worker"], review["overdue"]) == ("emergency", "w:bob", False)
    assert review["ledger_entry"] == answer.headers["gateway-ledger-entry"]
    found = await served.ask(
        OLGA, "POST", f"/v1/reviews/{review['id']}/finding", json={"finding": "unjustified", "words": "Non."}
    )
    assert (found.status_code, found.json()["finding"]) == (201, "unjustified")
    assert (await served.ask(OLGA, "GET", "/v1/reviews")).json()["items"] == []
    assert "incident" in await kinds(served, EVA)
    (row,) = [one for one in await log(served) if one.get("kind") == "emergency_reviewed"]
    assert row["finding"] == "unjustified"


async def test_time_limit(served: Served) -> None:
    answer = await released(served, "time_limit")
    until = parse_instant(answer.headers["gateway-repeatable-until"], field="until")
    assert until > served.stack.parts.clock.now()
    structured = await with_obligation(served, "time_limit").release(BOB, "frg_report")
    assert parse_instant(structured.json()["repeatable_until"], field="until") == until
    assert "gateway-repeatable-until" not in (await served.release(BOB, "frg_letter")).headers


async def test_offer_break_glass(served: Served) -> None:
    assert "declare-emergency" in rels(await served.release(BOB, "frg_letter", "assessment"))


async def test_escalate_conflict(served: Served) -> None:
    await give_education(served)
    for _ in range(3):
        answer = await served.release(BOB, "frg_marks")
        assert codes(answer.json()) == ["GUARDIAN_CONFLICT"]
    (case,) = (await served.ask(OLGA, "GET", "/v1/reviews")).json()["items"]
    assert (case["kind"], case["due_at"]) == ("conflict", None)


async def give_education(served: Served) -> None:
    """The seed's permit of education lasts for one use; the parent gives one that lasts longer."""
    line = {
        "person": CHILD,
        "decision": "permit",
        "recipients": [{"agency": "qc:clinic"}],
        "purposes": ["coordination"],
        "categories": ["education"],
        "until": f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
    }
    assert (await served.ask(CONTE, "POST", "/v1/consents", json=line)).status_code == 201


async def test_request_other_guardian(served: Served) -> None:
    for _ in range(3):
        answer = await with_joint_refusal(served).release(BOB, "frg_letter")
        assert "ask-other-guardian" in rels(answer)
    (told,) = await notices(served, CHANT)
    assert told["kind"] == "request_other_guardian"
    assert await notices(served, CONTE) == []


def with_joint_refusal(served: Served) -> Served:
    return deciding(served, lambda one: refused(one, "JOINT_CONSENT_INCOMPLETE", "request_other_guardian"))


def refused(one: Decision, reason: str, obligation: str) -> Decision:
    no = refusal(EnforcementReason.POLICY_UNAVAILABLE, one.policy_digest)
    return replace(no, reasons=(reason,), obligations=frozenset({"log_access", obligation}))


async def test_inform_family_before(served: Served) -> None:
    changed = deciding(served, lambda one: refused(one, "FAMILY_NOT_INFORMED", "inform_family_before"))
    answer = await changed.release(BOB, "frg_letter")
    assert answer.status_code == 403
    (remedy,) = [one for one in answer.json()["remedies"] if one["rel"] == "inform-family"]
    assert remedy["text"] == "Informez d\u2019abord la famille et notez-le."


async def test_route_to_guardian_or_lawyer(served: Served) -> None:
    answer = await served.release(FABLE, "frg_letter", "family_access")
    assert codes(answer.json()) == ["MINOR_UNDER_14_NO_DIRECT_ACCESS"]
    assert "ask-adult-or-lawyer" in rels(answer)


async def test_issue_receipt(served: Served) -> None:
    ended = await served.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals")
    assert ended.json()["receipt"]
    assert (await served.ask(CONTE, "GET", "/v1/consents/cns_1/receipt")).status_code == 200


async def test_notify_recipients(served: Served) -> None:
    await served.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals")
    (told,) = await notices(served, "fil@client:clinic")
    assert (told["kind"], told["says"]["consent"]) == ("notify_recipients", "cns_1")
    assert PARENT not in str(told)


async def acted(served: Served, kind: EntryKind, obligation: str, **more: Any) -> None:  # noqa: ANN401
    """An act whose route is not in this build: its entry, as its use case hands it to the store."""
    bob = await caller(served.stack, ("bob", "client:clinic"))
    permit = replace(
        refusal(EnforcementReason.POLICY_UNAVAILABLE, served.stack.parts.policy.digest),
        outcome=Outcome.PERMIT,
        obligations=frozenset({"log_access", obligation}),
    )
    name = DecisionId(served.stack.parts.ids.new("dec"))
    note = Note(kind, name, bob, {}, decision=permit, epochs=bob.epochs, **more)
    await served.stack.parts.acts.note_act(note)


async def test_notify_referrer(served: Served) -> None:
    about: dict[str, Any] = {
        "person": CHILD,
        "owner": AgencyId("qc:school"),
        "fragment": FragmentId("frg_letter"),
    }
    await acted(served, EntryKind.RECOMMENDATION_REFUSED, "notify_referrer", **about)
    (told,) = await notices(served, PIV)
    assert (told["kind"], told["says"]["fragment"]) == ("notify_referrer", "frg_letter")


LETTER = Letter(AgencyId("qc:house"), {"words": "Des mots inventés."})


async def test_protect_reporter_identity(served: Served) -> None:
    report = {"agency": "qc:house", "words": "Des mots inventés.", "person": await served.handle(BOB)}
    assert (await served.ask(BOB, "POST", "/v1/reports", json=report)).status_code == 201
    (told,) = await notices(served, PROT)
    assert told["says"]["says"]["words"] == report["words"]
    assert not any(trace in str(told) for trace in ("w:bob", "qc:clinic", "caseworker"))
    assert "report_submitted" not in {one.get("kind") for one in await log(served)}


async def test_no_subject_identifier(served: Served) -> None:
    await acted(served, EntryKind.CONSULTED, "no_subject_identifier", letter=LETTER)
    (told,) = await notices(served, PROT)
    assert (told["person"], told["says"]["agency"]) == (None, "qc:clinic")
    assert CHILD not in str(told)


async def test_pseudonymise_subject(served: Served) -> None:
    await served.release(BOB, "frg_letter")
    answer = await served.ask(AUD, "GET", "/v1/ledger/entries")
    assert answer.status_code == 200
    assert len(answer.json()["items"]) > 1
    assert not any(name in answer.text for name in (CHILD, "w:bob", "frg_letter", "Fable"))


async def test_log_the_log_reader(served: Served) -> None:
    assert (await served.ask(EVA, "GET", "/v1/ledger/entries")).status_code == 200
    assert (await served.newest())["kind"] == "ledger_read"


async def test_no_decrypt(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unwrap(*_: object) -> None:
        raise AssertionError("content was to be opened")

    monkeypatch.setattr(type(served.stack.parts.state.keyring), "unwrap", unwrap)
    path = "/v1/dossiers/dos_child/fragments?purpose=coordination"
    await served.handle(BOB)
    for method, place, body in (
        ("GET", path, None),
        ("POST", "/v1/decisions", {"fragment": "frg_letter", "purpose": "coordination"}),
        ("GET", "/v1/ledger/entries", None),
    ):
        answer = await served.ask(BOB, method, place, json=body)
        assert answer.status_code == 200
