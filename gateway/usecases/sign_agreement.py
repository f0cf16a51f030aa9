"""Sign a version of the network's agreement for one's agency."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.ports import OnboardingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class SignAgreement:
    """By an administrator of the agency; the digest says which text she read. Its units sign with it."""

    registrar: Registrar
    store: OnboardingStore

    async def __call__(
        self, caller: Caller, version: str, digest: str, *, once: Once | None = None
    ) -> Done | Refused:
        """Sign it, once; signed already is signed.

        Raises:
            ConflictError: The text of this version is another one.
        """
        agency = caller.agency
        detail = {"agreement": version, "digest": digest, "of": agency}
        errand = Errand(caller, Act.SIGN_AGREEMENT, EntryKind.AGREEMENT_SIGNED, agency, detail, once=once)
        if agency is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        return await self.registrar(
            errand, lambda note: self.store.sign_agreement(note, version, agency, digest)
        )
