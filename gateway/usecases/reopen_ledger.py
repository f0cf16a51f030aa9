"""The second way out of quarantine: two persons open a new ledger that commits to what the old one lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.domain.approving import Human
from gateway.domain.bearer import Bearer
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, CorruptionError, NotAllowedError, TamperedError
from gateway.domain.ids import DecisionId
from gateway.domain.merkle import subtree_root
from gateway.domain.vocabulary import Role
from gateway.ports import CallerStore, Ids, Mirror, Notary, PublishStore


class Signed(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def root(self) -> bytes: ...


class LedgerKeys(Protocol):
    """The signing key and its state file, for one ledger after the other."""

    @property
    def ledger(self) -> int: ...

    @property
    def vkey(self) -> str: ...

    @property
    def notary(self) -> Notary: ...

    def verify(self, ledger: int, note: str) -> Signed:
        """Read a checkpoint of that ledger. Raises TamperedError."""

    async def begin_next(self) -> None:
        """Begin the next ledger durably; from then on `ledger`, `vkey` and `notary` are its own."""


@dataclass(frozen=True, slots=True)
class Last:
    """The last checkpoint of the ledger that cannot go on."""

    ledger: int
    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True)
class Reopened:
    """`missing` is the range of the old ledger that the database lacks, its end exclusive."""

    ledger: int
    vkey: str
    checkpoint: str
    last: Last
    missing: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReopenLedger:
    """Each step is durable before the next, and begun again is not done twice.

    What was withdrawn, stopped, suspended, ended or erased in the missing range lies in the journal: the next
    start applies it before anything is released.
    """

    callers: CallerStore
    store: PublishStore
    mirrors: Sequence[Mirror]
    keys: LedgerKeys
    ids: Ids
    in_quarantine: Callable[[], bool]

    async def __call__(self, first: Bearer, second: Bearer, genesis: Mapping[str, Any]) -> Reopened:
        """Open the next ledger.

        Args:
            first: A privacy officer, strongly authenticated.
            second: Another one: another account, and another identity.
            genesis: What every genesis says: deployment, policy, operator.

        Raises:
            NotAllowedError: They are not two privacy officers with strong authentication.
            UnauthenticatedError: No account stands behind one of them, in the database as it is now.
            ConflictError: The ledger is not in quarantine, or nothing was ever signed.
            OSError: No mirror took the new ledger's checkpoint; do it again when one answers.
        """
        # 1. Two persons, before anything is looked at.
        officers = await self._require_two(first, second)
        last = await self._last()
        if last is None:
            raise ConflictError("no checkpoint was ever signed: there is no ledger to go on from")
        # 2. The keys go on first: from here on the old ledger cannot be signed any more.
        if last.ledger == self.keys.ledger:
            if not self.in_quarantine():
                raise ConflictError("the ledger is not in quarantine")
            await self.keys.begin_next()
        # 3. The genesis commits to what is known of the old ledger, and names what is missing.
        missing = await self._missing(last)
        if await self.store.extent() != (self.keys.ledger, 1):
            told = {
                "ledger": last.ledger,
                "checkpoint": last.note,
                "missing": list(missing),
                "officers": [_named(one) for one in officers],
            }
            detail = {**genesis, "verifier": self.keys.vkey, "reopened": told}
            await self.store.begin(self.keys.ledger, detail, DecisionId(self.ids.new("dec")))
        # 4. Its checkpoint replaces the old one in the mirrors, which set that one aside.
        note = await self._sign()
        await self._mirror(note)
        return Reopened(self.keys.ledger, self.keys.vkey, note, last, missing)

    async def _require_two(self, first: Bearer, second: Bearer) -> tuple[Caller, Caller]:
        one = await self.callers.caller(first, Role.PRIVACY_OFFICER)
        other = await self.callers.caller(second, Role.PRIVACY_OFFICER)
        # Nothing can be appended in quarantine, so no approval waits there: the two stand here together.
        humans = [
            Human(each.account, (bearer.issuer, bearer.subject))
            for each, bearer in ((one, first), (other, second))
        ]
        if humans[0].is_same(humans[1]) or not all(
            each.active and each.bearer.strong for each in (one, other)
        ):
            raise NotAllowedError("two privacy officers, strongly authenticated, open a new ledger together")
        return one, other

    async def _last(self) -> Last | None:
        """The largest checkpoint of the ledger that cannot go on, as mirrors and the signer hold it."""
        held: list[Last] = []
        for mirror in self.mirrors:
            try:
                note = await mirror.checkpoint()
            except OSError:
                continue
            held += [] if note is None else self._read(note)
        # Where mirrors hold an earlier ledger's alone, an attempt was cut after the keys had gone on.
        own = self.keys.notary.checkpoint
        if own is not None and (not held or any(one.ledger == self.keys.ledger for one in held)):
            held += self._read(own)
        return max(held, key=lambda one: (one.ledger, one.size), default=None)

    def _read(self, note: str) -> list[Last]:
        for ledger in range(self.keys.ledger, 0, -1):
            try:
                signed = self.keys.verify(ledger, note)
            except TamperedError:
                continue
            return [Last(ledger, signed.size, signed.root, note)]
        return []

    async def _missing(self, last: Last) -> tuple[int, int]:
        """From where on the database does not hold what was signed: from its start, where it differs."""
        leaves: list[bytes] = []
        while page := await self.store.leaves(last.ledger, len(leaves), 10_000):
            leaves += page
        if len(leaves) < last.size:
            return len(leaves), last.size
        wanted: list[tuple[int, int]] = []

        def note_it(level: int, index: int) -> bytes:
            wanted.append((level, index))
            return b"\0" * 32

        subtree_root(0, last.size, note_it)
        try:
            holds = subtree_root(0, last.size, await self.store.nodes_at(last.ledger, wanted)) == last.root
        except CorruptionError:
            holds = False
        return (last.size, last.size) if holds else (0, last.size)

    async def _sign(self) -> str:
        notary = self.keys.notary
        leaves = await self.store.leaves(self.keys.ledger, notary.size, 10_000)
        if leaves:
            size = notary.size + len(leaves)
            note, nodes = notary.sign(notary.size, leaves)
            await self.store.keep(self.keys.ledger, size, note, nodes, mirrored=False)
        if notary.checkpoint is None:
            raise CorruptionError("the new ledger has no entry to sign")
        return notary.checkpoint

    async def _mirror(self, note: str) -> None:
        held = 0
        problem: OSError | None = None
        for mirror in self.mirrors:
            try:
                await mirror.reopen(note)
                held += 1
            except ConflictError:
                held += 1  # It holds this ledger's checkpoint from an earlier attempt.
            except OSError as error:
                problem = error
        if held == 0:
            raise OSError("no mirror took the new ledger's checkpoint") from problem
        await self.store.keep(self.keys.ledger, self.keys.notary.size, note, (), mirrored=True)


def _named(officer: Caller) -> dict[str, str | None]:
    return {
        "account": officer.account,
        "agency": officer.agency,
        "token": officer.bearer.token_id.hex(),
    }
