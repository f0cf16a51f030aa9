"""Everything the HTTP edge calls, handed over by wiring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.domain.access import Recorded, Refused
from gateway.domain.caller import Caller
from gateway.domain.ids import DossierId, FragmentId
from gateway.domain.instants import Instant
from gateway.domain.registry import Page
from gateway.http.auth import Proofs, Tokens
from gateway.http.cursors import Cursors
from gateway.http.onboarding_uses import OnboardingUses
from gateway.http.signing_in import EnrollingUses, Provider, SignInUses
from gateway.http.vocabularies import Vocabulary
from gateway.observe import OperationalLog
from gateway.ports import CallerStore, Clock, Ids, Readiness
from gateway.releasing import Asked, Released
from gateway.usecases.add_agency import AddAgency
from gateway.usecases.add_client import AddClient
from gateway.usecases.add_client_key import AddClientKey
from gateway.usecases.admit_request import AdmitRequest
from gateway.usecases.agree_to_access import AgreeToAccess
from gateway.usecases.answer_approval import AnswerApproval
from gateway.usecases.answer_transfer import AnswerTransfer
from gateway.usecases.assign_worker import AssignWorker
from gateway.usecases.change_worker import ChangeWorker
from gateway.usecases.close_review import CloseReview
from gateway.usecases.close_session import CloseSession
from gateway.usecases.complete_transfer import CompleteTransfer
from gateway.usecases.consult_deidentified import ConsultDeidentified
from gateway.usecases.consult_youth import ConsultYouth
from gateway.usecases.decide_dry_run import DecideDryRun
from gateway.usecases.declare_emergency import DeclareEmergency
from gateway.usecases.delay_notice import DelayNotice
from gateway.usecases.deposit_fragment import DepositFragment
from gateway.usecases.determine_harm import DetermineHarm
from gateway.usecases.disable_client import DisableClient
from gateway.usecases.end_assignment import EndAssignment
from gateway.usecases.end_authority import EndAuthority
from gateway.usecases.end_finding import EndFinding
from gateway.usecases.end_instrument import EndInstrument
from gateway.usecases.erase_fragment import EraseFragment
from gateway.usecases.give_consent import GiveConsent
from gateway.usecases.issue_token import IssueToken
from gateway.usecases.list_agencies import ListAgencies
from gateway.usecases.list_approvals import ListApprovals
from gateway.usecases.list_assignments import ListAssignments
from gateway.usecases.list_authorities import ListAuthorities
from gateway.usecases.list_client_keys import ListClientKeys
from gateway.usecases.list_consents import ListConsents
from gateway.usecases.list_dossier import ListDossier
from gateway.usecases.list_emergencies import ListEmergencies
from gateway.usecases.list_findings import ListFindings
from gateway.usecases.list_held_notices import ListHeldNotices
from gateway.usecases.list_instruments import ListInstruments
from gateway.usecases.list_notices import ListNotices
from gateway.usecases.list_reviews import ListReviews
from gateway.usecases.list_workers import ListWorkers
from gateway.usecases.match_person import MatchPerson
from gateway.usecases.offer_transfer import OfferTransfer
from gateway.usecases.open_dossier import OpenDossier
from gateway.usecases.open_session import OpenSession
from gateway.usecases.read_checkpoint import ReadCheckpoint
from gateway.usecases.read_consent import ReadConsent
from gateway.usecases.read_ledger import ReadLedger
from gateway.usecases.read_notice import ReadNotice
from gateway.usecases.read_proof import ReadProof
from gateway.usecases.read_receipt import ReadReceipt
from gateway.usecases.read_session import ReadSession
from gateway.usecases.read_transfer import ReadTransfer
from gateway.usecases.record_authority import RecordAuthority
from gateway.usecases.record_capacity import RecordCapacity
from gateway.usecases.record_instrument import RecordInstrument
from gateway.usecases.recuse_member import RecuseMember
from gateway.usecases.refuse_recommendation import RefuseRecommendation
from gateway.usecases.register_worker import RegisterWorker
from gateway.usecases.relabel_fragment import RelabelFragment
from gateway.usecases.release_fragment import ReleaseFragment
from gateway.usecases.release_notice import ReleaseNotice
from gateway.usecases.retire_client_key import RetireClientKey
from gateway.usecases.rotate_issuer_key import RotateIssuerKey
from gateway.usecases.set_agency_status import SetAgencyStatus
from gateway.usecases.set_fragment_status import SetFragmentStatus
from gateway.usecases.stop_sharing import StopSharing
from gateway.usecases.submit_report import SubmitReport
from gateway.usecases.take_transfer import TakeTransfer
from gateway.usecases.undo_stop import UndoStop
from gateway.usecases.who_am_i import WhoAmI
from gateway.usecases.withdraw_agreement import WithdrawAgreement
from gateway.usecases.withdraw_consent import WithdrawConsent


class PublicKeys(Protocol):
    async def list_keys(self) -> Sequence[Mapping[str, str]]:
        """Each public key as `{id, purpose, algorithm, key}`, with the members of a JWK beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    tokens: Tokens
    proofs: Proofs
    clock: Clock
    ids: Ids
    readiness: Readiness
    public_keys: PublicKeys
    log: OperationalLog
    providers: Sequence[Provider] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """What the edge must know of the deployment; `public_base` and never the request's own host."""

    public_base: str
    version: str
    proxy_socket: str | None = None
    """Where a TLS proxy's word about its client's certificate counts."""
    is_loopback: bool = False
    """Whether the public base is this machine's own: only there may a cookie travel without TLS."""
    body_limit_bytes: int = 1024 * 1024
    deposit_limit_bytes: int = 64 * 1024 * 1024


