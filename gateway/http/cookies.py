"""The gateway's cookies: a sign-in, the way to one, and the language that a reader chose.

`__Host-` makes a browser take them from this very host alone, over TLS and for every path (RFC 6265bis,
section 4.1.3.2). Over plain http, which only a loopback address may be, browsers refuse such names: those say
`Insecure`.
"""

from starlette.types import Scope

from gateway.http.edge import find_header

_MAX_HEADER = 8 * 1024
_MAX_VALUE = 3 * 1024
_YEAR_S = 365 * 24 * 3600


class Cookies:
    """Names, reads and writes them.

    Args:
        public_base: Where callers reach the gateway.
        is_loopback: Whether that is this machine alone.
    """

    def __init__(self, public_base: str, *, is_loopback: bool) -> None:
        secure = public_base.startswith("https:")
        self.usable = secure or is_loopback
        """Without TLS no cookie is safe from who listens: then nobody signs in here."""
        self._flags = (
            "; Path=/; HttpOnly; Secure; SameSite=Lax" if secure else "; Path=/; HttpOnly; SameSite=Lax"
        )
        mark = "__Host-gateway" if secure else "Insecure-gateway"
        self.sign_in = mark
        self.flow = f"{mark}-flow"
        self.language = f"{mark}-language"

    def carries(self, scope: Scope, name: str) -> bool:
        """Whether a cookie of this name is sent, good or not."""
        sent = (value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
        return any(pair.strip().partition("=")[0] == name for one in sent for pair in one.split(";"))

    def read(self, scope: Scope, name: str) -> str | None:
        """Answer the value of a cookie; two of one name count as none that we understand."""
        header = find_header(scope, b"cookie")
        if header is None or len(header) > _MAX_HEADER:
            return None
        pairs = (pair.strip().partition("=") for pair in header.split(";"))
        found = [value for key, _, value in pairs if key == name]
        return found[0] if len(found) == 1 and 0 < len(found[0]) <= _MAX_VALUE else None

    def put(self, name: str, value: str, *, for_s: int | None = None) -> str:
        """Render a `Set-Cookie`; without a time it goes with the browser."""
        lasting = "" if for_s is None else f"; Max-Age={for_s}"
        return f"{name}={value}{self._flags}{lasting}"

    def put_language(self, language: str) -> str:
        """Render the `Set-Cookie` of a language."""
        return self.put(self.language, language, for_s=_YEAR_S)

    def drop(self, name: str) -> str:
        """Render the `Set-Cookie` that takes one away."""
        return f"{name}={self._flags}; Max-Age=0"
