"""What the edge calls for people in a browser, and for their ways in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.instants import Instant
from gateway.domain.sign_in import Begun, Vouched
from gateway.http.addresses import Addresses
from gateway.http.cursors import Cursors
from gateway.ports import SignInStore
from gateway.usecases.add_passkey import AddPasskey
from gateway.usecases.confirm_consent import ConfirmConsent
from gateway.usecases.end_sign_ins import EndSignIns
from gateway.usecases.list_enrolments import ListEnrolments
from gateway.usecases.list_sign_ins import ListSignIns
from gateway.usecases.open_sign_in import OpenSignIn
from gateway.usecases.print_code import PrintCode
from gateway.usecases.refuse_cross_site import RefuseCrossSite
from gateway.usecases.refuse_sign_in import RefuseSignIn
from gateway.usecases.revoke_enrolment import RevokeEnrolment
from gateway.usecases.revoke_named_code import RevokeNamedCode
from gateway.usecases.sign_in_with_code import SignInWithCode
from gateway.usecases.sign_in_with_passkey import SignInWithPasskey


class Provider(Protocol):
    """A trusted issuer where people sign in with a browser; `label` is what its link says, by language."""

    @property
    def issuer(self) -> str: ...

    @property
    def label(self) -> Mapping[str, str]: ...

    async def begin(self, redirect_uri: str, now: Instant, *, again: bool) -> Begun:
        """Where to send the browser; UnavailableError where the provider does not say."""

    async def finish(
        self, begun: Begun, answer: Mapping[str, str], redirect_uri: str, now: Instant, *, again: bool
    ) -> Vouched:
        """Who came back; UnauthenticatedError for any answer but an acceptable one to this request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInUses:
    """People in a browser. `flows` seals what a browser keeps while it is on its way to a sign-in."""

    store: SignInStore
    open: OpenSignIn
    end: EndSignIns
    list: ListSignIns
    refuse: RefuseSignIn
    refuse_cross_site: RefuseCrossSite
    flows: Cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollingUses:
    """A family's ways in, and what is said once more by another."""

    addresses: Addresses
    print_code: PrintCode
    list_enrolments: ListEnrolments
    revoke_enrolment: RevokeEnrolment
    revoke_named_code: RevokeNamedCode
    sign_in_with_code: SignInWithCode
    add_passkey: AddPasskey
    sign_in_with_passkey: SignInWithPasskey
    confirm_consent: ConfirmConsent
