"""Callers, and in-memory stores for the use cases that keep the registry."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from gateway.asking import Ask
from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note, Stand
from gateway.domain.acts import ActRefusedError, Objection
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.grounds import Unasked
from gateway.domain.holding import Terms
from gateway.domain.ids import AgencyId, ClientId, PersonId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.person import Described
from gateway.domain.registry import NewAgency
from gateway.domain.vocabulary import FAMILY_ROLES, AuthorityKind, Role
from gateway.judging import Judge
from gateway.knowing import Knowing
from gateway.masking import Mask
from gateway.ports import ActStore, LedgerStore, ListStore, Policy, RegistryStore, ReleaseStore
from gateway.registering import Registrar
from gateway.showing import Show
from gateway.usecases.match_person import MatchPerson
from gateway.usecases.record_authority import Claimed, RecordAuthority

UNASKED = Unasked(
    frozenset({"service_delivery"}), frozenset({"legal"}), {}, frozenset(), frozenset({"transfer"})
)
TERMS = Terms.of_table({"review_hours": 72, "declared_delay_hours": 24, "approved_delay_days": 30})
AT = Instant(1_767_225_600_000_000)
BEARER = Bearer("https://issuer.invalid", "one", "c:one", bytes(32), AT, strong=True)


def a_caller(
    role: Role = Role.AGENCY_ADMIN,
    *,
    agency: str = "t:school",
    account: str = "w:caller",
    active: bool = True,
    network_wide: bool = False,
) -> Caller:
    family = role in FAMILY_ROLES
    return Caller(
        client=ClientId("c:one"),
        role=role,
        agency=None if family else AgencyId(agency),
        worker=None if family else WorkerId(account),
        person=PersonId(account) if family else None,
        active=active,
        network_wide=network_wide,
        bearer=BEARER,
        epochs=(("client:c:one", 0), (f"account:{account}", 3)),
    )


@dataclass
class Ids:
    """Identifiers in order: `per_0001`, `per_0002`, ..."""

    made: int = 0

    def new(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made:04d}"


@dataclass
class Clock:
    at: Instant = AT

    def now(self) -> Instant:
        return self.at


@dataclass
class Acts:
    """Takes every act and remembers it; objects where told to."""

    objection: Objection | None = None
    done: list[tuple[str, Note, dict[str, Any]]] = field(default_factory=list)
    refused: list[Note] = field(default_factory=list)

    async def standing(self, _caller: Caller) -> Objection | None:
        return None

    async def refuse_act(self, note: Note) -> Recorded:
        self.refused.append(note)
        return Recorded(note.decision_id, 1, len(self.refused), AT, bytes(32))

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Done]]:
        async def act(note: Note, *args: object, **named: object) -> Done:
            if self.objection is not None:
                raise ActRefusedError(self.objection)
            self.done.append((verb, note, {"args": args, **named}))
            entry = Recorded(note.decision_id, 1, len(self.done), AT, bytes(32))
            return Done({"verb": verb}, entry)

        return act


@dataclass
class Registry:
    """Rows as the store gives them, by (what, key); handles by (agency, handle)."""

    found: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    handles: dict[tuple[str | None, str], str] = field(default_factory=dict)
    linked: bool = False
    untouched: bool = True
    asked: list[Mapping[str, str]] = field(default_factory=list)

    async def row(self, what: str, key: str) -> Mapping[str, Any] | None:
        return self.found.get((what, key))

    async def rows(
        self, what: str, _caller: Caller | None, where: Mapping[str, str], after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        self.asked.append(where)
        rows = sorted((key, row) for (kind, key), row in self.found.items() if kind == what and key > after)
        return [row for _, row in rows[:limit]]

    async def person_of_handle(self, agency: AgencyId | None, handle: str) -> PersonId | None:
        found = self.handles.get((agency, handle))
        return None if found is None else PersonId(found)

    async def stand(self, _caller: Caller, _person: PersonId, _now: Instant) -> Stand | None:
        """How nobody stands: who may see an act is shown where there is a policy to ask."""
        return None

    async def stand_of_match(
        self, caller: Caller, _described: Described, _now: Instant
    ) -> tuple[PersonId | None, Stand]:
        decoy = PersonId("per_decoy")
        return None, Stand(decoy, {}, {}, {"id": caller.account}, (), (), AT, "another bundle")

    async def is_linked(self, _caller: Caller, _person: PersonId, _now: Instant) -> bool:
        return self.linked

    async def is_untouched(self) -> bool:
        return self.untouched


class _Silent:
    digest = "0" * 64


def a_registrar(acts: Acts) -> Registrar:
    return Registrar(cast("ActStore", acts), cast("Policy", _Silent()), Ids())


@dataclass
class Ledger:
    """Proves every act, or none."""

    answer: bool = True
    waited: int = 0

    async def proven(self, _entry: Recorded, _timeout_s: float) -> bool:
        self.waited += 1
        return self.answer


def a_show(registry: Registry) -> Show:
    """Shows nobody anything."""
    return Show(as_registry(registry), cast("ListStore", registry), cast("Policy", _Silent()), Clock())


def a_mask(registry: Registry) -> Mask:
    silent = cast("Policy", _Silent())
    return Mask(as_registry(registry), Ask(as_registry(registry), silent, Clock(), frozenset()), Clock())


def a_knowing(registry: Registry) -> Knowing:
    """Lets nobody of the family know of anybody."""
    silent = cast("Policy", _Silent())
    lists, judge = cast("ListStore", registry), Judge(cast("ReleaseStore", registry), silent, Clock(), None)
    return Knowing(as_registry(registry), lists, judge, silent, Clock(), frozenset(), "QC-PRIV")


def matching(acts: Acts, registry: Registry) -> MatchPerson:
    return MatchPerson(a_registrar(acts), as_registry(registry), a_show(registry), Clock(), Ids())


def as_ledger(ledger: Ledger | None = None) -> LedgerStore:
    return cast("LedgerStore", Ledger() if ledger is None else ledger)


def as_registry(registry: Registry) -> RegistryStore:
    return cast("RegistryStore", registry)


SCHOOL, ANNEX, CLINIC = AgencyId("t:school"), AgencyId("t:school/annex"), AgencyId("t:clinic")
ADMIN = a_caller(Role.AGENCY_ADMIN)
NETWORK = a_caller(Role.AGENCY_ADMIN, network_wide=True)
PIVOT = a_caller(Role.PIVOT)
OFFICER = a_caller(Role.PRIVACY_OFFICER)
GUARDIAN = a_caller(Role.GUARDIAN, account="p:mother")
CATEGORIES = frozenset({"education", "mental_health"})
ZOE = Described("Essai", "Zoé", date(2015, 1, 1))


def new_agency(agency: AgencyId) -> NewAgency:
    return NewAgency(agency, "École", "School", "QC-PRIV")


def worker_row(worker: str, agency: str = "t:school", *, network_wide: bool = False) -> dict[str, object]:
    return {
        "id": worker,
        "agency": agency,
        "name": "Invented",
        "roles": ["pivot"],
        "active": True,
        "network_wide": network_wide,
        "etag": "1",
    }


def a_filled_registry() -> Registry:
    """Rows of two agencies and a unit, and the school's handles of a child and her mother."""
    return Registry(
        found={
            ("workers", "w:two"): worker_row("w:two"),
            ("workers", "w:caller"): worker_row("w:caller"),
            ("workers", "w:annex"): worker_row("w:annex", "t:school/annex"),
            ("workers", "w:clinic"): worker_row("w:clinic", "t:clinic"),
            ("workers", "w:far"): worker_row("w:far", network_wide=True),
            ("clients", "c:school"): {"id": "c:school", "agency": "t:school", "status": "active"},
            ("clients", "c:clinic"): {"id": "c:clinic", "agency": "t:clinic", "status": "active"},
            ("clients", "c:family"): {"id": "c:family", "agency": None, "status": "active"},
            ("assignments", "a:school"): {"id": "a:school", "agency": "t:school", "person": "p:zoe"},
            ("assignments", "a:clinic"): {"id": "a:clinic", "agency": "t:clinic", "person": "p:zoe"},
            ("authorities", "u:one"): {"id": "u:one", "person": "p:zoe", "holder": {"person": "hnd_mother"}},
            ("agencies", "t:school"): {"id": "t:school", "name": {"fr": "École", "en": "School"}},
        },
        handles={
            ("t:school", "hnd_zoe"): "p:zoe",
            ("t:school", "hnd_mother"): "p:mother",
            (None, "p:zoe"): "p:zoe",
        },
    )


def record(acts: Acts, registry: Registry) -> RecordAuthority:
    return RecordAuthority(a_registrar(acts), as_registry(registry), Ids(), CATEGORIES)


def claimed(handle: str = "hnd_zoe", holder: str | None = "hnd_mother") -> Claimed:
    return Claimed(handle, holder, None, AuthorityKind.SOLE)
