"""List one's own ways in, and the codes that one's agency printed for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.acts import INACTIVE, Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.ports import Clock, EnrolmentStore, ListStore, RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class EnrolmentsShown:
    """`done` is the entry of this reading."""

    rows: Sequence[Mapping[str, Any]]
    done: Done


@dataclass(frozen=True, slots=True)
class ListEnrolments:
    """She sees every way in of hers: since when, printed by which agency, and which were revoked.

    An agency sees the codes that it printed itself and no others: that another one printed a code may be a
    shelter's secret (domain rule A7).
    """

    registrar: Registrar
    registry: RegistryStore
    lists: ListStore
    enrolments: EnrolmentStore
    clock: Clock

    async def __call__(self, caller: Caller) -> EnrolmentsShown | Refused:
        """Give her own, recorded before they are shown."""
        rows = await self.enrolments.of_account(caller.account)
        detail = {"what": "enrolments", "shown": [row["id"] for row in rows]}
        errand = Errand(caller, Act.PRINT_CODE, EntryKind.LISTED, caller.agency, detail, person=caller.person)

        async def do(note: Note) -> Done:
            return await self.registrar.acts.note_act(replace(note, views=own_view(caller.person)))

        done = await self.registrar.judged(errand, None if caller.active else INACTIVE, do)
        return done if isinstance(done, Refused) else EnrolmentsShown(rows, done)

    async def printed(self, caller: Caller, handle: str) -> EnrolmentsShown | Refused:
        """Give those that the caller's agency printed for a person whom she works with."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        known = person is not None and (
            caller.role is Role.PRIVACY_OFFICER
            or await self.registry.is_linked(caller, person, self.clock.now())
        )
        rows: Sequence[Mapping[str, Any]] = ()
        if person is not None and known and caller.agency is not None:
            rows = await self._named(caller.agency, await self.enrolments.printed_by(caller.agency, person))
        detail = {"what": "paper_codes", "shown": [row["id"] for row in rows]}
        over = caller.agency if known else None
        errand = Errand(caller, Act.PRINT_CODE, EntryKind.LISTED, over, detail, person=person)
        done = await self.registrar(errand, self.registrar.acts.note_act)
        return done if isinstance(done, Refused) else EnrolmentsShown(rows, done)

    async def names_of(self, agency: AgencyId) -> Mapping[str, str]:
        """Give the name, by language, of an agency that stands in her own rows."""
        found = await self.registry.row("bodies", agency)
        return {"fr": agency, "en": agency} if found is None else found["name"]

    async def _named(
        self, agency: AgencyId, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        """Name whose code each is as the agency does."""
        return [{**row, "holder": await self.lists.handle_of(agency, row["holder"])} for row in rows]
