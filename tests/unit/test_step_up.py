"""Every kind of entry that an act of the table writes, and whether it asks for a recent authentication."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.acts import Act
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.step_up import NEVER_ASKS, needs_step_up
from gateway.domain.way import Way
from gateway.registering import Errand
from tests.support.registry import ADMIN, Acts, a_registrar

STALE = replace(ADMIN, way=Way.OIDC, is_stale=True)

ASKS = """
hold_lifted relabelled assigned team_assigned team_formed team_duty_given approval_asked instrument_recorded
approved capacity_recorded harm_determined harm_ended youth_consulted session_opened transfer_offered
transfer_answered transfer_signed transfer_completed disclosed code_printed consent_confirmed agency_admitted
agency_restored client_registered client_key_added worker_registered worker_changed workers_imported
agreement_published agreement_signed agency_leaving exported
"""
NEVER = """
listed looked_up ledger_read deposited person_changed emergency_reviewed fragment_held marked_in_error erased
unassigned team_unassigned team_ended team_duty_ended authority_ended instrument_ended declined capacity_ended
session_recused session_closed notice_delayed code_revoked passkey_removed agency_suspended agency_left
client_disabled client_key_retired worker_disabled key_rotated
"""
KINDS = [(EntryKind(one), True) for one in ASKS.split()] + [(EntryKind(one), False) for one in NEVER.split()]
NOT_BY_ERRAND = {"AUTHORITY_RECORDED", "CASE_CLOSED", "EMERGENCY_DECLARED", "REPORT_SUBMITTED"}
"""An entry's other name, and those that the policy judges."""


def test_every_kind_that_an_act_of_the_table_writes_was_thought_of() -> None:
    usecases = Path(__file__).parents[2] / "gateway" / "usecases"
    sources = [path.read_text(encoding="utf-8") for path in usecases.glob("*.py")]
    ours = [one for one in sources if re.search(r"\b(Errand|Task)\(", one)]
    written = {name for one in ours for name in re.findall(r"EntryKind\.([A-Z_]+)", one)} - NOT_BY_ERRAND
    assert {EntryKind[name] for name in written} == {kind for kind, _ in KINDS}
    assert {kind for kind, asks in KINDS if not asks} == NEVER_ASKS


@pytest.mark.parametrize(("kind", "asks"), KINDS)
async def test_what_opens_a_door_asks_who_is_there_and_what_ends_or_reads_never_does(
    kind: EntryKind,
    asks: bool,  # noqa: FBT001 - a column of the table
) -> None:
    acts = Acts()
    errand = Errand(STALE, Act.ADMINISTER_AGENCY, kind, AgencyId("t:school"), {})
    answer = await a_registrar(acts)(errand, acts.note_act)
    assert isinstance(answer, Refused if asks else Done)
    if isinstance(answer, Refused):
        assert answer.decision.reasons == ("STEP_UP_REQUIRED",)
    only_takes = await a_registrar(acts)(replace(errand, narrows=True), acts.note_act)
    assert isinstance(only_takes, Done)


@pytest.mark.parametrize("kind", EntryKind)
def test_nobody_who_has_just_proved_who_she_is_and_no_software_is_asked(kind: EntryKind) -> None:
    assert not needs_step_up(ADMIN, kind, narrows=False)
