"""Every way in which the gateway gives up; the branch says what happens next.

A refusal is *not* here: it is a value (`gateway.domain.access.Refused`), because raising would roll back
the ledger entry that records it.
"""

from typing import ClassVar


class GatewayError(Exception):
    """Carries a stable code and texts that hold no personal data and no secret."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class RejectedError(GatewayError):
    """The caller must change something; repeating the same request is useless."""


class MalformedError(RejectedError):
    code = "malformed"


class UnauthenticatedError(RejectedError):
    code = "unauthenticated"


class ProofRefusedError(UnauthenticatedError):
    """The token is bound to a key, and the proof of that key is missing, wrong, or was used before."""

    code = "invalid_dpop_proof"


class NonceRefusedError(UnauthenticatedError):
    """The proof must be made anew, with the nonce that the answer gives (RFC 9449 section 9)."""

    code = "use_dpop_nonce"


class NotVisibleError(RejectedError):
    """Absent, or hidden from this caller: the two are the same on purpose (promise P9)."""

    code = "not_visible"


class NotAllowedError(RejectedError):
    """The table of acts outside the policy does not list this role, act and agency."""

    code = "not_allowed"


class CrossSiteError(NotAllowedError):
    """A request that changes something came under a cookie, but not from a page of ours."""

    code = "cross_site"


class ConflictError(RejectedError):
    code = "conflict"


class IdempotencyMismatchError(ConflictError):
    code = "idempotency_mismatch"


class PreconditionFailedError(ConflictError):
    code = "precondition_failed"


class PreconditionRequiredError(RejectedError):
    code = "precondition_required"


class TooLargeError(RejectedError):
    code = "too_large"


class UnsupportedMediaError(RejectedError):
    code = "unsupported_media"


class UnavailableError(GatewayError):
    """Nothing was done and nothing was released; the same request may be repeated safely."""


class LedgerUnavailableError(UnavailableError):
    code = "ledger_unavailable"


class PolicyUnavailableError(UnavailableError):
    code = "policy_unavailable"


class KeysUnavailableError(UnavailableError):
    code = "keys_unavailable"


class QuarantinedError(UnavailableError):
    code = "quarantined"


class ContendedError(UnavailableError):
    code = "contended"


class BusyError(UnavailableError):
    """So much of the same is under way that one more would have to wait for a stranger."""

    code = "not_ready"


class RateLimitedError(UnavailableError):
    """Too much of the same in a short time; in `retry_after_s` seconds one is let through again."""

    code = "rate_limited"

    def __init__(self, message: str, *, field: str | None = None, retry_after_s: int = 60) -> None:
        super().__init__(message, field=field)
        self.retry_after_s = retry_after_s

    @classmethod
    def after(cls, wait_us: int, message: str) -> "RateLimitedError":
        """Say it of a wait in microseconds; rounded up, so that who waits so long waits no second time."""
        return cls(message, retry_after_s=-(-wait_us // 1_000_000))


class CorruptionError(GatewayError):
    """Stored or computed data contradicts itself: someone is paged, nobody retries."""

    code = "corrupt"


class TamperedError(CorruptionError):
    """Sealed bytes do not open: wrong key, wrong row or altered bytes. It never says which."""

    code = "tampered"


class PolicyContractError(CorruptionError):
    """The policy engine's answer is not one: unknown shape, code or digest."""

    code = "policy_contract"
