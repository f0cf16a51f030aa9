"""Register a public key of a client: with its private half the client asks for tokens."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.ids import ClientId
from gateway.domain.ledger import EntryKind
from gateway.ports import ClientKeyStore, KeyReader, RegistryStore
from gateway.registering import Errand, Registrar, over_client


@dataclass(frozen=True, slots=True)
class AddClientKey:
    """The agency's own administrator adds it, or the network; the private half is never sent."""

    registrar: Registrar
    registry: RegistryStore
    keys: ClientKeyStore
    read: KeyReader

    async def __call__(
        self, caller: Caller, client: ClientId, jwk: object, *, once: Once | None = None
    ) -> Done | Refused:
        """Add it; the client may ask with it from now on.

        Raises:
            MalformedError: A private or a weak key, or another kind.
            ConflictError: The client has it or had it, or has eight.
        """
        key = self.read(jwk, field="key")
        act, over = over_client(caller, await self.registry.row("clients", client))
        detail = {"client": client, "kid": key.kid, "algorithm": key.algorithm}
        errand = Errand(caller, act, EntryKind.CLIENT_KEY_ADDED, over, detail, once=once)
        return await self.registrar(errand, lambda note: self.keys.add_client_key(note, client, key))
