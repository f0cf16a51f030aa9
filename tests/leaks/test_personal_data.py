"""What is said of people in requests that are answered is sealed where it is kept, and in no log."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.leak_search import read_all, search
from tests.support.leak_stage import Stage, staged

OWNER = "ada@client:school"
READER = "bob@client:clinic"
STRANGER = "dia@client:house"
OFFICER = "eva@client:clinic"
ADMINISTRATOR = "fil@client:clinic"
GUARDIAN = "conte@client:family+guardian"

FAMILY_NAME = "Chantefable-Ruisselet"
GIVEN_NAME = "Ondine-Capucine"
PARENT_NAME = "Philomène-Aurore"
HEALTH_NUMBER = "CHAO 1503 2047"
WORKER_NAME = "Zéphirin Brindacier"
JUSTIFICATION = "La grand-mère maternelle déménage à Trois-Pistoles."
EVIDENCE = "Jugement inventé 750-41-000123-259"
PERSON = {
    "family_name": FAMILY_NAME,
    "given_name": GIVEN_NAME,
    "birth_date": "2015-03-15",
    "health_number": HEALTH_NUMBER,
}
NAMES = (FAMILY_NAME, GIVEN_NAME, PARENT_NAME, WORKER_NAME)
PLANTED = (*NAMES, HEALTH_NUMBER, "CHAO15032047", JUSTIFICATION, EVIDENCE)


def tell(stage: Stage) -> None:
    """Say all of it, wherever it may be said, in requests that succeed and in some that are refused."""
    match = stage.ask(READER, "POST", "/v1/person-matches", PERSON)
    again = stage.ask(OWNER, "POST", "/v1/person-matches", PERSON)
    assert (match.status, again.status) == (201, 201)
    parent = {**PERSON, "given_name": PARENT_NAME, "birth_date": "1986-11-02", "health_number": None}
    holder = stage.ask(READER, "POST", "/v1/person-matches", parent).said["handle"]
    handle = match.said["handle"]
    born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
    known = {"family_name": "Inventé", "given_name": "Fable", "birth_date": born}
    child = stage.ask(READER, "POST", "/v1/person-matches", known).said["handle"]
    asked = {"purpose": "coordination", "justification": JUSTIFICATION}
    section = {"id": "note", "content": {"who": [GIVEN_NAME, PARENT_NAME], "what": JUSTIFICATION}}
    deposit = {"category": "family_situation", "sensitivity": "N", "sections": [section]}
    told: list[tuple[str, str, dict[str, Any], int]] = [
        (READER, "/v1/fragments/frg_letter/releases", asked, 201),
        (READER, "/v1/fragments/frg_letter/releases", {**asked, "purpose": "assessment"}, 403),
        (STRANGER, "/v1/fragments/frg_letter/releases", asked, 404),
        (STRANGER, "/v1/fragments/frg_unknown/releases", asked, 404),
        (READER, "/v1/decisions", {**asked, "fragment": "frg_letter"}, 200),
        (READER, "/v1/dossiers", {"person": handle}, 201),
        (READER, "/v1/dossiers/dos_child/fragments", deposit, 201),
    ]
    worker = {"id": "w:zef", "agency": "qc:clinic", "name": WORKER_NAME, "roles": ["caseworker"]}
    claim = {"holder": {"person": holder}, "authority": "sole", "evidence": EVIDENCE}
    told += [
        (ADMINISTRATOR, "/v1/workers", worker, 201),
        (OFFICER, f"/v1/persons/{child}/authorities", claim, 201),
        (READER, f"/v1/persons/{child}/authorities", claim, 403),
    ]
    for caller, path, body, status in told:
        answer = stage.ask(caller, "POST", path, body)
        assert answer.status == status, (path, answer.body)


def test_nothing_said_of_people_can_be_read_where_it_is_kept_or_logged(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        tell(stage)
        tokens = [stage.headers(caller)["Authorization"].partition(" ")[2] for caller in (OWNER, READER)]
        kept = read_all(stage.folder)
        assert search(PLANTED, kept) == []
        assert search([token.rpartition(".")[2] for token in tokens], kept) == []
