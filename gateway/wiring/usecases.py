"""Every use case, joined to its ports."""

from gateway.adapters.identity.key_making import read_client_key
from gateway.asking import Ask, Refuse
from gateway.auditing import AuditScope, FamilyLog
from gateway.continuing import Continuing
from gateway.declaring import Nobody
from gateway.determining import Determine
from gateway.domain.grounds import Unasked
from gateway.domain.memo import DecisionMemo
from gateway.http.cursors import Cursors
from gateway.http.services import UseCases
from gateway.http.vocabularies import Vocabulary
from gateway.judging import Judge
from gateway.knowing import Knowing
from gateway.masking import Mask
from gateway.naming import Naming
from gateway.recalling import Recall
from gateway.registering import Registrar
from gateway.showing import Show
from gateway.usecases.add_agency import AddAgency
from gateway.usecases.add_client import AddClient
from gateway.usecases.admit_request import AdmitRequest
from gateway.usecases.agree_to_access import AgreeToAccess
from gateway.usecases.answer_approval import AnswerApproval
from gateway.usecases.answer_transfer import AnswerTransfer
from gateway.usecases.assign_worker import AssignWorker
from gateway.usecases.change_worker import ChangeWorker
from gateway.usecases.close_session import CloseSession
from gateway.usecases.complete_transfer import CompleteTransfer
from gateway.usecases.consult_deidentified import ConsultDeidentified
from gateway.usecases.consult_youth import ConsultYouth
from gateway.usecases.decide_dry_run import DecideDryRun
from gateway.usecases.declare_emergency import DeclareEmergency
from gateway.usecases.deposit_fragment import DepositFragment
from gateway.usecases.determine_harm import DetermineHarm
from gateway.usecases.disable_client import DisableClient
from gateway.usecases.end_assignment import EndAssignment
from gateway.usecases.end_authority import EndAuthority
from gateway.usecases.end_finding import EndFinding
from gateway.usecases.end_instrument import EndInstrument
from gateway.usecases.erase_fragment import EraseFragment
from gateway.usecases.give_consent import GiveConsent
from gateway.usecases.list_agencies import ListAgencies
from gateway.usecases.list_approvals import ListApprovals
from gateway.usecases.list_assignments import ListAssignments
from gateway.usecases.list_authorities import ListAuthorities
from gateway.usecases.list_consents import ListConsents
from gateway.usecases.list_dossier import ListDossier
from gateway.usecases.list_dossiers import ListDossiers
from gateway.usecases.list_emergencies import ListEmergencies
from gateway.usecases.list_findings import ListFindings
from gateway.usecases.list_instruments import ListInstruments
from gateway.usecases.list_workers import ListWorkers
from gateway.usecases.load_seed import LoadSeed
from gateway.usecases.match_person import MatchPerson
from gateway.usecases.offer_transfer import OfferTransfer
from gateway.usecases.open_dossier import OpenDossier
from gateway.usecases.open_session import OpenSession
from gateway.usecases.read_checkpoint import ReadCheckpoint
from gateway.usecases.read_consent import ReadConsent
from gateway.usecases.read_dossier import ReadDossier
from gateway.usecases.read_fragment import ReadFragment
from gateway.usecases.read_ledger import ReadLedger
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
from gateway.usecases.set_agency_status import SetAgencyStatus
from gateway.usecases.set_fragment_status import SetFragmentStatus
from gateway.usecases.stop_sharing import StopSharing
from gateway.usecases.submit_report import SubmitReport
from gateway.usecases.take_transfer import TakeTransfer
from gateway.usecases.undo_stop import UndoStop
from gateway.usecases.watch_release import WatchRelease
from gateway.usecases.who_am_i import WhoAmI
from gateway.usecases.withdraw_agreement import WithdrawAgreement
from gateway.usecases.withdraw_consent import WithdrawConsent
from gateway.wiring.enrolling import build_enrolling
from gateway.wiring.issuing import build_client_keys, build_tokens
from gateway.wiring.onboarding import build_onboarding
from gateway.wiring.parts import Parts
from gateway.wiring.signing_in import build_sign_ins
from gateway.wiring.telling import build_telling