class WatchRelease(Protocol):
    """Looks after an answer that takes long to send."""

    async def stands(self, asked: Asked, released: Released) -> bool:
        """Whether everything the release rests on still stands: its epochs, and `valid_until`."""

    async def cut(
        self, asked: Asked, released: Released, *, sent_bytes: int, total_bytes: int
    ) -> Recorded | None:
        """Record (`release_cut`) that the answer was stopped, and how much of it had left."""


class ReadFragment(Protocol):
    async def __call__(
        self, caller: Caller, fragment: FragmentId, purpose: str
    ) -> Mapping[str, Any] | Refused:
        """What a caller may know of a fragment without its content, recorded as an inquiry.

        `{id, dossier, owner, category, sensitivity, status, created_at, version, etag, decision, entry}`;
        hidden where the decision does not disclose it, and for an unknown id.
        """


class ReadDossier(Protocol):
    async def __call__(self, caller: Caller, dossier: DossierId) -> Mapping[str, Any] | Refused:
        """`{id, person, created_at}`, `person` as the caller's handle; hidden where it is not hers."""


class ListDossiers(Protocol):
    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """The dossiers that a caller works with or stands behind, in rows as `ReadDossier` gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingUses:
    """Notices and cases."""

    list_notices: ListNotices
    read_notice: ReadNotice
    list_held_notices: ListHeldNotices
    release_notice: ReleaseNotice
    delay_notice: DelayNotice
    list_reviews: ListReviews
    close_review: CloseReview


class PublishedKeys(Protocol):
    async def published(self, now: Instant) -> Sequence[Mapping[str, str]]:
        """The keys that tokens of the endpoint are verified with, as the members of a JWK set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUses:
    """The token endpoint; `issuer` is its name and the base of its addresses."""

    issuer: str
    issue: IssueToken
    rotate: RotateIssuerKey
    keys: PublishedKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKeyUses:
    """Keys with which clients prove themselves."""

    add: AddClientKey
    list: ListClientKeys
    retire: RetireClientKey


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """One attribute for each verb that a route calls."""

    callers: CallerStore
    admit_request: AdmitRequest
    vocabulary: Vocabulary
    cursors: Cursors

    release: ReleaseFragment
    watch_release: WatchRelease
    decide_dry_run: DecideDryRun
    deposit: DepositFragment
    read_fragment: ReadFragment
    relabel: RelabelFragment
    erase: EraseFragment
    set_fragment_status: SetFragmentStatus

    open_dossier: OpenDossier
    read_dossier: ReadDossier
    list_dossiers: ListDossiers
    list_dossier: ListDossier

    declare_emergency: DeclareEmergency
    list_emergencies: ListEmergencies
    submit_report: SubmitReport
    consult: ConsultDeidentified
    refuse_recommendation: RefuseRecommendation

    give_consent: GiveConsent
    list_consents: ListConsents
    read_consent: ReadConsent
    read_receipt: ReadReceipt
    withdraw_consent: WithdrawConsent
    stop_sharing: StopSharing
    undo_stop: UndoStop

    who_am_i: WhoAmI
    list_agencies: ListAgencies
    add_agency: AddAgency
    set_agency_status: SetAgencyStatus
    add_client: AddClient
    disable_client: DisableClient
    list_workers: ListWorkers
    register_worker: RegisterWorker
    change_worker: ChangeWorker
    list_assignments: ListAssignments
    assign_worker: AssignWorker
    end_assignment: EndAssignment
    match_person: MatchPerson
    list_authorities: ListAuthorities
    record_authority: RecordAuthority
    end_authority: EndAuthority

    list_instruments: ListInstruments
    record_instrument: RecordInstrument
    end_instrument: EndInstrument
    list_approvals: ListApprovals
    answer_approval: AnswerApproval
    record_capacity: RecordCapacity
    determine_harm: DetermineHarm
    end_finding: EndFinding
    list_findings: ListFindings
    consult_youth: ConsultYouth
    agree_to_access: AgreeToAccess
    withdraw_agreement: WithdrawAgreement
    open_session: OpenSession
    read_session: ReadSession
    recuse_member: RecuseMember
    close_session: CloseSession
    offer_transfer: OfferTransfer
    read_transfer: ReadTransfer
    answer_transfer: AnswerTransfer
    take_transfer: TakeTransfer
    complete_transfer: CompleteTransfer

    read_ledger: ReadLedger
    read_checkpoint: ReadCheckpoint
    read_proof: ReadProof

    telling: TellingUses
    keys_of_clients: ClientKeyUses
    tokens: TokenUses | None
    sign_ins: SignInUses
    enrolling: EnrollingUses
    onboarding: OnboardingUses
