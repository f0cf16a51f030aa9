"""List one's own sign-ins: where somebody is signed in as her."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.caller import Caller
from gateway.domain.sign_in import SignIn
from gateway.ports import Clock, SignInStore


@dataclass(frozen=True, slots=True)
class ListSignIns:
    sign_ins: SignInStore
    clock: Clock

    async def __call__(self, caller: Caller) -> Sequence[SignIn]:
        """Those that are not over, newest first."""
        return await self.sign_ins.list_live(caller.account, self.clock.now())
