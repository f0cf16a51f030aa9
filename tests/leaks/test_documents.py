"""Documents come back byte for byte over HTTP, and nothing of them can be read where they are kept."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.support.leak_documents import PLANTED, PLANTED_NAME, Made, documents, spans
from tests.support.leak_search import forms, read_all, search
from tests.support.leak_stage import Stage, staged

OWNER = "ada@client:school"
READER = "bob@client:clinic"
PATH = "/v1/dossiers/dos_child/fragments"
LABELS = {"category": "family_situation", "sensitivity": "N"}
MADE = documents()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("documents")) as stage:
        make_dossier(stage)
        yield stage


def make_dossier(stage: Stage) -> None:
    """The child of the stage is known to the owner's agency."""
    born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
    who = {"family_name": "Inventé", "given_name": "Fable", "birth_date": born}
    assert stage.ask(OWNER, "POST", "/v1/person-matches", who).status == 201


def deposit(stage: Stage, name: str, made: Made) -> str:
    """Deposit as a form; gives the fragment's id."""
    meta = (None, json.dumps(LABELS), "application/json")
    content = (f"{PLANTED_NAME} {name}", made.content, made.media_type)
    form = httpx2.Request("POST", "http://x", files={"meta": meta, "content": content})
    sent = {"Content-Type": form.headers["content-type"]}
    answer = stage.ask(OWNER, "POST", PATH, form.read(), sent)
    assert answer.status == 201, answer.body
    return str(answer.said["id"])


@pytest.mark.parametrize("name", MADE)
def test_a_document_comes_back_byte_for_byte_whole_and_in_parts(name: str, stage: Stage) -> None:
    made = MADE[name]
    fragment = deposit(stage, name, made)
    for caller in (OWNER, READER):
        answer = stage.release(caller, fragment)
        assert (answer.status, answer.body == made.content) == (201, True)
        assert answer.header("content-type") == made.media_type
    path = f"/v1/fragments/{fragment}/releases"
    for asked, start, stop in spans(len(made.content)):
        part = stage.ask(READER, "POST", path, {"purpose": "coordination"}, {"Range": asked})
        assert (part.status, part.body == made.content[start:stop]) == (201, True), asked
        assert part.header("content-range") == f"bytes {start}-{stop - 1}/{len(made.content)}"


def test_a_bundle_deposited_as_a_section_comes_back_as_the_same_json(stage: Stage) -> None:
    bundle = json.loads(MADE["bundle.json"].content)
    sections = [{"id": "bundle", "content": bundle}, {"id": "line", "content": PLANTED[2]}]
    answer = stage.ask(OWNER, "POST", PATH, {**LABELS, "sections": sections})
    assert answer.status == 201
    released = stage.release(READER, answer.said["id"]).said
    assert released["sections"] == sections


def test_nothing_of_a_document_can_be_read_where_it_is_kept(stage: Stage) -> None:
    for name, made in MADE.items():
        fragment = deposit(stage, name, made)
        assert stage.release(READER, fragment).status == 201
    kept = read_all(stage.folder)
    places = {Path(place).name.rpartition(".")[2] for place in kept}
    assert {"db", "db-wal", "log"} <= places
    assert any("/content/" in place for place in kept)
    assert any("/mirror/" in place for place in kept)
    assert search(PLANTED, kept) == []


def test_the_search_finds_every_form_that_it_looks_for() -> None:
    for form, spelt in forms(PLANTED_NAME).items():
        found = search([PLANTED_NAME], {"place": b"before" + spelt + b"after"})
        assert form in {name for _, name, _ in found}
