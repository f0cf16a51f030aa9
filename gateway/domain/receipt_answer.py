"""The receipt of a family's answer: of a recommendation that was refused, of a transfer agreed to or refused.

It is signed, kept and checked like the receipt of a consent, and is none: `pii_processing` is null, since an
answer permits no reading. Field names are those of ISO/IEC TS 27560:2023, with `answered` beside them.
"""

from dataclasses import dataclass
from typing import Any, Final

from gateway.domain.facts import FragmentRef
from gateway.domain.findings import Finding
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.meetings import TransferState
from gateway.domain.receipt import HEADER, ReceiptAct, with_digests
from gateway.domain.receipt_parts import Sayer

_OF_STATE: Final = {
    TransferState.AGREED: ReceiptAct.TRANSFER_AGREED,
    TransferState.REFUSED_BY_FAMILY: ReceiptAct.TRANSFER_REFUSED,
}


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """What was answered: `version` is the fragment's, or the revision that the answer gave the transfer.

    `agency` is who holds the recommendation, or who is to receive; `code` the fragment's category, or the
    transfer's purpose.
    """

    act: ReceiptAct
    about: str
    version: int
    person: PersonId
    agency: AgencyId
    code: str

    @classmethod
    def to_recommendation(cls, ref: FragmentRef) -> "AnswerGiven":
        """The refusal of a recommendation."""
        act = ReceiptAct.RECOMMENDATION_REFUSED
        return cls(act, ref.id, ref.version, ref.person, ref.owner, ref.category)

    @classmethod
    def to_transfer(cls, transfer: Finding) -> "AnswerGiven":
        """The answer to a transfer, which its state is already."""
        told = transfer.document
        act = _OF_STATE[TransferState(told["state"])]
        agency = AgencyId(told["to_agency"])
        return cls(act, transfer.id, transfer.revision, transfer.person, agency, told["purpose"])


@dataclass(frozen=True, slots=True)
class AnswerTold:
    """What one such receipt is made from; `entity` is the family member who answered."""

    id: str
    answer: AnswerGiven
    entity: PersonId
    decision_id: str
    entered: bool
    at: Instant
    say: Sayer

    def to_record(self) -> dict[str, Any]:
        """Render the record, with the digest of each text inside."""
        answer, say = self.answer, self.say
        agency = say.party(answer.agency)
        of_fragment = answer.act is ReceiptAct.RECOMMENDATION_REFUSED
        said = say.category(answer.code) if of_fragment else say.purposes([answer.code])[0]
        role = "pii_controller" if of_fragment else "recipient"
        told = {**agency.to_document(), "party_role": [role], "party_type": "agency"}
        agrees = answer.act is ReceiptAct.TRANSFER_AGREED
        return with_digests(
            {
                "schema_version": HEADER,
                "receipt_id": self.id,
                "record_id": f"{answer.about}:{answer.version}",
                "pii_principal_id": answer.person,
                "pii_processing": None,
                "party_identification": [] if agency.id is None else [told],
                "event": {
                    "event_time": say.moment(self.at),
                    "event_type": "agreement" if agrees else "refusal",
                    "event_state": str(answer.act),
                    "entity_id": self.entity,
                },
                "act": str(answer.act),
                "answered": {
                    "kind": "fragment" if of_fragment else "transfer",
                    "id": answer.about,
                    "version": answer.version,
                    "agency": agency.to_document(),
                    **said,
                },
                "ledger_entry": {"id": self.decision_id, "state": "recorded" if self.entered else "awaited"},
                "recorded_at": to_text(self.at),
                "not_stated": ["pii_processing", "party_address", "party_contact"],
            }
        )
