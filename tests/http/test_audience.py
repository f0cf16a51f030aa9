"""Domain rule 3.10, line by line over HTTP: who finds which entry in `/v1/ledger/entries`.

One small network lives through every kind of entry; then each viewer reads the ledger once. What is found,
or ordered, after an entry was written counts too: the rule is asked again when a row is read.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.http.served import ADA, BOB, CAM, CONTE, DIA, EVA, FIL, RECIT, Served, serve_stack
from tests.support.stack import ISSUER, officer, open_stack, permit
from tests.support.telling import two_guardians

FABLE, CHANT = "fable@client:family+youth", "chant@client:family+guardian"
OLGA, IVY, NORA, AUD = "olga@client:school", "ivy@client:house", "nora@client:house", "aud@client:house"
LEA, PIA = "lea@client:court", "pia@client:shelter"

# The viewers:
#   fable    the child, 15, who decides beside her guardians    conte  her mother
#   chant    her father, who has a directive of his own         recit  a guardian without authority
#   actor    the worker who acted                               cam    a colleague who did nothing
#   school   the officer of the agency that holds the letters   clinic the officer of the agency that asks
#   house    the officer of a third agency                      nora   an officer of the whole network
#   auditor  an auditor
# f is full, g generic, - none.
TABLE = """
                                        fable conte chant recit actor cam school clinic house nora auditor
