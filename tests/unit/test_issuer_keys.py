"""The life of a key that tokens are signed with: published, signing, published still, over."""

from gateway.domain.instants import Instant
from gateway.domain.issuer_keys import (
    AHEAD_US,
    DUE_US,
    KEPT_US,
    TOKEN_LIFETIME_S,
    IssuerKey,
    SigningKey,
    find_newest,
    find_signing,
    is_due,
    list_published,
    list_spent,
)

T0 = Instant(1_800_000_000_000_000)
SECOND = 1_000_000


def a_key(
    kid: str, signs_at: int, *, added_at: int | None = None, ends_at: int | None = None, secret: bool = True
) -> IssuerKey:
    return IssuerKey(
        kid,
        {"kty": "EC"},
        Instant(signs_at if added_at is None else added_at),
        Instant(signs_at),
        None if ends_at is None else Instant(ends_at),
        secret,
    )


def rotated(at: int) -> tuple[IssuerKey, IssuerKey]:
    """An old key, and the one that was added at this instant."""
    signs_at = at + AHEAD_US
    return a_key("old", T0, ends_at=signs_at + KEPT_US), a_key("new", signs_at, added_at=at)


def kid(key: IssuerKey | None) -> str | None:
    return None if key is None else key.kid


def test_without_a_key_nothing_signs_and_one_is_due() -> None:
    assert find_signing((), T0) is None
    assert is_due((), T0)


def test_a_new_key_is_published_before_it_signs() -> None:
    keys = rotated(at := T0 + DUE_US)
    assert {one.kid for one in list_published(keys, Instant(at))} == {"old", "new"}
    assert kid(find_signing(keys, Instant(at))) == "old"
    assert kid(find_signing(keys, Instant(at + AHEAD_US - 1))) == "old"
    assert kid(find_signing(keys, Instant(at + AHEAD_US))) == "new"


def test_an_old_key_stays_published_longer_than_a_token_lives_and_a_verifier_remembers() -> None:
    keys = rotated(at := T0 + DUE_US)
    signs_at = at + AHEAD_US
    an_hour = 3600 * SECOND
    late = Instant(signs_at + TOKEN_LIFETIME_S * SECOND + an_hour)
    assert {one.kid for one in list_published(keys, late)} == {"old", "new"}
    assert {one.kid for one in list_published(keys, Instant(signs_at + KEPT_US))} == {"new"}


def test_a_key_is_due_after_ninety_days_and_a_waiting_one_is_not() -> None:
    old = a_key("old", T0)
    assert not is_due((old,), Instant(T0 + DUE_US - 1))
    assert is_due((old,), Instant(T0 + DUE_US))
    assert not is_due(rotated(T0 + DUE_US), Instant(T0 + DUE_US))
    assert kid(find_newest(rotated(T0 + DUE_US))) == "new"


def test_a_withdrawn_key_neither_signs_nor_is_published() -> None:
    at = T0 + 5
    gone = (a_key("leaked", T0, ends_at=at), a_key("waiting", T0 + 99, added_at=T0 + 1, ends_at=at))
    keys = (*gone, a_key("new", at))
    assert kid(find_signing(keys, Instant(at))) == "new"
    assert kid(find_signing(keys, Instant(T0 + 99))) == "new"
    assert [one.kid for one in list_published(keys, Instant(at))] == ["new"]


def test_the_private_half_of_a_key_is_spent_once_another_signs() -> None:
    keys = rotated(at := T0 + DUE_US)
    assert list_spent(keys, Instant(at)) == ()
    assert [one.kid for one in list_spent(keys, Instant(at + AHEAD_US))] == ["old"]


def test_a_key_without_its_private_half_does_not_sign() -> None:
    assert find_signing((a_key("gone", T0, secret=False),), Instant(T0)) is None


def test_a_private_key_has_no_face() -> None:
    assert "secret" not in repr(SigningKey("k", b"secret"))
