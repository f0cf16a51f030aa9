"""Sign-ins: their use cases, and the providers of the trusted issuers file."""

from collections.abc import Sequence

from gateway.adapters.clock import RandomSecrets
from gateway.adapters.identity.client_proof import ClientProof
from gateway.adapters.identity.fetch import FormPoster, JwksFetcher
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.oidc import OidcProvider
from gateway.adapters.identity.provider_metadata import Metadata
from gateway.adapters.sql.sign_in_store import SqlSignIns
from gateway.asking import Refuse
from gateway.domain.errors import MalformedError
from gateway.http.cursors import Cursors
from gateway.http.signing_in import SignInUses
from gateway.observe import OperationalLog
from gateway.usecases.end_sign_ins import EndSignIns
from gateway.usecases.list_sign_ins import ListSignIns
from gateway.usecases.open_sign_in import OpenSignIn
from gateway.usecases.refuse_cross_site import RefuseCrossSite
from gateway.usecases.refuse_sign_in import RefuseSignIn
from gateway.wiring.parts import Parts


def build_sign_ins(parts: Parts) -> SignInUses:
    """Join the use cases about people in a browser."""
    store, derive = SqlSignIns(parts.store, parts.acts), parts.state.keyring.derive
    refuse = Refuse(parts.acts, parts.ids)
    return SignInUses(
        store=store,
        open=OpenSignIn(store, parts.acts, RandomSecrets(), parts.ids),
        end=EndSignIns(store, parts.ledger, refuse, parts.policy, parts.ids),
        list=ListSignIns(store, parts.clock),
        refuse=RefuseSignIn(parts.acts, parts.ids),
        refuse_cross_site=RefuseCrossSite(refuse, parts.policy),
        flows=Cursors(derive("sign-in/1") + derive("sign-in/2")),
    )


def make_providers(keyrings: Sequence[Keyring], log: OperationalLog) -> tuple[OidcProvider, ...]:
    """Make one for each trusted issuer where people sign in, in the order of the file.

    Raises:
        MalformedError: A secret that the file names is unreadable.
    """
    try:
        return tuple(provider_of(one, log) for one in keyrings if one.issuer.sign_in is not None)
    except ValueError as error:
        raise MalformedError(f"the trusted issuers file is unreadable: {error}") from None


def provider_of(keyring: Keyring, log: OperationalLog) -> OidcProvider:
    """Make what people sign in with at this issuer, whose entry says how.

    Raises:
        ValueError: A secret that the entry names is unreadable.
    """
    issuer = keyring.issuer
    assert issuer.sign_in is not None
    return OidcProvider(
        keyring,
        issuer.sign_in,
        ClientProof(issuer.sign_in, issuer.name),
        Metadata(issuer.name, issuer.sign_in, JwksFetcher(), log),
        FormPoster(),
    )