released                                f     f     f     -     f     -   f      f      -     f    f
refused                                 f     f     f     -     f     -   f      f      -     f    f
refused and hidden                      g     g     g     -     f     -   f      -      f     f    f
dry run                                 f     f     f     -     f     -   f      f      -     f    f
deposited                               f     f     f     -     f     -   -      f      -     f    f
next version deposited                  f     f     f     -     f     -   f      -      -     f    f
relabelled                              f     f     f     -     f     -   f      -      -     f    f
held                                    f     f     f     -     f     -   f      -      -     f    f
erased                                  f     f     f     -     f     -   f      -      -     f    f
assigned                                f     f     f     -     f     -   -      f      -     f    f
assignment ended                        f     f     f     -     f     -   -      f      -     f    f
assigned by who holds nothing           f     f     f     -     f     -   -      -      f     f    f
dossier opened                          f     f     f     -     f     -   f      -      -     f    f
authority asked for                     -     -     -     -     f     -   f      -      -     f    f
authority approved                      f     f     f     -     f     -   -      -      f     f    f
authority ended                         f     f     f     -     f     -   f      -      -     f    f
looked up                               g     g     g     -     f     -   -      f      -     f    f
looked up, and made                     -     -     -     -     f     -   -      f      -     f    f
consent given by the mother             -     f     -     -     f     -   -      -      -     f    f
withdrawal recorded for her             -     f     -     -     f     -   f      -      -     f    f
stopped by the father                   -     -     f     -     f     -   -      -      -     f    f
instrument recorded                     -     -     -     -     f     -   -      f      -     f    f
policy activated                        -     -     -     -     -     -   -      -      -     f    f
worker changed                          -     -     -     -     f     -   -      f      -     f    f
a shelter deposited                     f     -     f     -     f     -   -      -      -     f    f
reported                                -     -     -     -     f     -   f      -      -     f    f
released by an order kept from her      -     -     -     -     f     -   f      -      -     f    f
the same, told later                    f     f     f     -     -     -   -      -      -     -    -
harm found                              f     -     -     -     f     -   f      -      -     f    f
released, found harmful since           f     -     -     -     f     -   f      f      -     f    f
deposited, found harmful since          f     -     -     -     f     -   f      -      -     f    f
released, the youth's alone since       f     -     -     -     f     -   f      f      -     f    f
"""
_HEAD, *_LINES = TABLE.strip("\n").splitlines()
COLUMNS = _HEAD.split()
EXPECTED = {line[:40].strip(): dict(zip(COLUMNS, line[40:].split(), strict=True)) for line in _LINES}

SECTIONS = {"sensitivity": "N", "sections": [{"id": "a", "content": 1}]}
LETTERS = {**SECTIONS, "category": "family_situation"}
ONE = {"If-Match": '"1"'}
UNTIL = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"


def audience_network() -> dict[str, Any]:
    """A child of fifteen with two guardians; a court that has an order, a shelter that the father named."""
    seed = two_guardians()
    seed["persons"][0] |= {"birth_date": "today-5600d", "identity": {"iss": ISSUER, "sub": "fable"}}
    seed["authorities"].append(
        {"id": "aut_3", "subject": "p:child", "person": "p:other", "authority": "none"}
    )
    school = seed["agencies"][0]
    seed["agencies"] += [{**school, "id": "qc:court"}, {**school, "id": "qc:shelter", "protected": True}]
    seed["agencies"][2]["protection_mission"] = True
    seed["clients"] += [
        {"id": "client:court", "agency": "qc:court"},
        {"id": "client:shelter", "agency": "qc:shelter"},
    ]
    seed["workers"] += [
        worker("lea", "qc:court", "caseworker"),
        worker("pia", "qc:shelter", "caseworker"),
        worker("aud", "qc:house", "auditor"),
        worker("gil", "qc:house", "agency_admin"),
    ]
    letter = seed["fragments"][0]
    names = ("frg_harm", "frg_alone", "frg_erased", "frg_held")
    seed["fragments"] += [{**letter, "id": name} for name in names]
    ordered = {"type": "require", "recipients": [{"agency": "qc:court"}], "sealed_from_family": True}
    seed["orders"] = [{**ordered, "id": "ord_1", "subject": "p:child", "categories": ["family_situation"]}]
    to_house = {**permit("cns_house", one_time=False), "recipients": [{"agency": "qc:house"}]}
    by_father = {"grantor": {"person": "p:father", "as": "guardian"}}
    shelter = {**permit("cns_shelter", one_time=False), "recipients": [{"agency": "qc:shelter"}]}
    seed["consents"] += [to_house | {"categories": ["education"]}, shelter | by_father]
    return seed


def worker(name: str, agency: str, role: str) -> dict[str, Any]:
    return {**officer(f"w:{name}", agency, name), "roles": [role]}


@dataclass
class Lived:
    """What was done, line by line: who did it, and the newest entry then."""

    served: Served
    lines: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    async def ask(self, caller: str, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401
        return await self.served.ask(caller, method, path, **request)

    async def do(
        self,
        line: str,
        kind: str,
        caller: str,
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        answer = await self.ask(caller, method, path, **request)
        newest = await self.served.newest()
        assert newest["kind"] == kind, (line, answer.status_code, answer.text)
        self.lines[line] = (caller, newest)
        return answer

    async def release(self, line: str, kind: str, caller: str, fragment: str, purpose: str) -> None:
        path = f"/v1/fragments/{fragment}/releases"
        await self.do(line, kind, caller, "POST", path, json={"purpose": purpose})


def born() -> str:
    return (datetime.now(UTC).date() - timedelta(days=5600)).isoformat()


async def find(lived: Lived, caller: str, line: str = "", given: str = "Fable") -> str:
    who = {"family_name": "Inventé", "given_name": given, "birth_date": born()}
    request = (caller, "POST", "/v1/person-matches")
    if line:
        return str((await lived.do(line, "looked_up", *request, json=who)).json()["handle"])
    return str((await lived.ask(*request, json=who)).json()["handle"])


async def live(lived: Lived) -> None:
    """Everything that the table names, in an order in which it may happen."""
    ada, bob = await find(lived, ADA), await find(lived, BOB, "looked up")
    await find(lived, BOB, "looked up, and made", given="Nouvelle")
    dia, pia = await find(lived, DIA), await find(lived, PIA)
    assert dia != pia
    (activated,) = await lived.served.stack.parts.ledger.entries({"kind": "policy_activated"}, None, 1)
    lived.lines["policy activated"] = ("", activated)
    await attempts(lived)
    await documents(lived)
    await records(lived, ada, bob, dia)
    await kept_back(lived, ada)
    await family(lived)
    await found_since(lived, ada)


async def attempts(lived: Lived) -> None:
    await lived.release("released", "released", BOB, "frg_letter", "coordination")
    await lived.release("refused", "refused", BOB, "frg_letter", "assessment")
    await lived.release("refused and hidden", "refused", DIA, "frg_letter", "coordination")
    asked = {"fragment": "frg_letter", "purpose": "coordination"}
    await lived.do("dry run", "inquired", BOB, "POST", "/v1/decisions", json=asked)
    await lived.release("released, found harmful since", "released", BOB, "frg_harm", "coordination")
    await lived.release("released, the youth's alone since", "released", BOB, "frg_alone", "coordination")


async def documents(lived: Lived) -> None:
    path = "/v1/dossiers/dos_child/fragments"
    await lived.do("deposited", "deposited", BOB, "POST", path, json=LETTERS)
    await lived.do("a shelter deposited", "deposited", PIA, "POST", path, json=LETTERS)
    for line, fragment in (
        ("next version deposited", "frg_letter"),
        ("deposited, found harmful since", "frg_harm"),
    ):
        follows = {**LETTERS, "follows": fragment}
        await lived.do(line, "deposited", ADA, "POST", path, json=follows, headers=ONE)
    held, erased = "/v1/fragments/frg_held", "/v1/fragments/frg_erased"
    changed = {"category": "education"}
    await lived.do("relabelled", "relabelled", ADA, "PATCH", held, json=changed, headers=ONE)
    await lived.do("held", "fragment_held", ADA, "POST", f"{held}/holds", headers={"If-Match": '"2"'})
    await lived.do("erased", "erased", ADA, "DELETE", erased, headers=ONE)


async def records(lived: Lived, ada: str, bob: str, dia: str) -> None:
    path = "/v1/assignments"
    for line, caller, body in (
        ("assigned", FIL, {"worker": "w:cam", "person": bob}),
        ("assigned by who holds nothing", "gil@client:house", {"worker": "w:dia", "person": dia}),
    ):
        await lived.do(line, "assigned", caller, "POST", path, json=body)
    await lived.do("assignment ended", "unassigned", FIL, "DELETE", f"{path}/asg_2")
    await lived.do("dossier opened", "person_changed", ADA, "POST", "/v1/dossiers", json={"person": ada})
    ended = f"/v1/persons/{ada}/authorities/aut_3"
    await lived.do("authority ended", "authority_ended", OLGA, "DELETE", ended)
    await authority(lived, ada)
    order = {"type": "prohibit", "basis": "court_order", "recipients": [{"agency": "qc:house"}]}
    order |= {"person": bob, "words": "An invented judgment.", "categories": ["finances_housing"]}
    await lived.do("instrument recorded", "instrument_recorded", EVA, "POST", "/v1/instruments", json=order)
    change = {"roles": ["pivot"]}
    await lived.do(
        "worker changed", "worker_changed", FIL, "PATCH", "/v1/workers/w:cam", json=change, headers=ONE
    )


async def authority(lived: Lived, ada: str) -> None:
    """Asked for by one officer, approved by another; it begins in some years."""
    who = {"family_name": "Inventé", "given_name": "Récit", "birth_date": "1986-02-01"}
    holder = (await lived.ask(ADA, "POST", "/v1/person-matches", json=who)).json()["handle"]
    claim = {"holder": {"person": holder}, "authority": "joint", "from": "2040-01-01T00:00:00Z"}
    path = f"/v1/persons/{ada}/authorities"
    claim |= {"evidence": "An invented judgment."}
    asked = await lived.do("authority asked for", "approval_asked", OLGA, "POST", path, json=claim)
    answers = f"/v1/approvals/{asked.json()['approval']}/answers"
    approved = {"answer": "approved"}
    await lived.do("authority approved", "approved", NORA, "POST", answers, json=approved)


async def kept_back(lived: Lived, ada: str) -> None:
    """A report, and a release by an order that the family must not learn of; an officer tells the second."""
    said = {"agency": "qc:house", "person": ada, "words": "Des mots inventés, assez longs."}
    await lived.do("reported", "report_submitted", ADA, "POST", "/v1/reports", json=said)
    line = "released by an order kept from her"
    await lived.release(line, "released", LEA, "frg_letter", "legal")
    decision = lived.lines[line][1]["decision_id"]
    held = (await lived.ask(OLGA, "GET", "/v1/notices/held")).json()["items"]
    ours = [one["id"] for one in held if one["ledger_entry"] == decision]
    assert len(ours) == 3
    for notice in ours:
        answer = await lived.ask(OLGA, "POST", f"/v1/notices/{notice}/release")
        assert answer.status_code == 201, answer.text


async def family(lived: Lived) -> None:
    given = {"person": "p:child", "decision": "permit", "recipients": [{"agency": "qc:house"}]}
    given |= {"purposes": ["coordination"], "categories": ["education"], "until": UNTIL}
    line = "consent given by the mother"
    await lived.do(line, "consent_given", CONTE, "POST", "/v1/consents", json=given)
    path = "/v1/consents/cns_house/withdrawals"
    await lived.do("withdrawal recorded for her", "withdrawal_recorded", ADA, "POST", path, json={})
    stop = {"person": "p:child", "reach": {"kind": "agency", "agency": "qc:house"}}
    answer = await lived.ask(CHANT, "POST", "/v1/stops", json=stop)
    (stopped,) = await lived.served.stack.parts.ledger.entries({"kind": "stopped"}, None, 1)
    assert answer.status_code == 201, answer.text
    lived.lines["stopped by the father"] = (CHANT, stopped)


async def found_since(lived: Lived, ada: str) -> None:
    """What comes to light later hides what was told before it."""
    harm = {"to": ["guardian"], "fragment": "frg_harm", "grounds": "Inventé."}
    path = f"/v1/persons/{ada}/harm-determinations"
    await lived.do("harm found", "harm_determined", ADA, "POST", path, json=harm)
    alone = await lived.ask(ADA, "PATCH", "/v1/fragments/frg_alone", json={"youth_alone": True}, headers=ONE)
    assert alone.status_code == 200, alone.text


Rows = Mapping[str, Mapping[str, Any]]


async def read(lived: Lived, caller: str) -> Rows:
    """All that a viewer finds: the profession's entries by id, the family's rows by their instants."""
    family = "family" in caller
    path, found = "/v1/ledger/entries" + ("?person=p:child" if family else ""), dict[str, Any]()
    while path:
        answer = await lived.ask(caller, "GET", path)
        if family and answer.status_code == 404:
            return {}
        assert answer.status_code == 200, answer.text
        for row in answer.json()["items"]:
            key = row["recorded_at"] if family else row["id"]
            found[f"told {row['happened_at']}" if "happened_at" in row else key] = row
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    return found


FAMILY = {"fable": FABLE, "conte": CONTE, "chant": CHANT, "recit": RECIT}
PROFESSION = {"cam": CAM, "school": OLGA, "clinic": EVA, "house": IVY, "nora": NORA, "auditor": AUD}


async def seen_by_all(url: str, state: Path) -> dict[str, dict[str, str]]:
    async with open_stack(url, state, seed=audience_network()) as stack:
        lived = Lived(serve_stack(stack))
        await live(lived)
        actors = {actor for actor, _ in lived.lines.values() if actor}
        viewers = {*FAMILY.values(), *PROFESSION.values(), *actors}
        rows = {viewer: await read(lived, viewer) for viewer in sorted(viewers)}
        found = {line: seen(rows, *lived.lines[line]) for line in lived.lines}
        later = "released by an order kept from her"
        instant = f"told {moment(lived.lines[later][1])}"
        found["the same, told later"] = dict.fromkeys(COLUMNS, "-") | {
            name: level(rows[viewer].get(instant)) for name, viewer in FAMILY.items()
        }
        return found


def seen(rows: Mapping[str, Rows], actor: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """One line of the table, as it is."""
    columns = {name: level(rows[viewer].get(moment(entry))) for name, viewer in FAMILY.items()}
    names = {**PROFESSION, "actor": actor}
    for name, viewer in names.items():
        key = moment(entry) if "family" in viewer else entry["decision_id"]
        columns[name] = level(rows[viewer].get(key) if viewer else None)
    return columns


def level(row: Mapping[str, Any] | None) -> str:
    return "-" if row is None else "g" if row.get("view") == "generic" else "f"


def moment(entry: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(entry["recorded_at"] // 1_000_000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{entry['recorded_at'] % 1_000_000:06d}Z"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    folder = tmp_path_factory.mktemp("audience")
    return asyncio.run(seen_by_all(f"sqlite:///{folder / 'gateway.db'}", folder / "state"))


@pytest.mark.parametrize("line", EXPECTED)
def test_each_viewer_sees_of_an_entry_what_the_table_says(
    line: str, ledger: dict[str, dict[str, str]]
) -> None:
    assert {name: ledger[line][name] for name in COLUMNS} == EXPECTED[line]


async def test_what_is_hidden_since_leaves_no_gap_and_a_row_keeps_its_name(served: Served) -> None:
    path = "/v1/ledger/entries?person=p:child"
    for fragment in ("frg_letter", "frg_report", "frg_letter"):
        assert (await served.release(BOB, fragment)).status_code in {201, 403}
    three = (await served.ask(CONTE, "GET", path)).json()["items"]
    handle = await served.handle(ADA)
    harm = {"to": ["guardian"], "fragment": "frg_report", "grounds": "Inventé."}
    where = f"/v1/persons/{handle}/harm-determinations"
    assert (await served.ask(ADA, "POST", where, json=harm)).status_code == 201
    _own, _looked, *rest = (await served.ask(CONTE, "GET", path)).json()["items"]
    assert rest == [three[0], three[2]]
    assert not any("n" in row for row in rest)
    shown = await served.ask(CONTE, "GET", f"/v1/ledger/entries/{three[2]['id']}?person=p:child")
    assert shown.json() == three[2]
    for name in (three[1]["id"], "row_1", "1", three[2]["id"][:-2]):
        for what in ("", "/proof"):
            answer = await served.ask(CONTE, "GET", f"/v1/ledger/entries/{name}{what}?person=p:child")
            assert answer.status_code == 404, (name, what)
    another = await served.ask(RECIT, "GET", f"/v1/ledger/entries/{three[2]['id']}?person=p:child")
    assert another.status_code == 404
