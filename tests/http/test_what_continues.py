"""What a stop says goes on is what a release then answers: listed if and only if it is let out."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.http.served import ADA, BOB, CAM, CONTE, DIA, Served, serve_stack
from tests.http.test_emergencies import declare
from tests.http.test_sessions import GIL, opened, with_committee
from tests.http.test_transfers import accepted, consent_to_transfer, with_a_lead
from tests.support.bundles import change, copy_changed
from tests.support.stack import network, open_stack

STOP = {"person": "p:child", "reach": {"kind": "all"}}
ASKERS = {ADA: "qc:school", BOB: "qc:clinic", CAM: "qc:clinic", DIA: "qc:house"}
PURPOSES = ("service_delivery", "child_protection", "legal", "emergency")
PURPOSE_TABLE = "gateway/purposes/data.yaml"
RESPITE = '{fr: "répit", en: "respite"}'
LETTERS = {"frg_letter": "family_situation", "frg_marks": "education"}
ORDER = {"id": "ord_1", "subject": "p:child", "type": "require", "categories": ["education"]}

Line = tuple[str, str, str]
"""Agency, category, purpose; the school holds everything."""


@asynccontextmanager
async def gateway(
    url: str, state: Path, seed: dict[str, Any], policies: Path | None = None
) -> AsyncIterator[Served]:
    async with open_stack(url, state / "state", seed=seed, policies=policies) as stack:
        yield serve_stack(stack)


async def stopped(served: Served, **reach: str) -> list[Mapping[str, Any]]:
    """Stop; what is said to go on, which the receipt says too."""
    answer = await served.ask(CONTE, "POST", "/v1/stops", json=STOP | ({"reach": reach} if reach else {}))
    assert answer.status_code == 201, answer.text
    said = answer.json()
    receipt = await served.ask(CONTE, "GET", f"/v1/stops/{said['id']}/receipt")
    told = receipt.json()["receipt"]["stop"]["continues"]
    lines = [(one["agency"], one["purpose"], one["reason"]["code"]) for one in said["continues"]]
    assert lines == [(one["recipient"]["party_id"], one["purpose"], one["reason"]) for one in told]
    return list(said["continues"])


def lines_of(said: list[Mapping[str, Any]], reason: str | None = None) -> set[Line]:
    return {
        (one["agency"], one["category"], one["purpose"])
        for one in said
        if one["category"] in LETTERS.values() and reason in {None, one["reason"]["code"]}
    }


async def let_out(served: Served, *purposes: str, **stated: object) -> set[Line]:
    """Ask for each document, as each worker, for each purpose."""
    found = set()
    for asker, agency in ASKERS.items():
        for fragment, category in LETTERS.items():
            for purpose in purposes or PURPOSES:
                body = {"purpose": purpose, **stated}
                answer = await served.ask(asker, "POST", f"/v1/fragments/{fragment}/releases", json=body)
                if answer.status_code == 201:
                    found.add((agency, category, purpose))
    return found


@pytest.mark.parametrize(
    "recipient", [{"agency": "qc:house"}, {"person": "w:dia"}, {"agency": "qc:house", "role": "caseworker"}]
)
@pytest.mark.parametrize("basis", ["court_order", "statutory_demand"])
async def test_whom_an_order_names_is_told_as_going_on(
    store_url: str, tmp_path: Path, recipient: dict[str, Any], basis: str
) -> None:
    seed = {**network(), "orders": [{**ORDER, "basis": basis, "recipients": [recipient]}]}
    async with gateway(store_url, tmp_path, seed) as served:
        said = await stopped(served)
        reason = {"court_order": "COURT_ORDER_REQUIRES"}.get(basis, "STATUTORY_DEMAND")
        wanted = {("qc:house", "education", name) for name in ("legal", "child_protection")}
        assert lines_of(said, reason) == wanted
        assert lines_of(said) == await let_out(served)


async def test_an_order_names_its_own_purposes_and_the_units_of_an_agency(
    sqlite_url: str, tmp_path: Path
) -> None:
    seed = network()
    unit = {"id": "qc:house/annex", "name": {"fr": "Annexe inventée", "en": "Invented annex"}}
    seed["agencies"].append({**unit, "profile": "QC-PRIV"})
    worker = next(one for one in seed["workers"] if one["id"] == "w:dia")
    worker["agency"] = "qc:house/annex"
    seed["clients"].append({"id": "client:annex", "agency": "qc:house/annex"})
    whom = {"agency": "qc:house", "include_units": True}
    order = {**ORDER, "recipients": [whom], "purposes": ["assessment"], "basis": "court_order"}
    async with gateway(sqlite_url, tmp_path, {**seed, "orders": [order]}) as served:
        said = await stopped(served)
        wanted = {("qc:house/annex", "education", "assessment")}
        assert lines_of(said, "COURT_ORDER_REQUIRES") == wanted
        assert (await served.release("dia@client:annex", "frg_marks", "assessment")).status_code == 201


@pytest.mark.parametrize(
    ("listed", "model", "reason"),
    [
        ("own_work: [", "express", "OWNER_ACCESS"),
        ("presumed: [", "presumed", "PRESUMED_CONSENT"),
        ("shared_secret: [", "shared_secret", "SHARED_SECRET"),
        ("instrument_default: [", "express", "COURT_ORDER_REQUIRES"),
    ],
)
async def test_a_purpose_that_the_tables_alone_add_is_asked_about_too(
    sqlite_url: str, tmp_path: Path, listed: str, model: str, reason: str
) -> None:
    bundle = copy_changed(
        tmp_path / "policies", PURPOSE_TABLE, "labels:\n", f"labels:\n  respite: {RESPITE}\n"
    )
    change(bundle, PURPOSE_TABLE, listed, f"{listed}respite, ")
    change(bundle, "gateway/roles/data.yaml", "service: [", "service: [respite, ")
    order = {**ORDER, "basis": "court_order", "recipients": [{"agency": "qc:house"}]}
    seed = {**network(), "orders": [order]}
    for agency in seed["agencies"]:
        agency |= {"consent_model": model, "sector": "health_social"}
        agency |= {"bound_by_secrecy": True, "protection_mission": True}
    async with gateway(sqlite_url, tmp_path, seed, bundle) as served:
        said = await stopped(served, kind="category", category="psychotherapy_notes")
        let = await let_out(served, "respite", necessity="protéger l'enfant inventé", family_informed=True)
        assert {one for one in lines_of(said) if one[2] == "respite"} == let
        assert {one for one in lines_of(said, reason) if one[2] == "respite"}


@pytest.mark.parametrize("purposes", [None, ["service_delivery", "legal", "child_protection"]])
async def test_of_an_order_sealed_from_the_family_nothing_is_told(
    sqlite_url: str, tmp_path: Path, purposes: list[str] | None
) -> None:
    """The list is the same, to the letter, as without the order; the school's own work stays in it."""
    named = {} if purposes is None else {"purposes": purposes}
    secret = {
        **ORDER,
        **named,
        "basis": "court_order",
        "recipients": [{"agency": "qc:house"}, {"agency": "qc:school"}],
        "sealed_from_family": True,
    }
    told = []
    for n, orders in enumerate(([], [secret])):
        url = f"{sqlite_url}{n}"
        async with gateway(url, tmp_path / str(n), {**network(), "orders": orders}) as served:
            told.append(await stopped(served))
            if orders:
                assert (await served.release(DIA, "frg_marks", "legal")).status_code == 201
    assert json.dumps(told[0]) == json.dumps(told[1])


