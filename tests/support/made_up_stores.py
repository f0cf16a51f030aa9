"""In-memory stores for the use cases about consents, lists and the ledger, one for each port."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import Query, Recorded, Stated
from gateway.domain.acting import Done, Note, Stand
from gateway.domain.acts import Objection
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import ContendedError
from gateway.domain.facts import Facts, FragmentRef, Stretch
from gateway.domain.ids import AgencyId, ConsentId, DossierId, FragmentId, PersonId, StopId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.keys import KeyPath
from gateway.domain.stopping import Beside
from gateway.domain.telling import ChainRow
from tests.support.consents import CHILD, FATHER, MOTHER, SCHOOL
from tests.support.registry import AT


@dataclass
class Book:
    """What the acts were told, in order; the first `contended` of them find that something has moved."""

    contended: int = 0
    replayed: bool = False
    done: list[tuple[str, Note, tuple[object, ...]]] = field(default_factory=list)
    refused: list[Note] = field(default_factory=list)

    async def standing(self, _caller: Caller) -> Objection | None:
        return None

    async def refuse_act(self, note: Note) -> Recorded:
        self.refused.append(note)
        return Recorded(note.decision_id, 1, 99, AT, bytes(32))

    async def key_path(self, owner: AgencyId, person: PersonId) -> KeyPath:
        return KeyPath(owner, 1, b"wrap", person, 1, b"wrap")

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Done]]:
        async def act(note: Note, *args: object, **_: object) -> Done:
            if self.contended > 0:
                self.contended -= 1
                raise ContendedError("moved")
            self.done.append((verb, note, args))
            entry = Recorded(note.decision_id, 1, len(self.done), AT, bytes(32))
            named = {"content": ["cnt_old"], "stop": "stp_made", "consent": "cns_made"}
            return Done({**named, "receipt": f"rcp_{verb}"}, entry, replayed=self.replayed)

        return act


_HELD = {"owner": "t:school", "category": "education", "youth_alone": False}


@dataclass
class People:
    """One child with two guardians, known to everybody by her own id as handle."""

    lines: list[Directive] = field(default_factory=list)
    stops: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    authorities: list[Mapping[str, Any]] = field(
        default_factory=lambda: [
            {"person": MOTHER, "authority": "joint", "scope": "all"},
            {"person": FATHER, "authority": "joint", "scope": "all"},
        ]
    )
    reading: list[Mapping[str, Any]] = field(default_factory=list)
    active: str = "0" * 64
    holders: Sequence[AgencyId] = (SCHOOL,)
    protected: frozenset[str] = frozenset()

    async def active_policy(self) -> str:
        return self.active

    async def person_of_handle(self, agency: AgencyId | None, handle: str) -> PersonId | None:
        del agency
        return PersonId(handle) if handle in {CHILD, MOTHER, FATHER} else None

    async def stand(self, caller: Caller, person: PersonId, now: Instant) -> Stand | None:
        del now
        rules = {"profile": "QC-PRIV", "consent_model": "express", "sector": None}
        return Stand(
            person=person,
            subject={"id": person, "age": 10, "authorities": self.authorities, "orders": []},
            owners={one: {**rules, "categories": ["education"]} for one in self.holders},
            actor={"id": caller.account, "role": str(caller.role), "agency": caller.agency},
            viewers=(),
            epochs=((f"person:{person}", 7),),
            floor=AT,
            policy_digest=self.active,
        )

    async def row(self, what: str, key: str) -> Mapping[str, Any] | None:
        known = key.startswith("t:") or what == "workers"
        rules = {"profile": "QC-PRIV", "consent_model": "express", "sector": None}
        own = {"id": key, "status": "member", "protected": key in self.protected}
        return {**own, **rules} if known else None

    async def fragment(self, fragment: FragmentId) -> Mapping[str, Any] | None:
        return {"id": fragment, "person": CHILD, **_HELD} if fragment.startswith("frg") else None

    async def dossier_of(self, person: PersonId) -> DossierId | None:
        return DossierId("dos_1") if person == CHILD else None

    async def dossier_facts(
        self, caller: Caller, page: Stretch, purpose: str, now: Instant, stated: Stated
    ) -> Sequence[Facts]:
        """One document at each holder."""
        del page
        names = [(FragmentId(f"frg_{n}"), holder) for n, holder in enumerate(self.holders)]
        return [await self._facts(caller, one, purpose, now, stated) for one in names]

    async def facts(
        self,
        caller: Caller,
        fragment: FragmentId,
        purpose: str,
        now: Instant,
        *,
        every_directive: bool,
        stated: Stated,
    ) -> Facts:
        """Of a document of the child's; any other id is a decoy's."""
        del every_directive
        return await self._facts(caller, (fragment, SCHOOL), purpose, now, stated)

    async def _facts(
        self, caller: Caller, held: tuple[FragmentId, AgencyId], purpose: str, now: Instant, stated: Stated
    ) -> Facts:
        name, owner = held
        person = CHILD if name.startswith("frg") else PersonId("per_decoy")
        stand = await self.stand(caller, person, now)
        assert stand is not None
        labels = {"id": name, "owner_agency": owner, "category": "education", "sensitivity": "N"}
        document = {
            "profile": "QC-PRIV",
            "subject": stand.subject,
            "consents": [],
            "actor": stand.actor,
            "action": str(stated.action),
            "purpose": purpose,
            "fragment": {**labels, "status": "active", "created": "2026-01-01T00:00:00Z"},
            "context": {"consent_model": "express"},
        }
        path = KeyPath(owner, 1, b"", person, 1, b"")
        ref = FragmentRef(name, 1, DossierId("dos_1"), person, owner, "education", path, b"")
        query = Query.of(document)
        return Facts(query, stand.epochs, AT, FAR_FUTURE, ref, (), frozenset(), self.active)

    async def directive(self, consent: ConsentId) -> Directive | None:
        return next((one for one in reversed(self.lines) if one.id == consent), None)

    async def directives(self, person: PersonId) -> Sequence[Directive]:
        return [one for one in self.lines if one.subject == person]

    async def captures(self, consent: ConsentId) -> Mapping[int, Mapping[str, Any]]:
        return {one.version: one.capture for one in self.lines if one.id == consent and one.capture}

    async def stop(self, stop: StopId) -> Mapping[str, Any] | None:
        return self.stops.get(stop)

    async def readers(
        self, person: PersonId, now: Instant, beside: Beside
    ) -> Sequence[Mapping[str, Any]] | None:
        del person, now, beside
        return self.reading


@dataclass
class Chain:
    """A ledger of rows given; a mirror answers, or not."""

    mirrored: bool = True
    own: Sequence[ChainRow] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    searched: list[Mapping[str, Any]] = field(default_factory=list)

    async def proven(self, entry: Recorded, timeout_s: float) -> bool:
        del entry, timeout_s
        return self.mirrored

    async def chain(
        self, viewer: PersonId, subject: PersonId, before: int | None, limit: int
    ) -> Sequence[ChainRow]:
        del viewer, subject
        return [row for row in self.own if before is None or row.told["n"] < before][:limit]

    async def entries(
        self, where: Mapping[str, Any], after: tuple[int, int] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        self.searched.append(where)
        later = [row for row in self.rows if after is None or (row["ledger"], row["index"]) < after]
        return later[:limit]

    async def detail(self, ledger: int, index: int) -> Mapping[str, Any] | None:
        return {"withheld": ["s2"], "place": [ledger, index]}

    async def checkpoint(self) -> str | None:
        return None

    async def proof(self, ledger: int, index: int) -> Mapping[str, Any] | None:
        return {"place": [ledger, index]}
