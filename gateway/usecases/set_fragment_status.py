"""Hold a fragment, lift its hold, or mark it as entered in error: its owner's acts."""

from dataclasses import dataclass, field, replace

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import PreconditionRequiredError
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import FragmentStatus
from gateway.ports import ActStore, LedgerStore, ListStore
from gateway.registering import Errand, Registrar, acknowledged
from gateway.showing import Show, Shown

_ACTS = {
    FragmentStatus.OWNER_HOLD: (Act.HOLD, EntryKind.FRAGMENT_HELD),
    FragmentStatus.ACTIVE: (Act.LIFT_HOLD, EntryKind.HOLD_LIFTED),
    FragmentStatus.ENTERED_IN_ERROR: (Act.MARK_IN_ERROR, EntryKind.MARKED_IN_ERROR),
}


@dataclass(frozen=True, slots=True)
class Restated:
    """`grounds` are kept sealed, for the officers."""

    caller: Caller
    fragment: FragmentId
    status: FragmentStatus
    if_match: str | None
    grounds: str = field(default="", repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class SetFragmentStatus:
    """A hold binds everybody but the owner; a version in error is nobody's until a next one follows it."""

    lists: ListStore
    acts: ActStore
    ledger: LedgerStore
    registrar: Registrar
    show: Show

    async def __call__(self, asked: Restated) -> Done | Refused:
        """Change it; `reference` is `{fragment, etag}`. What narrows is acknowledged once it is proven.

        Raises:
            PreconditionRequiredError: No etag.
            PreconditionFailedError: The fragment has changed, or is erased.
            ConflictError: A fragment in its state does not become this.
        """
        if_match = asked.if_match
        if if_match is None:
            raise PreconditionRequiredError("a change needs If-Match", field="If-Match")
        # 1. Only the owner's own; anybody else's is as if it did not exist.
        row = await self.lists.fragment(asked.fragment)
        own = row is not None and asked.caller.belongs_to(AgencyId(row["owner"]))
        act, kind = _ACTS[asked.status]
        errand = Errand(
            asked.caller,
            act,
            kind,
            asked.caller.agency if own else None,
            {"asked": asked.fragment, "grounds": asked.grounds},
            PersonId(row["person"]) if row is not None and own else None,
            asked.once,
        )
        if row is None or not own:
            return await self.registrar(errand, self.acts.note_act)
        owner = AgencyId(row["owner"])

        # 2. Change it, if the fragment is still as the caller saw it.
        async def do(note: Note) -> Done:
            told = replace(note, fragment=asked.fragment, owner=owner, tells={"category": row["category"]})
            told = await self.show(told, Shown(asked.caller, kind, (asked.fragment,)))
            return await self.acts.set_fragment_status(told, asked.fragment, asked.status, if_match)

        done = await self.registrar(errand, do)
        return done if asked.status is FragmentStatus.ACTIVE else await acknowledged(done, self.ledger)
