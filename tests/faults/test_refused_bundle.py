"""A policy bundle that is refused at the start: nothing is released, and families still withdraw and stop."""

from pathlib import Path

import pytest

from gateway.adapters.policy.bundle import find_bundle_folder
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.ids import ConsentId, FragmentId
from gateway.domain.vocabulary import Role
from gateway.releasing import Asked
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.withdraw_consent import Withdrawal
from gateway.wiring import policy as wiring_policy
from tests.support.bundles import copy_changed
from tests.support.stack import open_stack

BROKEN = {
    "a policy that is not one": ("gateway/main/main.rego", "package gateway.main", "package gateway.main {"),
    "a policy that answers otherwise": ("gateway/emergency/data.yaml", "hours: 4", "hours: 1"),
    "a table with an age in quotes": (
        "gateway/profiles/data.yaml",
        "guardian_bar_from: 16",
        'guardian_bar_from: "16"',
    ),
}


@pytest.fixture(params=BROKEN)
def broken_bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return copy_changed(tmp_path / "policies", *BROKEN[request.param])


async def test_withdrawing_and_stopping_wait_for_no_bundle(
    sqlite_url: str, tmp_path: Path, broken_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_stack(sqlite_url, tmp_path / "state"):
        pass
    shipped = find_bundle_folder()
    found = iter((broken_bundle, shipped))
    monkeypatch.setattr(wiring_policy, "find_bundle_folder", lambda: next(found))
    async with open_stack(sqlite_url, tmp_path / "state", fresh=False) as stack:
        assert not stack.parts.started
        bob = await stack.caller("bob", "client:clinic")
        answer = await stack.uses.release(Asked(bob, FragmentId("frg_letter"), "coordination"))
        assert isinstance(answer, Refused)
        assert (answer.unavailable, answer.decision.reasons) == (True, ("POLICY_UNAVAILABLE",))
        mother = await stack.caller("conte", "client:family", Role.GUARDIAN)
        ended = await stack.uses.withdraw_consent(Withdrawal(mother, ConsentId("cns_1"), "family_access"))
        assert isinstance(ended, Done)
        stopped = await stack.uses.stop_sharing(Stop(mother, "p:child", StopReach(ReachKind.ALL)))
        assert isinstance(stopped, Stopped)
        assert stopped.continues is None
