"""The ledger as it is read, signed and mirrored."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.access import Recorded
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.merkle import Node, NodeAt
from gateway.domain.telling import ChainRow


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
    ) -> Sequence[ChainRow]:
        """A viewer's own rows, newest first, opened from her parts, with what they rest on."""

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

    async def journal(self, ledger: int, first: int, limit: int) -> Sequence[tuple[int, str, bytes]]:
        """(index, name, sealed act) of the narrowing acts from this index on, in ledger order."""

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
