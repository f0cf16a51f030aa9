"""Nothing entrusted to the gateway is found on its disks or in its log, in any spelling (P5, P12)."""

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

from gateway.domain.acting import Done
from gateway.domain.fragment import Labels, SectionLabel
from gateway.domain.ids import DossierId, FragmentId, SectionId
from gateway.domain.person import Described
from gateway.domain.vocabulary import Sensitivity
from gateway.observe import OperationalLog
from gateway.releasing import Asked, Released
from gateway.usecases.deposit_fragment import Deposit, Document, Structured
from tests.support.fault_places import FilePlace, Place, ServerPlace
from tests.support.fault_stack import Scene, found_network, open_altered
from tests.support.leak_search import read_all
from tests.support.proof import Proof

PLANTED = {
    "family name": "Zébulonne-Quartzmire",
    "given name": "Ixéviane",
    "health number": "ZEBI12345678",
    "file name": "rapport-quartzmire-invente.txt",
    "section text": "Le hibou violet de Sainte-Invention chante à l'aube.",
    "small document": "Brume sur le lac inventé numéro 90817263.",
    "large document": "Une marmotte fictive compte ses noisettes 5544332211.",
    "justification": "Parce que la rivière imaginaire a débordé hier.",
    "worker": "Inventé ada",
    "born": "2011-11-11",
}
"""Every one is invented, and long enough never to come about by chance."""


def spellings(text: str) -> Iterator[tuple[str, bytes]]:
    """The text itself, and what a careless layer would turn it into."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = text.encode(encoding)
        yield encoding, raw
        yield f"{encoding}, hex", raw.hex().encode()
        yield f"{encoding}, HEX", raw.hex().upper().encode()
        for shift in range(3):  # Inside a longer text, base64 depends on where it begins.
            coded = base64.b64encode(b"\0" * shift + raw)[(shift * 8 + 5) // 6 : -4]
            yield f"{encoding}, base64 at {shift}", coded
            yield f"{encoding}, base64url at {shift}", coded.translate(bytes.maketrans(b"+/", b"-_"))
    digest = hashlib.sha256(text.encode())
    yield "sha256", digest.digest()
    yield "sha256, hex", digest.hexdigest().encode()
    yield "sha256, HEX", digest.hexdigest().upper().encode()
    yield "sha256, base64", base64.b64encode(digest.digest()).rstrip(b"=")
    yield "sha256, base64url", base64.urlsafe_b64encode(digest.digest()).rstrip(b"=")
    yield "json", json.dumps(text).strip('"').encode()
    yield "reversed", text.encode()[::-1]


def search(places: Mapping[str, bytes]) -> list[str]:
    """Where anything planted was found."""
    hits = []
    for name, text in PLANTED.items():
        forms = {(form, raw) for form, raw in spellings(text) if raw}
        hits += [
            f"{name} as {form} in {where}"
            for where, kept in places.items()
            for form, raw in forms
            if raw in kept
        ]
    return hits


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below, the names of the files themselves included."""
    kept = read_all(folder)
    return kept | {"names": "\n".join(kept).encode()}


@dataclass
class Lived:
    released: int
    places: dict[str, bytes]


@asynccontextmanager
async def lived(place: Place, folder: Path) -> AsyncIterator[Lived]:
    """A network that was given every planted text, and released what it could; read while it still runs."""
    state, told = folder / "state", io.StringIO()
    await found_network(place.url, state)
    log = OperationalLog(told, "debug")
    async with open_altered(place.url, state, log=log) as scene:
        await meet(scene)
        released = await exchange(scene)
        places = {"log": told.getvalue().encode(), **await asyncio.to_thread(read_folder, folder)}
        places |= await read_server(place)
        yield Lived(released, places | {"log": told.getvalue().encode()})


async def meet(scene: Scene) -> None:
    described = Described(
        PLANTED["family name"],
        PLANTED["given name"],
        date.fromisoformat(PLANTED["born"]),
        PLANTED["health number"],
    )
    assert isinstance(await scene.stack.uses.match_person(await scene.who("ada"), described), Done)


async def exchange(scene: Scene) -> int:
    """Deposit the texts, release each, and be refused with a justification."""
    large = (PLANTED["large document"] + "\n").encode() * 12_000
    name = PLANTED["file name"]
    bodies = (
        Document("text/plain", [PLANTED["small document"].encode()], name),
        Document("text/plain", [large[:400_000], large[400_000:]], name),
        Structured(((SectionLabel(SectionId("notes")), PLANTED["section text"].encode()),)),
    )
    released, ada = 0, await scene.who("ada")
    for body in bodies:
        labels = Labels("family_situation", Sensitivity("N"), scene.parts.clock.now())
        done = await scene.stack.uses.deposit(Deposit(ada, DossierId("dos_child"), labels, body))
        assert isinstance(done, Done), done
        fragment = FragmentId(done.reference["fragment"])
        asked = Asked(ada, fragment, "service_delivery", PLANTED["justification"])
        answer = await scene.stack.uses.release(asked)
        assert isinstance(answer, Released)
        released += 1
        for section in answer.content.sections:
            if section.content is not None:
                read = scene.stack.uses.release.stream(answer, section, (0, section.plain_bytes))
                assert b"".join(read) == large
        refused = Asked(await scene.who("cam"), fragment, "coordination", PLANTED["justification"])
        await scene.stack.uses.release(refused)
    await scene.withdraw(await scene.give("education"))
    await scene.stop()
    return released


async def read_server(place: Place) -> dict[str, bytes]:
    """On PostgreSQL, the whole cluster's folder: tables, indexes and write-ahead log."""
    if isinstance(place, FilePlace):
        return {}
    assert isinstance(place, ServerPlace)
    held = await psycopg.AsyncConnection.connect(place.url, autocommit=True)
    try:
        await held.execute("CHECKPOINT")
        shown = await (await held.execute("SHOW data_directory")).fetchone()
    finally:
        await held.close()
    assert shown is not None
    folder = Path(shown[0])
    if not await asyncio.to_thread(folder.is_dir):
        pytest.skip("the server's disk is not on this machine")
    return await asyncio.to_thread(read_folder, folder)


async def test_nothing_planted_is_found_on_disk_or_in_the_log(place: Place, tmp_path: Path) -> None:
    async with lived(place, tmp_path) as found:
        assert found.released == 3
        assert any(len(kept) > 600_000 for kept in found.places.values())
        assert search(found.places) == []


@pytest.mark.parametrize("form", ["utf-8", "utf-16-le", "sha256", "utf-8, base64 at 1", "utf-8, hex"])
def test_the_search_finds_what_is_there(form: str) -> None:
    planted = dict(spellings(PLANTED["section text"]))[form]
    assert search({"disk": b"\0" * 1000 + planted + b"\0"})


def test_base64_is_found_wherever_it_begins() -> None:
    for start in range(3):
        coded = base64.b64encode(b"x" * start + PLANTED["section text"].encode() + b"yz")
        assert any("base64" in hit for hit in search({"disk": coded}))


@pytest.mark.prove
async def test_the_figures_of_the_search(place: Place, tmp_path: Path, proof: Proof) -> None:
    async with lived(place, tmp_path) as found:
        hits = search(found.places)
        forms = sum(len({raw for _, raw in spellings(text)}) for text in PLANTED.values())
        total = sum(map(len, found.places.values()))
        proof.line(
            f"{place.url.partition(':')[0]}: {len(PLANTED)} planted texts in {forms} spellings, "
            f"{len(found.places)} files and logs, {total / 1e6:.1f} MB searched: {len(hits)} hits"
        )
        assert hits == []
