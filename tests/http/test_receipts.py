"""Receipts over HTTP, and verified on another machine with what the gateway publishes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from gateway.cli.receipt import app
from gateway.wiring.service import LedgerKeys
from tests.http.rungs import RUNGS
from tests.http.served import CONTE, RECIT, Served, serve
from tests.support.receipts import open_independently

BODY = {**(RUNGS["POST", "/v1/consents"].body or {}), "person": "p:child"}


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(sqlite_url, tmp_path / "state") as opened:
        yield opened


async def given(served: Served) -> str:
    answer = await served.ask(CONTE, "POST", "/v1/consents", json=BODY)
    assert answer.json()["receipt"].startswith("rcp_")
    return f"/v1/consents/{answer.json()['id']}/receipt"


async def published(served: Served) -> dict[str, object]:
    """What `/.well-known/gateway-keys` answers of this deployment."""
    return {"keys": [dict(one) for one in await LedgerKeys(served.stack.parts).list_keys()]}


async def have(served: Served, path: str, accept: str, language: str = "fr") -> httpx2.Response:
    headers = {"Accept": accept, "Accept-Language": language}
    return await served.ask(CONTE, "GET", path, headers=headers)


async def test_a_receipt_is_had_in_three_forms_of_one_record(served: Served) -> None:
    path = await given(served)
    document = (await served.ask(CONTE, "GET", path)).json()
    signed = await have(served, path, "application/jose")
    assert signed.headers["content-type"] == "application/jose"
    assert signed.text == document["signed"]
    record = open_independently(signed.text, await published(served))
    assert record == document["receipt"]
    assert document["ledger_entry"] != record["ledger_entry"]["id"]
    for language, title in (("fr", "REÇU\n"), ("en", "RECEIPT\n")):
        text = await have(served, path, "text/plain", language)
        assert (text.headers["content-language"], text.text.startswith(title)) == (language, True)
        assert text.headers["gateway-ledger-entry"]
    assert (await have(served, path, "application/pdf")).status_code == 406


async def test_every_answer_of_an_act_names_its_receipt(served: Served) -> None:
    path = (await given(served)).removesuffix("/receipt")
    ended = await served.ask(CONTE, "POST", f"{path}/withdrawals", json={})
    stop = {"person": "p:child", "reach": {"kind": "all"}}
    stopped = await served.ask(CONTE, "POST", "/v1/stops", json=stop)
    undone = await served.ask(CONTE, "POST", f"/v1/stops/{stopped.json()['id']}/undo", json={})
    for answer in (ended, stopped, undone):
        assert answer.json()["receipt"].startswith("rcp_")
    newest = await served.ask(CONTE, "GET", f"/v1/stops/{stopped.json()['id']}/receipt")
    assert newest.json()["receipt"]["receipt_id"] == undone.json()["receipt"]


async def test_another_guardian_is_answered_as_for_an_unknown_id(served: Served) -> None:
    path = await given(served)
    bodies = []
    for asked in (path, "/v1/consents/cns_nothing/receipt", "/v1/stops/stp_nothing/receipt"):
        answer = await served.ask(RECIT, "GET", asked)
        assert answer.status_code == 404
        body = answer.json()
        bodies.append({name: body[name] for name in body if name not in {"instance", "request_id"}})
    assert bodies[0] == bodies[1] == bodies[2]


async def test_another_machine_verifies_it_and_finds_what_was_changed(served: Served, tmp_path: Path) -> None:
    path = await given(served)
    document = (await served.ask(CONTE, "GET", path)).json()
    files = {
        name: tmp_path / name for name in ("keys", "signed", "answer", "text", "other", "flipped", "false")
    }
    keys = await published(served)
    files["keys"].write_text(json.dumps(keys), encoding="utf-8")
    files["signed"].write_text(document["signed"] + "\n", encoding="ascii")
    files["answer"].write_text(json.dumps(document), encoding="utf-8")
    files["text"].write_bytes((await have(served, path, "text/plain")).content)
    files["other"].write_text("REÇU\n", encoding="utf-8")
    signed = document["signed"]
    files["flipped"].write_text(
        signed[:-9] + ("A" if signed[-9] != "A" else "B") + signed[-8:], encoding="ascii"
    )
    files["false"].write_text(json.dumps({**document, "receipt": {"act": "given"}}), encoding="utf-8")
    run = CliRunner().invoke
    by = ["--keys", str(files["keys"])]

    held = run(app, ["verify", str(files["signed"]), *by, "--text", str(files["text"])])
    assert (held.exit_code, "The receipt holds." in held.output) == (0, True)
    assert "REÇU" in held.output
    assert "RECEIPT" in held.output
    assert run(app, ["verify", str(files["answer"]), *by]).exit_code == 0
    (public,) = [one["x"] for one in keys["keys"] if one["purpose"] == "receipts"]  # type: ignore[attr-defined]
    assert run(app, ["verify", str(files["signed"]), "--public-key", public]).exit_code == 0

    for arguments, finding in (
        ([str(files["flipped"]), *by], "the signature does not hold"),
        ([str(files["signed"]), "--public-key", "A" * 42 + "E"], "a key that was not given"),
        ([str(files["signed"]), *by, "--text", str(files["other"])], "the text that was handed over"),
        ([str(files["false"]), *by], "the record beside the signature"),
    ):
        answer = run(app, ["verify", *arguments])
        assert (answer.exit_code, finding in answer.output) == (1, True), answer.output
        assert "THE RECEIPT DOES NOT HOLD" in answer.output


@pytest.mark.parametrize("purpose", ["ledger", "receipts"])
async def test_what_is_published_is_a_jwk_set_and_no_private_key(served: Served, purpose: str) -> None:
    (jwk,) = [one for one in (await published(served))["keys"] if one["purpose"] == purpose]  # type: ignore[attr-defined]
    assert (jwk["kty"], jwk["crv"], len(jwk["x"]), "d" in jwk) == ("OKP", "Ed25519", 43, False)