MEMO_KEPT = 8192


def build_use_cases(parts: Parts) -> UseCases:
    """Join the use cases of one process; the decision memo is theirs alone.

    The steps that they share, then one flat table, as `UseCases` is: parted by family, the type checker would
    no longer see that none is missing.
    """
    registry, acts, ledger, policy = parts.registry, parts.acts, parts.ledger, parts.policy
    clock, ids, seals, content = parts.clock, parts.ids, parts.state.keyring, parts.content
    words = vocabulary_of(parts)
    categories, profiles = categories_of(parts), profiles_of(parts)
    purposes = frozenset(term.code for term in words.purposes)
    memo = DecisionMemo(MEMO_KEPT) if parts.settings.decision_memo else None
    judge = Judge(parts.store, policy, clock, memo)
    knowing = Knowing(registry, registry, judge, policy, clock, categories, min(profiles))
    naming = Naming(registry, knowing, purposes, categories)
    refuse, registrar = Refuse(acts, ids), Registrar(acts, policy, ids)
    ask = Ask(registry, policy, clock, categories)
    family = FamilyLog(registry, ask, Recall(registry, registry, policy, clock, naming_of(parts)), clock)
    scope = AuditScope(registry, policy, clock, categories)
    rest = (policy, clock, ids)
    mask = Mask(registry, ask, clock)
    show = Show(registry, registry, policy, clock)
    determine = Determine(registrar, registry, ledger, show, clock, knowing)
    tables = parts.bundle.tables()["gateway"]
    hours: int = tables["emergency"]["hours"]
    unasked = Unasked.of_tables(tables)
    nobody = Nobody(parts.store, *rest)
    dry_run = DecideDryRun(parts.store, judge, ids)
    return UseCases(
        callers=parts.store,
        admit_request=AdmitRequest(parts.rates, refuse, policy, clock),
        vocabulary=words,
        cursors=Cursors(parts.state.keyring.derive("cursor/1") + parts.state.keyring.derive("cursor/2")),
        release=ReleaseFragment(parts.store, judge, seals, content, ids),
        watch_release=WatchRelease(parts.store, acts, ids),
        decide_dry_run=dry_run,
        deposit=DepositFragment(
            registry,
            acts,
            registrar,
            refuse,
            show,
            seals,
            content,
            parts.uploads,
            policy,
            clock,
            ids,
            categories,
        ),
        read_fragment=ReadFragment(dry_run, registry),
        relabel=RelabelFragment(registry, acts, registrar, show, categories),
        erase=EraseFragment(registry, acts, ledger, registrar, show, content),
        set_fragment_status=SetFragmentStatus(registry, acts, ledger, registrar, show),
        open_dossier=OpenDossier(registrar, registry, show, ids),
        read_dossier=ReadDossier(registry, acts, refuse, policy, ids, knowing),
        list_dossiers=ListDossiers(registry, acts, refuse, *rest, knowing),
        list_dossier=ListDossier(judge, registry, acts, refuse, *rest, knowing),
        declare_emergency=DeclareEmergency(
            nobody, show, registry, registry, acts, registrar, refuse, *rest, categories, hours
        ),
        submit_report=SubmitReport(nobody, show, registry, acts, registrar, refuse, *rest),
        consult=ConsultDeidentified(nobody, registry, acts, refuse, policy, ids),
        refuse_recommendation=RefuseRecommendation(parts.store, ledger, acts, refuse, *rest),
        list_emergencies=ListEmergencies(registrar, ledger, registry, hours),
        give_consent=GiveConsent(registry, acts, ask, refuse, *rest, naming, knowing),
        list_consents=ListConsents(registry, acts, ask, mask, refuse, *rest),
        read_consent=ReadConsent(registry, acts, ask, mask, refuse, *rest),
        read_receipt=ReadReceipt(registry, acts, ask, refuse, *rest),
        withdraw_consent=WithdrawConsent(registry, acts, ledger, ask, refuse, *rest),
        stop_sharing=StopSharing(
            registry,
            acts,
            ledger,
            ask,
            Continuing(registry, policy, clock, mask, hours, unasked),
            refuse,
            *rest,
            knowing,
            mask,
            categories,
        ),
        undo_stop=UndoStop(registry, acts, ask, refuse, *rest),
        who_am_i=WhoAmI(registry),
        list_agencies=ListAgencies(registry),
        add_agency=AddAgency(registrar, profiles),
        set_agency_status=SetAgencyStatus(registrar, ledger),
        add_client=AddClient(registrar),
        disable_client=DisableClient(registrar, registry, ledger),
        list_workers=ListWorkers(registrar, registry),
        register_worker=RegisterWorker(registrar),
        change_worker=ChangeWorker(registrar, registry, ledger),
        list_assignments=ListAssignments(registrar, registry),
        assign_worker=AssignWorker(registrar, registry, show, ids),
        end_assignment=EndAssignment(registrar, registry, show, ledger),
        match_person=MatchPerson(registrar, registry, show, clock, ids),
        list_authorities=ListAuthorities(registrar, registry, knowing, mask),
        record_authority=RecordAuthority(registrar, registry, ids, categories),
        end_authority=EndAuthority(registrar, registry, show, ledger),
        list_instruments=ListInstruments(registrar, registry),
        record_instrument=RecordInstrument(registrar, registry, ledger, ids, naming),
        end_instrument=EndInstrument(registrar, registry, ledger, ids),
        list_approvals=ListApprovals(registrar, registry),
        answer_approval=AnswerApproval(registrar, registry, show),
        record_capacity=RecordCapacity(determine, ids, categories),
        determine_harm=DetermineHarm(determine, registry, ids, categories),
        end_finding=EndFinding(determine),
        list_findings=ListFindings(determine),
        consult_youth=ConsultYouth(determine, registry, ids),
        agree_to_access=AgreeToAccess(registry, acts, refuse, *rest),
        withdraw_agreement=WithdrawAgreement(registry, acts, ledger, refuse, *rest),
        open_session=OpenSession(determine, ids),
        read_session=ReadSession(determine, registry, mask),
        recuse_member=RecuseMember(determine),
        close_session=CloseSession(determine),
        offer_transfer=OfferTransfer(determine, ids, unasked.moves),
        read_transfer=ReadTransfer(determine, registry, mask),
        answer_transfer=AnswerTransfer(registry, registry, acts, ledger, ask, refuse, *rest),
        take_transfer=TakeTransfer(determine),
        complete_transfer=CompleteTransfer(determine),
        read_ledger=ReadLedger(registry, ledger, acts, family, scope, refuse, *rest),
        read_checkpoint=ReadCheckpoint(ledger),
        read_proof=ReadProof(family, ledger, acts, scope, refuse, policy, ids),
        telling=build_telling(parts, family),
        keys_of_clients=build_client_keys(parts),
        tokens=build_tokens(parts),
        sign_ins=build_sign_ins(parts),
        enrolling=build_enrolling(parts),
        onboarding=build_onboarding(parts),
    )


def build_seed(parts: Parts) -> LoadSeed:
    """The operator's act that fills an empty ledger."""
    keyring = parts.state.keyring
    return LoadSeed(
        parts.acts,
        parts.registry,
        keyring,
        parts.content,
        parts.ids,
        parts.issuing,
        read_client_key,
        profiles_of(parts),
        categories_of(parts),
    )


def vocabulary_of(parts: Parts) -> Vocabulary:
    return Vocabulary.of_bundle(parts.bundle.tables()["gateway"])


def categories_of(parts: Parts) -> frozenset[str]:
    return frozenset(term.code for term in vocabulary_of(parts).fragment_kinds)


def naming_of(parts: Parts) -> frozenset[str]:
    """The profiles under which a family learns the name of the worker who acted."""
    rules = parts.bundle.tables()["gateway"]["profiles"]["rules"]
    return frozenset(name for name, rule in rules.items() if rule["name_worker_to_family"])


def profiles_of(parts: Parts) -> frozenset[str]:
    return frozenset(parts.bundle.tables()["gateway"]["profiles"]["rules"])
