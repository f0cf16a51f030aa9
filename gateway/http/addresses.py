"""Where a request comes from, for who counts tries; it is kept nowhere but under a key.

A forwarded address is believed on the TLS proxy's own socket alone: anywhere else whoever asks may write what
she likes.
"""

import ipaddress

from starlette.types import Scope

from gateway.http.edge import came_over, find_header

LOCAL = "local"
_IPV6_HOME = 64
"""One subscriber has so many bits of an IPv6 address to herself, and may change the others at will."""


class Addresses:
    """Reads addresses.

    Args:
        proxy_socket: The path of the socket on which a TLS proxy's word counts.
    """

    def __init__(self, proxy_socket: str | None = None) -> None:
        self._proxy_socket = proxy_socket

    def of(self, scope: Scope) -> str:
        """Answer a request's address, an IPv6 one as its network; `local` where none is to be had."""
        client = scope.get("client")
        if came_over(scope, self._proxy_socket):
            named = find_header(scope, b"x-forwarded-for") or ""
            # The last is the one that the proxy itself saw.
            return _known(named.rpartition(",")[2].strip())
        return _known(client[0]) if client else LOCAL


def _known(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return LOCAL
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_HOME), strict=False))
    return str(address)
