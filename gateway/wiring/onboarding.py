"""Becoming, being and ceasing to be a member: its use cases."""

from gateway.adapters.crypto.envelopes import JweEnvelopes
from gateway.adapters.identity.key_making import read_client_key
from gateway.http.onboarding_uses import OnboardingUses
from gateway.registering import Registrar
from gateway.showing import Show
from gateway.usecases.ask_leaving import AskLeaving
from gateway.usecases.assign_team import AssignTeam
from gateway.usecases.end_duty import EndDuty
from gateway.usecases.end_team import EndTeam
from gateway.usecases.export_fragment import ExportFragment
from gateway.usecases.form_team import FormTeam
from gateway.usecases.found_network import FoundNetwork
from gateway.usecases.give_duty import GiveDuty
from gateway.usecases.import_workers import ImportWorkers
from gateway.usecases.leave_network import LeaveNetwork
from gateway.usecases.list_agreements import ListAgreements
from gateway.usecases.list_exports import ListExports
from gateway.usecases.list_teams import ListTeams
from gateway.usecases.publish_agreement import PublishAgreement
from gateway.usecases.read_agreement import ReadAgreement
from gateway.usecases.read_team import ReadTeam
from gateway.usecases.sign_agreement import SignAgreement
from gateway.usecases.unassign_team import UnassignTeam
from gateway.wiring.parts import Parts


def build_founding(parts: Parts) -> FoundNetwork:
    """Join the operator's act that begins a network."""
    profiles = frozenset(parts.bundle.tables()["gateway"]["profiles"]["rules"])
    return FoundNetwork(parts.onboarding, parts.ids, profiles, read_client_key)


def build_onboarding(parts: Parts) -> OnboardingUses:
    """Join the use cases of onboarding."""
    store, registry, ledger, ids = parts.onboarding, parts.registry, parts.ledger, parts.ids
    registrar = Registrar(parts.acts, parts.policy, ids)
    show = Show(registry, registry, parts.policy, parts.clock)
    envelopes = JweEnvelopes()
    return OnboardingUses(
        import_workers=ImportWorkers(registrar, store, ledger),
        form_team=FormTeam(registrar, store, ids),
        end_team=EndTeam(registrar, store, ledger),
        give_duty=GiveDuty(registrar, store, ids),
        end_duty=EndDuty(registrar, store, ledger),
        assign_team=AssignTeam(registrar, registry, store, show, ids),
        unassign_team=UnassignTeam(registrar, store, show, ledger),
        list_teams=ListTeams(registrar, store),
        list_agreements=ListAgreements(store),
        publish_agreement=PublishAgreement(registrar, store),
        read_agreement=ReadAgreement(store),
        sign_agreement=SignAgreement(registrar, store),
        export_fragment=ExportFragment(
            registrar, registry, store, parts.store, parts.state.keyring, parts.content, envelopes, show
        ),
        ask_leaving=AskLeaving(registrar, store, envelopes, parts.clock, ids),
        leave_network=LeaveNetwork(registrar, store, ledger),
        list_exports=ListExports(registrar, store),
        read_team=ReadTeam(registrar, store),
    )
