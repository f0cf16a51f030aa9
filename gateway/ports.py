"""What the use cases need from the world, as small protocols; adapters satisfy them, wiring joins them.

Every port on a request's path is `async def`. A port answers or raises an error of
`gateway.domain.errors`; foreign exceptions stop at the adapter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.access import Decision, Query, Recorded, View, Viewer
from gateway.domain.acting import Done, Note, Stand
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, StopReach
from gateway.domain.contexts import FragmentPlace, SectionSlot
from gateway.domain.facts import Attempt, Epochs, Facts, FragmentRef, Turned
from gateway.domain.fragment import Labels, Manifest, SealedContent, SealedSection
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    ConsentId,
    DecisionId,
    DossierId,
    FragmentId,
    PersonId,
    StopId,
    WorkerId,
)
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.merkle import Node, NodeAt
from gateway.domain.registry import (
    LookUp,
    NewAgency,
    NewAssignment,
    NewAuthority,
    NewClient,
    NewDossier,
    NewOrder,
    NewPerson,
    NewWorker,
    WorkerChange,
)
from gateway.domain.vocabulary import AgencyStatus, Role

ReadAt = Callable[[int, int], bytes]
"""`read_at(offset, length)` gives that many sealed bytes, fewer only at the end."""


class Clock(Protocol):
    def now(self) -> Instant:
        """What the clock of this process says."""


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """An identifier nobody can guess: `prefix`, `_`, 26 characters (128 bits)."""


class Policy(Protocol):
    """Rego, whichever engine answers.

    Raises:
        PolicyUnavailableError: Silent, slow, or undefined.
        PolicyContractError: An answer that is not one.
    """

    @property
    def digest(self) -> str: ...

    async def decide(self, query: Query, at: Instant) -> Decision: ...

    async def decide_all(self, queries: Sequence[Query], at: Instant) -> tuple[Decision, ...]:
        """At most 50, in one query to the engine; answers in the same order."""

    async def views(
        self, query: Query, at: Instant, entry: Mapping[str, Any], viewers: Sequence[Viewer]
    ) -> Mapping[PersonId, View]: ...


class DataKey(Protocol):
    """An opened key of one fragment version; it seals and opens that version's sections only."""

    def seal(self, slot: SectionSlot, plaintext: bytes) -> bytes: ...

    def sealer(self, slot: SectionSlot) -> "StreamSealer": ...

    def unseal(self, slot: SectionSlot, sealed: bytes) -> bytes:
        """A small section, whole. Raises TamperedError."""

    def unseal_range(
        self, slot: SectionSlot, read_at: ReadAt, *, sealed_length: int, start: int, stop: int
    ) -> Iterator[bytes]:
        """Bytes `[start, stop)` of a large section, at most 1 MiB at a time. Raises TamperedError."""


