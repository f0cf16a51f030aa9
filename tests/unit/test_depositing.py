"""Depositing: sealed first, linked by one act, and nothing left behind where the act fails."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gateway.adapters.threads import UploadThreads
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.acts import NOT_A_MEMBER, ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.contexts import SectionSlot
from gateway.domain.errors import (
    KeysUnavailableError,
    LedgerUnavailableError,
    MalformedError,
    PreconditionRequiredError,
)
from gateway.domain.fragment import INLINE_BYTES, Labels, SealedSection, SectionLabel
from gateway.domain.ids import AgencyId, DossierId, FragmentId, SectionId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role, Sensitivity
from gateway.ports import Content, ListStore, Seals
from gateway.registering import Registrar
from gateway.usecases.deposit_fragment import Deposit, DepositFragment, Document, Structured
from gateway.usecases.erase_fragment import EraseFragment, Erasure
from gateway.usecases.relabel_fragment import RelabelFragment, Relabelling
from tests.support.consents import CHILD, CLINIC, SCHOOL
from tests.support.made_up_stores import Book
from tests.support.registry import AT, a_caller
from tests.support.world import CATEGORIES, World

WORKER = a_caller(Role.CASEWORKER)
LABELS = Labels("education", Sensitivity.NORMAL, AT)
PLAIN = SectionLabel(SectionId("s1"))
DELICATE = SectionLabel(SectionId("s2"), sensitivity=Sensitivity.VERY_RESTRICTED)


@dataclass
class Shelf:
    """One dossier, known to the school only, with one fragment of the school's."""

    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        del now
        return {"person": CHILD} if (caller.agency, dossier) == (SCHOOL, "dos_1") else None

    async def fragment(self, fragment: FragmentId) -> Mapping[str, Any] | None:
        row = {"id": fragment, "dossier": "dos_1", "person": CHILD, "owner": SCHOOL, "category": "education"}
        more = {"sensitivity": "R", "status": "active", "youth_alone": False, "created_at": AT, "version": 1}
        return {**row, **more} if fragment == "frg_1" else None


class Key:
    """Seals by turning bytes round."""

    header = b"H"

    def seal(self, slot: SectionSlot, plaintext: bytes) -> bytes:
        del slot
        return plaintext[::-1]

    def sealer(self, slot: SectionSlot) -> "Key":
        del slot
        return self

    def update(self, piece: bytes) -> bytes:
        return piece

    def finish(self) -> bytes:
        return b"F"


@dataclass
class Keys:
    silent: bool = False

    async def new_data_key(self, *_: object) -> tuple[Key, bytes]:
        if self.silent:
            raise KeysUnavailableError("silent")
        return Key(), b"wrap"


@dataclass
class Folder:
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        self.kept[name] = b"".join(chunks)
        return len(self.kept[name])

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


def shelf() -> ListStore:
    return cast("ListStore", Shelf())


def seals(keys: Keys) -> Seals:
    return cast("Seals", keys)


def content(folder: Folder) -> Content:
    return cast("Content", folder)


@dataclass
class Desk:
    """The use case with everything it needs."""

    world: World = field(default_factory=World)
    keys: Keys = field(default_factory=Keys)
    folder: Folder = field(default_factory=Folder)

    async def __call__(self, deposit: Deposit) -> Done | Refused:
        world = self.world
        registrar = Registrar(world.acts, world.policy, world.ids)
        use_case = DepositFragment(
            shelf(),
            world.acts,
            registrar,
            world.refuse,
            world.show,
            seals(self.keys),
            content(self.folder),
            UploadThreads(1),
            world.policy,
            world.clock,
            world.ids,
            CATEGORIES,
        )
        return await use_case(deposit)

    @property
    def linked(self) -> tuple[Labels, list[SealedSection]]:
        _, _, (_, labels, _, sealed) = self.world.book.done[-1]
        return cast("Labels", labels), cast("list[SealedSection]", sealed)


@dataclass
class Torn(Book):
    """The act itself fails."""

    error: Exception = field(default_factory=lambda: LedgerUnavailableError("away"))

    async def deposit(self, *_: object, **__: object) -> Done:
        raise self.error


def a_deposit(body: Structured | Document | None = None, **changes: Any) -> Deposit:  # noqa: ANN401
    whole = body or Structured(((PLAIN, b"{}"),))
    return Deposit(
        **{"caller": WORKER, "dossier": DossierId("dos_1"), "labels": LABELS, "body": whole, **changes}
    )


