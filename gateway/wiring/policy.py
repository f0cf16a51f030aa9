"""The bundle, and the engine that the settings name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from gateway.adapters.crypto.durable import read_private
from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_bundle, load_checked_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.silent import SilentPolicy
from gateway.domain.errors import PolicyUnavailableError
from gateway.observe import Event, OperationalLog
from gateway.ports import Policy
from gateway.settings import Settings, SettingsError

if TYPE_CHECKING:
    from gateway.adapters.policy.opa import OpaPolicy


class AnyPolicy(Policy, Protocol):
    """An engine of this process: asked whether it would answer, and closed with the process."""

    async def health(self) -> None:
        """Raises as the port's questions do, if one would not be answered at this moment."""

    async def close(self) -> None: ...


def load_policy(settings: Settings, log: OperationalLog) -> tuple[Bundle, AnyPolicy]:
    """The bundle, and the engine that is to answer; a refused bundle leaves a service without policy.

    Then nothing is released and the service is not ready, but families withdraw and stop: those wait for no
    policy. Vocabularies come from the bundle that ships with the gateway. An OPA server proves itself when it
    is first asked, so that it may come up after this process.
    """
    try:
        bundle = load_checked_bundle(settings.policies or find_bundle_folder())
        embedded = EmbeddedPolicy.load(bundle)
    except PolicyUnavailableError as error:
        log.line(Event.POLICY_REFUSED_BUNDLE, place=error.field, failure=error)
        return load_bundle(find_bundle_folder()), SilentPolicy()
    if settings.policy_engine == "embedded":
        return bundle, embedded
    return bundle, open_opa(
        settings, bundle, embedded, lambda: log.line(Event.POLICY_ENGINES_DIFFER, policy=bundle.digest)
    )


def open_opa(
    settings: Settings, bundle: Bundle, embedded: EmbeddedPolicy, on_difference: Callable[[], None]
) -> "OpaPolicy":
    """The server that the settings name, with the interpreter beside it; nothing is asked yet.

    Raises:
        SettingsError: The client is not installed.
        KeysUnavailableError: The token's file is missing or open to others.
    """
    try:
        # An optional dependency, half a second to import: only where the settings ask for it.
        from gateway.adapters.policy.opa import OpaPolicy  # noqa: PLC0415
        from gateway.adapters.policy.opa_server import OpaServer  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SettingsError("the client of an OPA server is not installed; see deploy/opa.md") from None
    path = settings.opa_token_file
    token = None if path is None else read_private(path).decode("ascii", "replace").strip()
    server = OpaServer(settings.opa_url, bundle.digest, token)
    return OpaPolicy(server, bundle, embedded, on_difference=on_difference)
