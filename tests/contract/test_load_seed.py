"""Loading a seed: everything or, where something is wrong beforehand, nothing; on every store."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import gateway.cli
from gateway.adapters.clock import RandomIds
from gateway.adapters.crypto.content import FolderContent
from gateway.adapters.identity.key_making import read_client_key
from gateway.adapters.sql.acts.decoys import list_decoys, plan_decoys, write_decoys
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.issuing_store import SqlIssuing
from gateway.adapters.sql.read_store import SqlLedger
from gateway.adapters.sql.tables import entries, sections
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.ids import FragmentId
from gateway.domain.seed import parse_seed
from gateway.domain.vocabulary import Role
from gateway.usecases.load_seed import LoadSeed
from tests.support.registry import BEARER
from tests.support.registry_store import AT, CLOCK, Opened, open_store

PAGE = Path(__file__).parents[2] / "deploy" / "seed-format.md"
DEMO = Path(gateway.cli.__file__).parent / "demo_material"
CATEGORIES = frozenset(
    {
        "abuse_violence", "assessment_report", "child_protection", "education", "family_situation",
        "health_general", "identity_contact", "mental_health", "recommendation", "service_plan",
    }
)  # fmt: skip
_KINDS = select(entries.c.kind, func.count().label("n")).group_by(entries.c.kind)
_LARGE = select(sections.c.content).where(sections.c.content.is_not(None))


def example() -> dict[str, Any]:
    seed: dict[str, Any] = json.loads(PAGE.read_text().split("```json\n")[1].split("```")[0])
    return seed


def no_file(path: str) -> bytes:
    raise AssertionError(path)


@pytest.fixture
async def store(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def load(store: Opened, tmp_path: Path) -> LoadSeed:
    return LoadSeed(
        acts=store.acts,
        registry=store.registry,
        seals=store.keyring,
        content=FolderContent(tmp_path / "content"),
        ids=RandomIds(),
        client_keys=SqlIssuing(store.inner, store.acts),
        read_key=read_client_key,
        profiles=frozenset({"QC-PRIV", "QC-LRSSS", "ON-CYFSA", "FR"}),
        categories=CATEGORIES,
    )


async def kinds(store: Opened) -> Counter[str]:
    async def read(tx: Tx) -> Counter[str]:
        return Counter({row["kind"]: row["n"] for row in await tx.all(_KINDS)})

    return await store.database.snapshot(read)


async def put(load: LoadSeed, seed: dict[str, Any]) -> int:
    return await load(parse_seed(json.dumps(seed).encode(), now=AT), operator="invented", read_file=no_file)


async def test_the_example_of_the_format_page_gives_every_record_its_entry(
    store: Opened, load: LoadSeed
) -> None:
    assert await put(load, example()) == 15
    assert await kinds(store) == Counter(
        genesis=1,
        agency_admitted=2,
        client_registered=2,
        worker_registered=1,
        person_recorded=2,
        authority_recorded=1,
        assigned=1,
        person_changed=3,
        consent_recorded=1,
        deposited=2,
        seeded=1,
    )


async def test_the_demos_own_seed_loads_with_its_files(store: Opened, load: LoadSeed) -> None:
    seed = parse_seed((DEMO / "seed.json").read_bytes(), now=AT)
    told: list[tuple[int, int]] = []
    records = await load(
        seed,
        operator="invented",
        read_file=lambda path: (DEMO / path).read_bytes(),
        on_step=lambda done, total: told.append((done, total)),
    )
    assert told == [(n, records) for n in range(1, records + 1)]
    assert (await kinds(store))["deposited"] == len(seed.fragments)


async def test_a_second_seed_is_refused_and_writes_nothing(store: Opened, load: LoadSeed) -> None:
    await put(load, example())
    before = await kinds(store)
    with pytest.raises(ConflictError):
        await put(load, example())
    assert await kinds(store) == before


@pytest.mark.parametrize(
    ("list_name", "field", "value"),
    [
        ("agencies", "profile", "QC-NONE"),
        ("fragments", "category", "horoscope"),
        ("authorities", "scope", ["horoscope"]),
        ("workers", "roles", ["guardian"]),
    ],
)
async def test_a_code_outside_the_vocabulary_refuses_the_seed_before_anything_is_written(
    store: Opened, load: LoadSeed, list_name: str, field: str, value: object
) -> None:
    seed = example()
    seed[list_name][-1][field] = value
    with pytest.raises(MalformedError):
        await put(load, seed)
    assert await kinds(store) == Counter(genesis=1)


async def test_a_missing_file_refuses_the_seed_before_anything_is_written(
    store: Opened, load: LoadSeed
) -> None:
    seed = example()
    del seed["fragments"][0]["content"]
    seed["fragments"][0]["file"] = "missing.pdf"
    with pytest.raises(AssertionError):
        await put(load, seed)
    assert await kinds(store) == Counter(genesis=1)


async def test_a_suspended_agency_is_suspended_at_the_end_and_its_unit_comes_after_its_parent(
    store: Opened, load: LoadSeed
) -> None:
    seed = example()
    unit = {**seed["agencies"][1], "id": "ex:clinic/annex"}
    seed["agencies"] = [unit, seed["agencies"][0], {**seed["agencies"][1], "status": "suspended"}]
    await put(load, seed)
    row = await store.registry.row("agencies", "ex:clinic")
    assert row is not None
    assert row["status"] == "suspended"
    assert (await kinds(store))["agency_suspended"] == 1


async def test_a_seeded_worker_asks_about_a_seeded_fragment(store: Opened, load: LoadSeed) -> None:
    seed = example()
    seed["fragments"][0]["id"] = "frg_letter"
    await put(load, seed)
    await write_all_decoys(store)
    bearer = replace(BEARER, issuer="https://issuer.example", subject="ada", client_id="client:school")
    caller = await store.inner.caller(bearer, None)
    facts = await store.inner.facts(
        caller, FragmentId("frg_letter"), "coordination", CLOCK.now(), every_directive=False
    )
    asked = facts.query.document
    assert (caller.role, caller.worker, asked["actor"]["assigned"]) == (Role.PIVOT, "w:ada", True)
    assert (asked["subject"]["age"], asked["subject"]["authorities"][0]["person"]) == (9, "p:parent")
    assert [consent["id"] for consent in asked["consents"]] == ["cns_1"]


async def test_an_unknown_fragment_has_facts_like_any_other_but_the_link(
    store: Opened, load: LoadSeed
) -> None:
    seed = example()
    seed["fragments"][0]["id"] = "frg_letter"
    await put(load, seed)
    await write_all_decoys(store)
    bearer = replace(BEARER, issuer="https://issuer.example", subject="ada", client_id="client:school")
    caller = await store.inner.caller(bearer, None)
    known, unknown = [
        await store.inner.facts(caller, FragmentId(name), "coordination", CLOCK.now(), every_directive=False)
        for name in ("frg_letter", "frg_nowhere")
    ]
    assert unknown.query.document.keys() == known.query.document.keys()
    assert unknown.query.document["fragment"].keys() == known.query.document["fragment"].keys()
    assert len(unknown.viewers) == len(known.viewers)
    assert unknown.query.document["actor"]["assigned"] is False


async def write_all_decoys(store: Opened) -> None:
    planned = await plan_decoys(store.keyring, store.keyring, RandomIds())
    vault = Vault(store.keyring, store.writer.owners)
    await store.database.transaction(lambda tx: write_decoys(tx, vault, planned, CLOCK.now()))
    store.inner.open(await store.database.snapshot(list_decoys))


async def test_a_large_document_goes_behind_the_content_port(store: Opened, load: LoadSeed) -> None:
    seed = example()
    seed["fragments"][0]["content"] = "An invented line. " * 20_000
    await put(load, seed)
    rows = await store.database.snapshot(lambda tx: tx.all(_LARGE))
    assert len(rows) == 1
    assert load.content.size(rows[0]["content"]) > 360_000


async def test_an_entry_of_a_seed_names_the_operator_and_no_caller(store: Opened, load: LoadSeed) -> None:
    await put(load, example())
    detail = await SqlLedger(store.inner).detail(1, 1)
    assert detail is not None
    assert (detail["operator"], detail["act"], detail.get("account")) == ("invented", "seed", None)