def large() -> Iterator[bytes]:
    yield from [b"x" * (INLINE_BYTES // 2)] * 3


async def test_sections_are_sealed_one_by_one_and_linked_by_the_act() -> None:
    desk = Desk()
    await desk(a_deposit(Structured(((PLAIN, b"abc"), (DELICATE, b"de")))))
    labels, sealed = desk.linked
    assert [(one.id, one.plain_bytes, one.sealed) for one in sealed] == [("s1", 3, b"cba"), ("s2", 2, b"ed")]
    assert labels.sensitivity is Sensitivity.VERY_RESTRICTED


async def test_content_above_the_limit_goes_behind_the_content_port() -> None:
    desk = Desk()
    await desk(a_deposit(Document("application/pdf", large())))
    _, (section,) = desk.linked
    assert (section.sealed, section.plain_bytes) == (None, INLINE_BYTES // 2 * 3)
    assert desk.folder.kept[section.content or ""] == b"H" + b"".join(large()) + b"F"


async def test_content_at_the_limit_stays_in_the_database() -> None:
    desk = Desk()
    await desk(a_deposit(Document("text/plain", (b"x" * INLINE_BYTES,))))
    _, (section,) = desk.linked
    assert (section.content, desk.folder.kept) == (None, {})


async def test_nothing_is_left_behind_where_the_act_is_refused() -> None:
    desk = Desk(World(book=Torn(error=ActRefusedError(NOT_A_MEMBER))))
    assert isinstance(await desk(a_deposit(Document("application/pdf", large()))), Refused)
    assert desk.folder.kept == {}


async def test_what_a_lost_commit_may_have_linked_is_not_deleted() -> None:
    """The answer of a commit can be lost, the commit itself not: its content must still be there."""
    desk = Desk(World(book=Torn(error=LedgerUnavailableError("away"))))
    with pytest.raises(LedgerUnavailableError):
        await desk(a_deposit(Document("application/pdf", large())))
    assert len(desk.folder.kept) == 1


async def test_nothing_is_left_behind_where_the_key_was_used_before() -> None:
    desk = Desk(World(book=Book(replayed=True)))
    await desk(a_deposit(Document("application/pdf", large())))
    assert desk.folder.kept == {}


async def test_without_keys_a_deposit_is_refused_on_the_record() -> None:
    desk = Desk(keys=Keys(silent=True))
    answer = await desk(a_deposit())
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("KEYS_UNAVAILABLE",))
    assert len(desk.world.book.refused) == 1


@pytest.mark.parametrize(
    ("caller", "hidden"),
    [
        (a_caller(Role.CASEWORKER, agency=CLINIC), True),
        (a_caller(Role.GUARDIAN, account="per_mother"), False),
        (a_caller(Role.PRIVACY_OFFICER), False),
    ],
)
async def test_whom_the_table_or_the_dossier_does_not_know_is_refused(
    caller: Caller, *, hidden: bool
) -> None:
    desk = Desk()
    answer = await desk(a_deposit(caller=caller))
    assert isinstance(answer, Refused)
    assert answer.decision.disclose_existence is not hidden
    assert desk.world.book.done == []


async def test_a_next_version_is_of_the_owners_own_fragment_and_names_the_etag() -> None:
    desk = Desk()
    with pytest.raises(PreconditionRequiredError):
        await desk(a_deposit(follows=(FragmentId("frg_1"), None)))
    assert isinstance(await desk(a_deposit(follows=(FragmentId("frg_9"), "1"))), Refused)
    await desk(a_deposit(follows=(FragmentId("frg_1"), "1")))
    ref = cast("Any", desk.world.book.done[-1][2][0])
    assert (ref.id, ref.version) == ("frg_1", 2)


@pytest.mark.parametrize(
    "body",
    [
        Structured(()),
        Structured(((PLAIN, b"1"), (PLAIN, b"2"))),
        Structured(((SectionLabel(SectionId("s1"), category="no_such"), b"1"),)),
    ],
)
async def test_a_body_that_is_none_is_malformed(body: Structured) -> None:
    with pytest.raises(MalformedError):
        await Desk()(a_deposit(body))


def relabel(world: World) -> RelabelFragment:
    registrar = Registrar(world.acts, world.policy, world.ids)
    return RelabelFragment(shelf(), world.acts, registrar, world.show, CATEGORIES)


def erase(world: World, folder: Folder) -> EraseFragment:
    registrar = Registrar(world.acts, world.policy, world.ids)
    return EraseFragment(shelf(), world.acts, world.ledger, registrar, world.show, content(folder))


async def test_relabelling_keeps_what_is_not_named() -> None:
    world = World()
    await relabel(world)(Relabelling(WORKER, FragmentId("frg_1"), "1", category="mental_health"))
    _, note, (_, labels, etag) = world.book.done[-1]
    assert (cast("Labels", labels).sensitivity, etag) == (Sensitivity.RESTRICTED, "1")
    assert (note.fragment, note.owner) == ("frg_1", SCHOOL)


@pytest.mark.parametrize("agency", [CLINIC, AgencyId("t:school/unit")])
async def test_nobody_but_the_owner_relabels_or_erases(agency: AgencyId) -> None:
    world = World()
    caller = a_caller(Role.CASEWORKER, agency=agency)
    for answer in (
        await relabel(world)(Relabelling(caller, FragmentId("frg_1"), "1")),
        await erase(world, Folder())(Erasure(caller, FragmentId("frg_1"), "1")),
    ):
        assert isinstance(answer, Refused)
        assert not answer.decision.disclose_existence
    assert world.book.done == []


async def test_an_erasure_forgets_the_content_after_the_act_and_is_proven() -> None:
    folder = Folder({"cnt_old": b"sealed"})
    done = await erase(World(), folder)(Erasure(WORKER, FragmentId("frg_1"), "1"))
    assert isinstance(done, Done)
    assert (done.proven, folder.kept) == (True, {})


async def test_a_change_without_an_etag_is_not_made() -> None:
    with pytest.raises(PreconditionRequiredError):
        await relabel(World())(Relabelling(WORKER, FragmentId("frg_1"), None))
    with pytest.raises(PreconditionRequiredError):
        await erase(World(), Folder())(Erasure(WORKER, FragmentId("frg_1"), None))
