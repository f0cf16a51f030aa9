"""Replace the key of the token endpoint, on the word of an administrator of the network."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.issuer_keys import find_newest
from gateway.domain.ledger import EntryKind
from gateway.ports import IssuerKeyStore, MakeIssuerKey
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class RotateIssuerKey:
    """The new key is published an hour before it signs, the old one stays published for hours after."""

    registrar: Registrar
    keys: IssuerKeyStore
    make: MakeIssuerKey

    async def __call__(self, caller: Caller, *, at_once: bool, once: Once | None = None) -> Done | Refused:
        """Add a key; `at_once` withdraws every other now, for one that has leaked.

        Raises:
            ConflictError: Somebody else has added one meanwhile.
        """
        newest, made = find_newest(await self.keys.issuer_keys()), self.make()
        after = None if newest is None else newest.kid
        detail = {"key": "token-signing", "kid": made.kid, "at_once": at_once}
        errand = Errand(
            caller, Act.ADMINISTER_NETWORK, EntryKind.KEY_ROTATED, caller.agency, detail, once=once
        )
        return await self.registrar(
            errand, lambda note: self.keys.add_issuer_key(note, made, after=after, at_once=at_once)
        )