class StreamSealer(Protocol):
    """`header`, then each `update`, then `finish`, written in that order."""

    @property
    def header(self) -> bytes: ...

    def update(self, piece: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class KeyMaker(Protocol):
    """Makes the wraps above data keys. Raises KeysUnavailableError when the provider does not answer."""

    async def new_agency_key(self, agency: AgencyId, version: int) -> bytes: ...

    async def new_subject_key(
        self, agency: AgencyId, agency_version: int, agency_wrap: bytes, person: PersonId, version: int
    ) -> bytes: ...


class Seals(Protocol):
    """Keys of content. Raises KeysUnavailableError when the provider does not answer."""

    async def health(self) -> None: ...

    async def new_data_key(
        self, path: KeyPath, fragment: FragmentId, version: int
    ) -> tuple[DataKey, bytes]: ...

    async def unwrap(
        self, path: KeyPath, fragment: FragmentId, version: int, data_wrap: bytes
    ) -> DataKey: ...


class RecordKey(Protocol):
    @property
    def owner(self) -> str: ...

    def reveal(self) -> bytes:
        """The 32 bytes: for a cipher, and for nobody else."""


class RecordKeys(Protocol):
    """What keeps the record, and never calls the key provider: handles, and seals under record keys."""

    def handle(self, kind: str, value: str | bytes) -> bytes: ...

    def new_record_key(self, owner: str) -> bytes: ...

    def record_key(self, owner: str, wrap: bytes) -> RecordKey: ...

    def seal_part(self, key: RecordKey, decision_id: str, part: int, plaintext: bytes) -> bytes: ...

    def unseal_part(self, key: RecordKey, decision_id: str, part: int, sealed: bytes) -> bytes: ...

    def snapshot_handle(self, digest: bytes) -> bytes: ...

    def seal_snapshot(self, key: RecordKey, handle: bytes, canonical: bytes) -> bytes: ...

    def unseal_snapshot(self, key: RecordKey, handle: bytes, sealed: bytes) -> bytes: ...

    def seal_attributes(self, key: RecordKey, version: int, plaintext: bytes) -> bytes: ...

    def unseal_attributes(self, key: RecordKey, version: int, sealed: bytes) -> bytes: ...

    def place(
        self, agency: AgencyId, person: PersonId, fragment: FragmentId, version: int
    ) -> FragmentPlace: ...

    def seal_manifest(self, key: RecordKey, place: FragmentPlace, plaintext: bytes) -> bytes: ...

    def unseal_manifest(self, key: RecordKey, place: FragmentPlace, sealed: bytes) -> bytes: ...

    def seal_journal(self, name: str, plaintext: bytes) -> bytes: ...

    def unseal_journal(self, name: str, sealed: bytes) -> bytes: ...


class Content(Protocol):
    """Sealed content above 256 KiB, under opaque names. Raises KeysUnavailableError when it is away."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int: ...

    def read_at(self, name: str) -> ReadAt: ...

    def size(self, name: str) -> int: ...

    def delete(self, name: str) -> None: ...


class ReleaseStore(Protocol):
    async def facts(
        self, caller: Caller, fragment: FragmentId, purpose: str, now: Instant, *, every_directive: bool
    ) -> Facts:
        """The epochs of every scope concerned, then the facts, in one snapshot.

        An unknown fragment gives the facts of a decoy, told apart only by the missing link.
        """

    async def idempotency_count(self, client: str, key: str) -> int: ...

    async def record(self, attempt: Attempt) -> Recorded | Turned:
        """Append the entry and commit, if everything the decision rests on still stands.

        Raises:
            LedgerUnavailableError: Nothing is known to be written; nothing may leave.
            QuarantinedError: The ledger takes no entry until a person has looked.
        """

    async def sealed(self, ref: FragmentRef) -> SealedContent: ...


class WatchStore(Protocol):
    async def stands(self, epochs: Epochs, until: Instant) -> bool:
        """Whether these epochs still stand, and the store's clock is before `until`."""


class CallerStore(Protocol):
    async def caller(self, bearer: Bearer, role: Role | None) -> Caller:
        """The registered client and account behind a verified token.

        Raises:
            UnauthenticatedError: Unknown or disabled client, unknown account.
            MalformedError: Several roles and none chosen, or a role the account does not have.
        """


class ListStore(Protocol):
    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        """`{id, person, created_at}` if the caller may know of it, else None: absent and "not yours" alike.

        She may if her agency holds a handle of the person, she is the person, or she holds an authority.
        """

    async def dossiers(
        self, caller: Caller, now: Instant, after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """The next dossiers of persons she is assigned to, is, or holds an authority over: as `dossier`."""

    async def handle_of(self, agency: AgencyId | None, person: PersonId) -> str | None:
        """How this agency names the person; a family member names persons by their own identifiers."""

    async def fragment(self, fragment: FragmentId) -> Mapping[str, Any] | None:
        """Its row; who may know of it is for the use case to settle.

        `{id, dossier, person, owner, category, sensitivity, status, youth_alone, created_at, version,
        revision}`.
        """

    async def dossier_facts(
        self, caller: Caller, dossier: DossierId, purpose: str, now: Instant, after: str, limit: int
    ) -> Sequence[Facts]:
        """The next facts of a dossier's fragments in the order of their ids, at most `limit` <= 50."""


class ActStore(Protocol):
    """Acts: each one transaction under the head lock, with its entry; each exactly once per key."""

    async def refuse_act(self, note: Note) -> Recorded: ...

    async def note_act(self, note: Note) -> Done:
        """Record an act that changes nothing but the ledger: a reading of records."""

    async def add_agency(self, note: Note, agency: NewAgency) -> Done: ...

    async def set_agency_status(
        self, note: Note, agency: AgencyId, status: AgencyStatus, if_match: str
    ) -> Done: ...

    async def add_client(self, note: Note, client: NewClient) -> Done: ...

    async def disable_client(self, note: Note, client: ClientId) -> Done: ...

    async def add_worker(self, note: Note, worker: NewWorker) -> Done: ...

    async def set_worker(self, note: Note, worker: WorkerId, change: WorkerChange, if_match: str) -> Done: ...

    async def assign(self, note: Note, assignment: NewAssignment) -> Done:
        """Raises ActRefusedError where the worker's agency has no link with the person."""

    async def end_assignment(self, note: Note, assignment: AssignmentId) -> Done: ...

    async def match_person(self, note: Note, look_up: LookUp) -> Done: ...

    async def add_handle(self, note: Note, agency: AgencyId, person: PersonId, handle: str) -> Done:
        """Give an agency its own handle of a person, where it has none yet."""

    async def add_person(self, note: Note, person: NewPerson) -> Done: ...

    async def open_dossier(self, note: Note, dossier: NewDossier) -> Done: ...

    async def add_authority(self, note: Note, authority: NewAuthority) -> Done:
        """Raises ActRefusedError where the caller's agency holds no fragment of the person, or benefits."""

    async def end_authority(self, note: Note, authority: AuthorityId) -> Done: ...

    async def add_order(self, note: Note, order: NewOrder) -> Done: ...

    async def key_path(self, owner: AgencyId, person: PersonId) -> KeyPath:
        """The current keys of this agency for this person, made at first use."""

    async def deposit(
        self,
        note: Note,
        ref: FragmentRef,
        labels: Labels,
        manifest: Manifest,
        sections: Sequence[SealedSection],
        *,
        if_match: str | None = None,
    ) -> Done:
        """`reference` is `{fragment, version, etag}`; `if_match` is the etag of the version before, if any.

        Raises:
            PreconditionFailedError: The fragment is at another version or etag.
            NotAllowedError: The owner is not, or no longer, a member.
        """

    async def relabel(self, note: Note, fragment: FragmentId, labels: Labels, if_match: str) -> Done: ...

    async def erase(self, note: Note, fragment: FragmentId, if_match: str) -> Done:
        """`reference` is `{fragment, etag, content}`: names of sealed content that nothing links any more."""

    async def give(
        self, note: Note, directive: Directive, replaces: tuple[ConsentId, int] | None
    ) -> Done: ...

    async def withdraw(self, note: Note, consent: ConsentId) -> Done: ...

    async def stop(self, note: Note, directive: Directive, reach: StopReach) -> Done: ...

    async def undo_stop(self, note: Note, stop: StopId) -> Done: ...


class RegistryStore(Protocol):
    """Reads of the records the rules rest on; rows as mappings in the field names of the API."""

    async def stand(self, caller: Caller, person: PersonId, now: Instant) -> Stand | None: ...

    async def person_of_handle(self, agency: AgencyId | None, handle: str) -> PersonId | None: ...

    async def rows(
        self, what: str, caller: Caller | None, where: Mapping[str, str], after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]: ...

    async def row(self, what: str, key: str) -> Mapping[str, Any] | None: ...

    async def is_linked(self, caller: Caller, person: PersonId, now: Instant) -> bool:
        """Whether she is assigned to the person, is the person, or holds authority over her."""

    async def is_untouched(self) -> bool:
        """Whether the ledger holds nothing but its start: genesis, keys, policies, canaries."""

    async def directive(self, consent: ConsentId) -> Directive | None:
        """The last version of a lineage; `capture` stays sealed."""

    async def directives(self, person: PersonId) -> Sequence[Directive]:
        """Every version of every directive about the person, by (id, version)."""

    async def stop(self, stop: StopId) -> Mapping[str, Any] | None:
        """`{id, person, giver, consent, reach, withdrawn: [{id, version}], from_at, undone_at}`."""

    async def readers(self, person: PersonId, now: Instant) -> Sequence[Mapping[str, Any]]:
        """Each worker assigned to the person now, as the policy's `actor`, once per role; at most 50.

        With strong authentication, and `protected` beside it.
        """


class LedgerStore(Protocol):
    async def entries(
        self, where: Mapping[str, Any], after: tuple[int, int] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Search columns, newest first, after (ledger, index); `detail` (part 0) is not opened.

        `where` may hold kind, outcome, reason, purpose, agency (acting), owner, of_agency (either), person,
        account, fragment, consent, decision_id, from_at, until_at, ledger, index. Handles come in hex.
        """

    async def detail(self, ledger: int, index: int) -> Mapping[str, Any] | None:
        """The officers' part of one entry, opened."""

    async def chain(
        self, viewer: PersonId, subject: PersonId, before: int | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """A viewer's own rows, newest first, opened from her parts."""

    async def checkpoint(self) -> str | None: ...

    async def proof(self, ledger: int, index: int) -> Mapping[str, Any] | None: ...

    async def proven(self, entry: Recorded, timeout_s: float) -> bool:
        """Wait until a mirror holds the narrowing act and a checkpoint covers it; False at the timeout."""


class Notary(Protocol):
    """The single signer: it signs nothing that does not extend what it signed before."""

    @property
    def size(self) -> int: ...

    @property
    def checkpoint(self) -> str | None: ...

    def require_extended_by(self, size: int, node_at: NodeAt) -> None:
        """Raises CorruptionError where the stored ledger does not begin with what was signed."""

    def sign(self, first: int, leaf_hashes: Sequence[bytes]) -> tuple[str, Sequence[Node]]:
        """The checkpoint over the ledger grown by these leaves, and the inner nodes they completed."""


class Mirror(Protocol):
    """A copy of checkpoints and narrowing acts outside the database. Raises OSError when it is away."""

    async def checkpoint(self) -> str | None: ...

    async def put_checkpoint(self, note: str) -> None: ...

    async def reopen(self, note: str) -> None: ...

    async def put_act(self, name: str, sealed: bytes) -> None: ...

    async def list_acts(self, after: str = "", limit: int = 10_000) -> tuple[tuple[str, bytes], ...]: ...


class PublishStore(Protocol):
    """The ledger as its signer reads it."""

    async def extent(self) -> tuple[int, int] | None:
        """(number of the ledger, size); None where there is none yet."""

    async def leaves(self, ledger: int, first: int, limit: int) -> Sequence[bytes]:
        """Leaf hashes in ledger order."""

    async def nodes_at(self, ledger: int, wanted: Sequence[tuple[int, int]]) -> NodeAt:
        """A look-up over these (level, index) nodes. Raises CorruptionError for one that is missing."""

    async def journal(self, ledger: int, first: int) -> Sequence[tuple[str, bytes]]:
        """Sealed narrowing acts from this index on."""

    async def kept(self, ledger: int) -> int:
        """The size of the newest checkpoint that is stored; up to it, every inner node is too."""

    async def keep(
        self, ledger: int, size: int, note: str, nodes: Sequence[Node], *, mirrored: bool
    ) -> None: ...

    async def lacking(self, decisions: Sequence[DecisionId]) -> Sequence[DecisionId]:
        """Those of these decisions that no entry records."""

    async def apply(self, record: Mapping[str, Any]) -> None:
        """Apply a narrowing act that the tables lack, and append it under its own decision id."""

    async def begin(self, ledger: int, detail: Mapping[str, Any], decision: DecisionId) -> None:
        """Write the genesis entry of a ledger."""


class Readiness(Protocol):
    async def check(self) -> Mapping[str, str]:
        """Each dependency by name with "ok" or a problem code."""
