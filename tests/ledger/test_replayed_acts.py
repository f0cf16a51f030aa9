"""Every decision of the policy is taken again: of acts, of refused acts, of lists, beside the attempts."""

import asyncio
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.adapters.sql import lines
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.cli import ledger, policy
from tests.http.rungs import RUNGS, rung_network
from tests.http.served import BOB, CONTE, Served, serve_stack
from tests.http.test_every_rung import ask
from tests.support.bundles import copy_changed
from tests.support.postgres import PostgresServer, unused_name
from tests.support.real_opa import require_opa
from tests.support.recorded import printed, use_ledger
from tests.support.stack import Stack, open_stack

NINETEEN = "Une menace inventée"
"""One character less than the policy asks for."""

EVIDENCE = {
    "method": "verbal",
    "grantor_name": "Conte Inventé",
    "information_described": "the letter",
    "purposes_explained_how": "on the telephone",
    "withdrawal_right_explained": True,
}

OWED = {"{notice}", "{held}", "{review}"}
"""What tests bring about by decisions of their own making: no policy would take them again."""


@dataclasses.dataclass(frozen=True)
class Lived:
    """A ledger with every operation in it, on each rung; the officers' parts; three entries by name."""

    url: str
    state: Path
    details: Sequence[Mapping[str, Any]]
    report: Report
    short: str
    unproven: str
    given: str


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    if request.param == "sqlite":
        yield asyncio.run(_live(f"sqlite:///{folder / 'gateway.db'}", folder / "state"))
        return
    server = request.getfixturevalue("postgres_server")
    assert isinstance(server, PostgresServer)
    name = unused_name()
    yield asyncio.run(_live(server.create_database(name), folder / "state"))
    server.drop_database(name)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, lived: Lived) -> Lived:
    use_ledger(monkeypatch, lived.url, lived.state)
    return lived


async def _live(url: str, state: Path) -> Lived:
    async with open_stack(url, state, seed=rung_network()) as stack:
        served = serve_stack(stack)
        handle = await served.handle(BOB)
        emergency = {**_body("/v1/emergency-accesses"), "person": handle, "justification": NINETEEN}
        spoken = {
            **_body("/v1/consents"),
            "person": handle,
            "giver": handle,
            "evidence": {"method": "verbal"},
        }
        categories = ["education", "family_situation"]
        given = {**_body("/v1/consents"), "person": "p:child", "categories": categories}
        short = await _entry(served, BOB, "/v1/emergency-accesses", emergency)
        unproven = await _entry(served, BOB, "/v1/consents", spoken)
        await _entry(served, BOB, "/v1/consents", {**spoken, "evidence": EVIDENCE})
        recorded = (await served.newest())["decision_id"]
        await _entry(
            served,
            BOB,
            f"/v1/consents/{await _consent(stack, recorded)}/withdrawals",
            {"purpose": "coordination"},
        )
        last = await _entry(served, CONTE, "/v1/consents", given)
        # The clinic holds something of hers too: then it may record instruments about her.
        await ask(served, BOB, "POST", RUNGS["POST", "/v1/dossiers/{dossier}/fragments"])
        # What is refused first: to be let in, some of them change the whole scene.
        for (method, _), rung in RUNGS.items():
            for asker in (rung.stranger, rung.refused):
                if asker is not None and not re.search(r"\{(?!handle)", rung.path):
                    await ask(served, asker[0], method, rung)
        for (method, _), rung in RUNGS.items():
            if OWED.isdisjoint(rung.path.split("/")):
                await ask(served, rung.allowed[0], method, rung)
        return Lived(url, state, await _details(stack), await _verified(stack), short, unproven, last)


def _body(path: str) -> dict[str, Any]:
    return dict(RUNGS["POST", path].body or {})


async def _entry(served: Served, caller: str, path: str, body: Mapping[str, Any]) -> str:
    answer = await served.ask(caller, "POST", path, json=body)
    assert answer.status_code in {201, 403}, answer.text
    return str((await served.newest())["decision_id"])


async def _consent(stack: Stack, decision_id: str) -> str:
    (row,) = await stack.parts.ledger.entries({"decision_id": decision_id}, None, 1)
    detail = await stack.parts.ledger.detail(row["ledger"], row["index"])
    return str((detail or {})["consent"])


async def _details(stack: Stack) -> list[Mapping[str, Any]]:
    newest = await stack.parts.ledger.entries({}, None, 1)
    found = [await stack.parts.ledger.detail(1, index) for index in range(newest[0]["index"] + 1)]
    return [one for one in found if one is not None]


async def _verified(stack: Stack) -> Report:
    keys, signer = stack.parts.state.keyring, stack.parts.state.signer.verifier

    async def verify(tx: Tx) -> Report:
        return await verify_ledger(tx, {1: signer}, keys=keys)

    return await stack.parts.database.snapshot(verify)


def _replayed(*arguments: str) -> dict[str, Any]:
    return printed(CliRunner().invoke(ledger.app, ["replay", "--json", *arguments]))


def _tried(candidate: Path) -> list[dict[str, Any]]:
    found = printed(CliRunner().invoke(policy.app, ["replay", "--candidate", str(candidate), "--json"]))
    return list(found["different"])


def test_every_decision_comes_out_the_same_and_each_entry_counts_once(here: Lived) -> None:
    found = _replayed()
    asked = [one for one in here.details if one["account"] is not None]
    assert (found["different"], found["unopened"], found["without_facts"]) == ([], 0, 0)
    assert found["decisions"] + found["not_by_policy"] == len(asked)
    assert found["decisions"] == sum(one["facts"] is not None for one in asked)


