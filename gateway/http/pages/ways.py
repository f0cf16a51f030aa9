"""The ways to sign in, in the order in which they are offered; a new one is a line of `WAYS`.

A way shows its own page at its address, proves who somebody is, and ends with `come_in` or `turn_away`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.sign_in import SignedIn
from gateway.http.pages.desk import Desk
from gateway.http.pages.frame import go
from gateway.http.words import Language

AGAIN = "/sign-in?again"
"""Where she proves once more who she is, when what she wants needs that lately."""

HOME = "/account"
"""Where somebody is once she is signed in."""


@dataclass(frozen=True, slots=True)
class Way:
    """`label` and `hint` are keys of the pages' texts; `is_open` says whether this gateway offers it."""

    href: str
    label: str
    hint: str
    is_open: Callable[[Desk], bool]


def _takes_passkeys(desk: Desk) -> bool:
    """Whether browsers make passkeys for this address: a name and no number, over TLS or on this machine."""
    parts = urlsplit(desk.base)
    host = parts.hostname or ""
    is_number = host.replace(".", "").isdecimal() or ":" in host
    return not is_number and (parts.scheme == "https" or host == "localhost")


WAYS: tuple[Way, ...] = (
    Way("/sign-in/code", "ways.code", "ways.code_hint", lambda _: True),
    Way("/sign-in/passkey", "ways.passkey", "ways.passkey_hint", _takes_passkeys),
)
"""Beside the providers of the trusted issuers file, which are offered after these."""


def list_ways(desk: Desk, language: Language, *, again: bool) -> Sequence[Mapping[str, str]]:
    """List what is offered, as links; `again` asks each to prove anew who she is."""
    say, more = desk.frame.texts.say, "?again" if again else ""
    own = [
        {"href": f"{one.href}{more}", "label": say(one.label, language), "hint": say(one.hint, language)}
        for one in WAYS
        if one.is_open(desk)
    ]
    hint = say("ways.provider_hint", language)
    return own + [
        {"href": f"/sign-in/oidc/{number}{more}", "label": one.label[language], "hint": hint}
        for number, one in enumerate(desk.providers)
    ]


def turn_away(desk: Desk, request: Request) -> Response:
    """Show the one page of every refused sign-in: it does not tell whether somebody is known here."""
    cookies = desk.browsers.cookies
    return desk.frame.show(
        request,
        "refused.html",
        title="refused.title",
        status=403,
        set_cookies=[cookies.drop(cookies.flow)],
    )


async def come_in(desk: Desk, request: Request, signed_in: SignedIn) -> Response:
    """Open the sign-in, hand over its cookie, and show her in; what the browser held before is over.

    Raises:
        UnauthenticatedError: The account is not let in; it is recorded.
    """
    cookies = desk.browsers.cookies
    held = cookies.read(request.scope, cookies.sign_in)
    value = await desk.usecases.sign_ins.open(signed_in, replaces=held)
    return go(HOME, set_cookies=[cookies.put(cookies.sign_in, value), cookies.drop(cookies.flow)])
