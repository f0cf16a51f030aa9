"""What the routes of onboarding call, handed over by wiring."""

from dataclasses import dataclass

from gateway.usecases.ask_leaving import AskLeaving
from gateway.usecases.assign_team import AssignTeam
from gateway.usecases.end_duty import EndDuty
from gateway.usecases.end_team import EndTeam
from gateway.usecases.export_fragment import ExportFragment
from gateway.usecases.form_team import FormTeam
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingUses:
    """Workers by list, teams, the network agreement, leaving."""

    import_workers: ImportWorkers
    form_team: FormTeam
    end_team: EndTeam
    give_duty: GiveDuty
    end_duty: EndDuty
    assign_team: AssignTeam
    unassign_team: UnassignTeam
    list_teams: ListTeams
    read_team: ReadTeam
    list_agreements: ListAgreements
    publish_agreement: PublishAgreement
    read_agreement: ReadAgreement
    sign_agreement: SignAgreement
    export_fragment: ExportFragment
    ask_leaving: AskLeaving
    leave_network: LeaveNetwork
    list_exports: ListExports