@pytest.mark.usefixtures("here")
def test_a_real_opa_takes_them_again_alike() -> None:
    require_opa()
    assert _replayed("--engine", "opa")["different"] == []


@pytest.mark.parametrize(
    "kind",
    [
        "consent_given", "consent_recorded", "withdrawal_recorded", "stop_lifted", "transfer_answered",
        "consulted", "emergency_declared", "report_submitted", "recommendation_refused", "released",
        "inquired", "refused", "listed", "ledger_read",
    ],
)  # fmt: skip
def test_an_entry_of_each_kind_that_the_policy_decides_keeps_its_facts(lived: Lived, kind: str) -> None:
    assert any(one["kind"] == kind and one["facts"] is not None for one in lived.details)


def test_a_ledger_with_and_without_such_facts_verifies(lived: Lived) -> None:
    assert lived.report.holds, lived.report.findings
    assert {one["facts"] is None for one in lived.details} == {True, False}


def test_a_candidate_that_lets_a_refused_act_in_is_counted(here: Lived, tmp_path: Path) -> None:
    least = "justification_min_characters: "
    candidate = copy_changed(tmp_path / "new", "gateway/emergency/data.yaml", f"{least}20", f"{least}19")
    (change,) = _tried(candidate)
    assert (change["change"], change["was"]) == ("deny to permit", ["BREAK_GLASS_JUSTIFICATION_MISSING"])
    assert here.details[change["index"]]["act"] == "declare_emergency"


def test_a_candidate_that_refuses_acts_of_the_family_is_counted(here: Lived, tmp_path: Path) -> None:
    old = "withdraw_consent: [family_access]\n    give_consent: [family_access]\n"
    table = "gateway/roles/data.yaml"
    candidate = copy_changed(tmp_path / "new", table, old, old.replace("family_access", "legal"))
    _leave_out(candidate, "_consent")
    found = _tried(candidate)
    assert {one["change"] for one in found} == {"permit to deny"}
    assert {here.details[one["index"]]["kind"] for one in found} == {
        "consent_given", "stop_lifted", "transfer_answered",
    }  # fmt: skip


def _leave_out(candidate: Path, text: str) -> None:
    """A candidate that decides otherwise brings known answers of its own; this one has fewer of the old."""
    answers = candidate / "gateway/selftest/decisions.json"
    table = json.loads(answers.read_text(encoding="utf-8"))
    table["rows"] = {name: row for name, row in table["rows"].items() if text not in json.dumps(row)}
    answers.write_text(json.dumps(table), encoding="utf-8")


def _explained(*arguments: str) -> Result:
    return CliRunner().invoke(policy.app, ["explain", *arguments])


def test_a_refused_act_is_explained_on_its_own_facts(here: Lived) -> None:
    told = _explained("--entry", here.unproven).stdout
    assert "recorded: deny: CONSENT_EVIDENCE_INCOMPLETE" in told
    assert "passed on" in told
    assert "qc:school/education" in told


def test_an_act_is_explained_for_every_owner_and_category_that_it_names(here: Lived) -> None:
    told = _explained("--entry", here.given).stdout
    assert "recorded: permit: DECIDER_MAY_CONSENT" in told
    assert "about qc:school/education, qc:school/family_situation" in told


def test_what_no_policy_decided_is_not_explained(here: Lived) -> None:
    own = next(one for one in here.details if one.get("act") == "match_person")
    assert own["facts"] is None
    refused = _explained("--entry", "dec_nowhere")
    assert (refused.exit_code, str(refused.exception)) == (1, "no decision is called dec_nowhere")


def test_the_same_facts_of_two_persons_are_kept_under_the_key_of_each(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, report = asyncio.run(_two_reports(store_url, tmp_path / "state"))
    use_ledger(monkeypatch, store_url, tmp_path / "state")
    found = _replayed()
    assert report.holds, report.findings
    assert (len(set(kept)), found["unopened"], found["different"]) == (2, 0, [])


async def _two_reports(url: str, state: Path) -> tuple[list[str], Report]:
    async with open_stack(url, state, seed=rung_network()) as stack:
        served = serve_stack(stack)
        handle = await served.handle(BOB)
        for about in ({"person": handle}, {}):
            await _entry(served, BOB, "/v1/reports", {"agency": "qc:house", "words": "Inventé.", **about})
        told = [one["facts"] for one in await _details(stack) if one["kind"] == "report_submitted"]
        return told, await _verified(stack)


def test_an_act_of_an_older_version_is_counted_as_one_without_facts(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_kept_questions", lambda *_: None)
    report = asyncio.run(_one_consent(store_url, tmp_path / "state"))
    use_ledger(monkeypatch, store_url, tmp_path / "state")
    found = _replayed()
    assert report.holds, report.findings
    assert (found["decisions"], found["without_facts"], found["unopened"]) == (0, 1, 0)
    assert "1 were recorded without their facts" in CliRunner().invoke(ledger.app, ["replay"]).stdout


async def _one_consent(url: str, state: Path) -> Report:
    async with open_stack(url, state, seed=rung_network()) as stack:
        given = {**_body("/v1/consents"), "person": "p:child"}
        await _entry(serve_stack(stack), CONTE, "/v1/consents", given)
        return await _verified(stack)
