"""Record who may decide for a person: it takes effect once a second person has approved it."""

from dataclasses import dataclass, field
from typing import Literal

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, ApprovalId, AuthorityId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAuthority, check_period, check_scope
from gateway.domain.vocabulary import AuthorityKind
from gateway.ports import Ids, RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class Claimed:
    """An authority as it is recorded: its holder is a person (by this agency's handle) or an agency."""

    handle: str
    holder_handle: str | None
    holder_agency: AgencyId | None
    kind: AuthorityKind
    scope: Literal["all"] | tuple[str, ...] = "all"
    from_at: Instant | None = None
    until_at: Instant | None = None
    evidence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecordAuthority:
    """By an agency that holds a fragment of the person, never by who would benefit from it."""

    registrar: Registrar
    registry: RegistryStore
    ids: Ids
    categories: frozenset[str]

    async def __call__(self, caller: Caller, claimed: Claimed, *, once: Once | None = None) -> Done | Refused:
        """Put it to a second person; `evidence` names a judgment or an act of birth and is kept sealed.

        Without evidence it waits all the same: who decides for a child is never one worker's word.

        Raises:
            MalformedError: An empty period, or a category that is not in the vocabulary.
        """
        check_period(claimed.from_at, claimed.until_at)
        check_scope(claimed.scope, self.categories)
        person = await self.registry.person_of_handle(caller.agency, claimed.handle)
        holder: str | None = claimed.holder_agency
        if claimed.holder_handle is not None:
            holder = await self.registry.person_of_handle(caller.agency, claimed.holder_handle)
        authority, approval = AuthorityId(self.ids.new("aut")), ApprovalId(self.ids.new("apv"))
        errand = Errand(
            caller,
            Act.RECORD_AUTHORITY,
            EntryKind.APPROVAL_ASKED,
            None if person is None or holder is None else caller.agency,
            {
                "authority": authority,
                "approval": approval,
                "holder": holder,
                "authority_kind": str(claimed.kind),
            },
            person,
            once,
        )
        if person is None or holder is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        new = NewAuthority(
            id=authority,
            person=person,
            holder=holder,
            kind=claimed.kind,
            scope=claimed.scope,
            from_at=claimed.from_at,
            until_at=claimed.until_at,
            evidence=claimed.evidence,
        )
        return await self.registrar(
            errand, lambda note: self.registrar.acts.ask_authority(note, new, approval)
        )
