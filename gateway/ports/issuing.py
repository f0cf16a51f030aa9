"""The token endpoint: its keys, its clients' keys, and whoever judges a request."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note
from gateway.domain.bearer import Proof
from gateway.domain.ids import ClientId
from gateway.domain.instants import Instant
from gateway.domain.issuer_keys import IssuerKey, NewIssuerKey, SigningKey
from gateway.domain.issuing import ClientKey, Granted, KnownClient, Names, Objected, Shown


class IssuingStore(Protocol):
    """What a request for a token rests on, and what it leaves."""

    async def known(self, names: Names) -> KnownClient | None:
        """Who asks, from one snapshot with its epochs; None for a client that is not registered."""

    async def signing_key(self, now: Instant) -> SigningKey:
        """Open the key that signs now.

        Raises:
            KeysUnavailableError: There is none.
        """

    async def is_spent(self, spends: Sequence[Proof]) -> bool:
        """Whether any of it was used before, as far as is known by now."""

    async def issue(self, note: Note, spends: Sequence[Proof], refusal: Note) -> bool:
        """Use up what may be used once, with the entry, in one transaction.

        False, with the entry `refusal` instead, where any of it was used before or is too old by now.

        Raises:
            ContendedError: Something in the note's epochs has moved.
        """

    async def refuse(self, note: Note) -> Recorded: ...


class ClientKeyStore(Protocol):
    """Acts on clients' keys, each one transaction with its entry, and their list."""

    async def add_client_key(self, note: Note, client: ClientId, key: ClientKey) -> Done:
        """`reference` is `{client, kid}`.

        Raises:
            ActRefusedError: There is no such client, or it is disabled.
            ConflictError: It has this key already, or had it once; or it has as many as it may.
        """

    async def retire_client_key(self, note: Note, client: ClientId, kid: str) -> Done:
        """Retire it, now or already.

        Raises:
            ActRefusedError: The client has no such key.
        """

    async def client_keys(self, client: ClientId) -> Sequence[Mapping[str, Any]]:
        """Each as `{kid, algorithm, added_at, retired_at}`, in the order in which they were added."""


class IssuerKeyStore(Protocol):
    """The endpoint's own keys: shared by all workers, the private halves sealed."""

    async def issuer_keys(self) -> Sequence[IssuerKey]: ...

    async def add_issuer_key(
        self, note: Note, key: NewIssuerKey, *, after: str | None, at_once: bool
    ) -> Done:
        """Publish a new key; `reference` is `{kid, signs_at}`.

        Args:
            note: What its entry says.
            key: Just made.
            after: The newest key that the caller has seen.
            at_once: It signs from now, and every other one is withdrawn: for a key that has leaked.

        Raises:
            ConflictError: Another process has added one meanwhile.
        """

    async def destroy_issuer_key(self, note: Note, kid: str) -> Done:
        """Drop the private half of a key that signs no more; its public half stays."""


class TokenServer(Protocol):
    """Judges requests for tokens. It is synchronous and never touches the store."""

    def name(self, form: Mapping[str, str]) -> Names | Objected:
        """Read whom a request says it is from; nothing is believed, everything is bounded."""

    def judge(
        self,
        form: Mapping[str, str],
        shown: Shown | None,
        known: KnownClient,
        key: SigningKey,
        now: Instant,
    ) -> Granted | Objected:
        """Give the token that this request may have, or why it may have none.

        `shown` is None where the proof of possession was missing or wrong.
        """


class KeyReader(Protocol):
    def __call__(self, jwk: object, *, field: str) -> ClientKey:
        """Read a client's public key.

        Raises:
            MalformedError: Private, weak, or none of P-256, RSA from 2048 bits and Ed25519.
        """


class MakeIssuerKey(Protocol):
    def __call__(self) -> NewIssuerKey: ...
