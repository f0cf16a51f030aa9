"""Publish a version of the network's agreement."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.network_agreement import NewAgreement, check_agreement
from gateway.ports import OnboardingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class PublishAgreement:
    """By an administrator of the network; a version that is published never changes."""

    registrar: Registrar
    store: OnboardingStore

    async def __call__(
        self, caller: Caller, new: NewAgreement, *, once: Once | None = None
    ) -> Done | Refused:
        """Publish it; its entry commits to the text by its digest.

        Raises:
            MalformedError: It cannot be signed.
            ConflictError: The version has been published.
        """
        check_agreement(new)
        detail = {
            "agreement": new.version,
            "digest": new.digest,
            "effective": new.effective_at,
            "sign_by": new.sign_by,
            "required_from": new.required_from,
        }
        errand = Errand(
            caller,
            Act.ADMINISTER_NETWORK,
            EntryKind.AGREEMENT_PUBLISHED,
            caller.agency,
            detail,
            once=once,
        )
        return await self.registrar(errand, lambda note: self.store.publish_agreement(note, new))
