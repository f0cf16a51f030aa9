# ruff: noqa: RUF001 - French writes its apostrophe so.
"""The receipts of a family's answers, on both stores: signed, in both languages, for whoever answered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.domain.receipt_text import render
from gateway.wiring.service import LedgerKeys
from tests.http.served import ADA, CONTE, RECIT, Served, serve_stack
from tests.support.receipts import open_independently
from tests.support.stack import network, open_stack

ADVICE = ("/v1/fragments/frg_advice/answers", "refused")
AGREED = ("/v1/transfers/{transfer}/family-answers", "agreed")
REFUSED = ("/v1/transfers/{transfer}/family-answers", "refused")


def with_two_guardians_and_advice() -> dict[str, Any]:
    seed = network()
    advice = {"id": "frg_advice", "category": "recommendation", "content": "An invented recommendation."}
    seed["fragments"].append({**seed["fragments"][0], **advice})
    seed["authorities"] = [
        {"id": f"aut_{person}", "subject": "p:child", "person": f"p:{person}", "authority": "joint"}
        for person in ("parent", "other")
    ]
    package = {"package": ["frg_letter"], "from_worker": "w:ada", "to_person": "w:dia"}
    seed["transfers"] = [{"id": "trf_1", "subject": "p:child", **package}]
    return seed


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    seed = with_two_guardians_and_advice()
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        yield serve_stack(stack)


async def answer(served: Served, to: tuple[str, str], caller: str = CONTE) -> dict[str, Any]:
    path, said = to[0].format(transfer="trf_1"), {"answer": to[1]}
    answered = await served.ask(caller, "POST", path, json=said, headers={"Idempotency-Key": caller})
    assert answered.status_code == 201, answered.text
    return dict(answered.json())


@pytest.mark.parametrize(
    ("to", "about", "french", "english"),
    [
        (
            ADVICE,
            ("recommendation_refused", "fragment", "frg_advice", "qc:school"),
            (
                "Vous avez refusé une recommandation.",
                "- École inventée",
                "Votre refus ne change rien d’autre.",
            ),
            ("You refused a recommendation.", "- Invented school", "Your refusal changes nothing else."),
        ),
        (
            AGREED,
            ("transfer_agreed", "transfer", "trf_1", "qc:house"),
            ("Vous avez accepté un transfert.", "- Maison inventée", "Ce n’est pas un accord de partage."),
            ("You agreed to a transfer.", "- Invented house", "This is no consent to share."),
        ),
        (
            REFUSED,
            ("transfer_refused", "transfer", "trf_1", "qc:house"),
            ("Vous avez refusé un transfert.", "- Maison inventée", "Votre refus ne change rien d’autre."),
            ("You refused a transfer.", "- Invented house", "Your refusal changes nothing else."),
        ),
    ],
)
async def test_an_answer_leaves_a_receipt_that_verifies_and_says_it_in_both_languages(
    served: Served,
    to: tuple[str, str],
    about: tuple[str, ...],
    french: tuple[str, ...],
    english: tuple[str, ...],
) -> None:
    given = await answer(served, to)
    document = (await served.ask(CONTE, "GET", f"/v1/receipts/{given['receipt']}")).json()
    keys = {"keys": [dict(one) for one in await LedgerKeys(served.stack.parts).list_keys()]}
    record = open_independently(document["signed"], keys)
    assert record == document["receipt"]
    told = record["answered"]
    assert (record["act"], told["kind"], told["id"], told["agency"]["party_id"]) == about
    assert (record["pii_principal_id"], record["event"]["entity_id"]) == ("p:child", "p:parent")
    assert record["ledger_entry"] == {"id": given["ledger_entry"], "state": "recorded"}
    for language, sentences in (("fr", french), ("en", english)):
        lines = render(record, language)
        assert all(sentence in lines for sentence in sentences)


@pytest.mark.parametrize("to", [ADVICE, REFUSED])
async def test_another_guardian_finds_none_as_of_an_unknown_number(
    served: Served, to: tuple[str, str]
) -> None:
    given = await answer(served, to)
    bodies = []
    for caller, name in ((RECIT, given["receipt"]), (RECIT, "rcp_nothing"), (ADA, given["receipt"])):
        asked = await served.ask(caller, "GET", f"/v1/receipts/{name}")
        assert asked.status_code == 404
        body = asked.json()
        bodies.append({name: body[name] for name in body if name not in {"instance", "request_id"}})
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize("to", [ADVICE, AGREED, REFUSED])
async def test_a_repeat_brings_the_same_receipt(served: Served, to: tuple[str, str]) -> None:
    first, again = [await answer(served, to) for _ in range(2)]
    assert first["receipt"] == again["receipt"] is not None


async def test_each_guardian_who_refuses_has_a_receipt_of_her_own(served: Served) -> None:
    names = [(caller, (await answer(served, ADVICE, caller))["receipt"]) for caller in (CONTE, RECIT)]
    for caller, name in names:
        shown = (await served.ask(caller, "GET", f"/v1/receipts/{name}")).json()
        assert shown["receipt"]["receipt_id"] == name
    assert names[0][1] != names[1][1]