async def test_a_protected_agency_that_an_order_names_is_not_told(sqlite_url: str, tmp_path: Path) -> None:
    seed = network()
    next(one for one in seed["agencies"] if one["id"] == "qc:house")["protected"] = True
    order = {**ORDER, "basis": "court_order", "recipients": [{"agency": "qc:house"}]}
    async with gateway(sqlite_url, tmp_path, {**seed, "orders": [order]}) as served:
        assert "qc:house" not in json.dumps(await stopped(served))
        assert (await served.release(DIA, "frg_marks", "legal")).status_code == 201


async def test_a_running_emergency_is_told_as_going_on(store_url: str, tmp_path: Path) -> None:
    async with gateway(store_url, tmp_path, network()) as served:
        opened_by = await declare(served, DIA)
        said = await stopped(served)
        assert lines_of(said, "BREAK_GLASS") == {("qc:house", "family_situation", "emergency")}
        by_it = await let_out(served, "emergency", emergency=opened_by.json()["id"])
        assert lines_of(said) == await let_out(served) | by_it


async def test_an_emergency_that_the_family_is_told_of_later_is_not_told_now(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with gateway(sqlite_url, tmp_path, network()) as served:
        reason = "Une raison inventée de se taire pour l'instant."
        await declare(served, DIA, delay_family_notice=reason)
        assert not lines_of(await stopped(served), "BREAK_GLASS")


async def test_who_shares_a_secret_is_told_as_going_on(store_url: str, tmp_path: Path) -> None:
    seed = network()
    for agency in seed["agencies"]:
        bound = agency["id"] != "qc:house"
        agency |= {"consent_model": "shared_secret", "profile": "FR"}
        agency |= {"bound_by_secrecy": bound, "protection_mission": True}
    seed["assignments"].append({"id": "asg_3", "worker": "w:dia", "person": "p:child", "from": "now-1d"})
    async with gateway(store_url, tmp_path, seed) as served:
        said = await stopped(served)
        shared = lines_of(said, "SHARED_SECRET")
        assert {(agency, purpose) for agency, _, purpose in shared} == {
            ("qc:clinic", "child_protection"),
            ("qc:clinic", "assessment"),
        }
        let = await let_out(served, necessity="protéger l'enfant inventé", family_informed=True)
        assert {one for one in lines_of(said) if one[2] != "assessment"} == let
        for asker, status in ((BOB, 201), (DIA, 403)):
            body = {"purpose": "assessment", "necessity": "évaluer", "family_informed": True}
            path = "/v1/fragments/frg_letter/releases"
            assert (await served.ask(asker, "POST", path, json=body)).status_code == status


async def test_what_an_exception_of_a_refusal_lets_through_is_told_as_going_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    seed = network()
    let = {"decision": "permit", "recipients": [{"agency": "qc:clinic"}], "purposes": ["coordination"]}
    refusal = {**seed["consents"][0], "decision": "deny", "recipients": "any", "categories": "any"}
    refusal |= {"purposes": "any", "exceptions": [let]}
    seed["consents"] = [{name: one for name, one in refusal.items() if name not in {"until", "one_time"}}]
    async with gateway(sqlite_url, tmp_path, seed) as served:
        said = await stopped(served, kind="category", category="psychotherapy_notes")
        told = {one for one in lines_of(said) if one[2] == "coordination" and one[0] != "qc:school"}
        assert told == {("qc:clinic", kind, "coordination") for kind in LETTERS.values()}
        for fragment in LETTERS:
            assert (await served.release(BOB, fragment)).status_code == 201


async def test_a_session_that_a_stop_does_not_reach_is_told_as_going_on(
    store_url: str, tmp_path: Path
) -> None:
    async with gateway(store_url, tmp_path, with_committee()) as served:
        await opened(served)
        said = await stopped(served, kind="agency", agency="qc:clinic")
        assert ("qc:house", "family_situation", "committee_review") in lines_of(said, "CONSENT_PERMITS")
        assert (await served.release(GIL, "frg_letter", "committee_review")).status_code == 201
        assert "qc:house" not in {one["agency"] for one in await stopped(served)}
        assert (await served.release(GIL, "frg_letter", "committee_review")).status_code == 403


async def test_a_transfer_that_a_stop_does_not_reach_is_told_as_going_on(
    store_url: str, tmp_path: Path
) -> None:
    async with gateway(store_url, tmp_path, with_a_lead()) as served:
        await consent_to_transfer(served)
        await accepted(served)
        said = await stopped(served, kind="agency", agency="qc:clinic")
        assert lines_of(said, "CONSENT_PERMITS") == {("qc:house", "family_situation", "transfer")}
        assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 201
        assert not lines_of(await stopped(served), "CONSENT_PERMITS")
        assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 403


async def test_where_more_may_read_than_a_list_holds_nothing_is_told(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.sql.reads.consents.MOST", 1)
    async with gateway(sqlite_url, tmp_path, network()) as served:
        answer = await served.ask(CONTE, "POST", "/v1/stops", json=STOP)
        assert (answer.status_code, answer.json()["continues"]) == (201, None)
