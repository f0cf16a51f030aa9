"""The ways in of a family, joined to their ports."""

from gateway.adapters.identity.codes import RandomCodes
from gateway.adapters.identity.passkeys import WebAuthn
from gateway.adapters.sql.enrolment_store import SqlEnrolments
from gateway.asking import Refuse
from gateway.http.addresses import Addresses
from gateway.http.signing_in import EnrollingUses
from gateway.registering import Registrar
from gateway.usecases.add_passkey import AddPasskey
from gateway.usecases.confirm_consent import ConfirmConsent
from gateway.usecases.list_enrolments import ListEnrolments
from gateway.usecases.print_code import PrintCode
from gateway.usecases.revoke_enrolment import RevokeEnrolment
from gateway.usecases.revoke_named_code import RevokeNamedCode
from gateway.usecases.sign_in_with_code import SignInWithCode
from gateway.usecases.sign_in_with_passkey import SignInWithPasskey
from gateway.wiring.parts import Parts


def build_enrolling(parts: Parts) -> EnrollingUses:
    """Join the use cases about codes on paper and passkeys."""
    acts, registry, policy = parts.acts, parts.registry, parts.policy
    clock, ids, settings = parts.clock, parts.ids, parts.settings
    kept = SqlEnrolments(parts.store, acts)
    authenticators = WebAuthn(settings.public_base)
    refuse, registrar = Refuse(acts, ids), Registrar(acts, policy, ids)
    keys = parts.store.keys
    return EnrollingUses(
        addresses=Addresses(None if settings.proxy_socket is None else str(settings.proxy_socket)),
        print_code=PrintCode(registrar, registry, kept, RandomCodes(), ids),
        list_enrolments=ListEnrolments(registrar, registry, registry, kept, clock),
        revoke_enrolment=RevokeEnrolment(registrar, registry, kept, parts.ledger, clock),
        revoke_named_code=RevokeNamedCode(kept, clock, ids),
        sign_in_with_code=SignInWithCode(kept, acts, clock, ids),
        add_passkey=AddPasskey(kept, authenticators, keys, refuse, policy, clock, ids),
        sign_in_with_passkey=SignInWithPasskey(kept, authenticators, acts, clock, ids),
        confirm_consent=ConfirmConsent(registrar, registry, kept, clock),
    )
