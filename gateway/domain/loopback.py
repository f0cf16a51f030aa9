from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback_host(host: str) -> bool:
    """Whether nothing outside this machine can answer under, or reach, `host` (a name or an address)."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and is_loopback_host(host)


def is_loopback_listener(listen: str) -> bool:
    """Whether a listen address (`host:port`, `[v6]:port` or a socket's path) stays on this machine."""
    if listen.startswith(("/", "unix:")):
        return True
    return is_loopback_url(f"//{listen}")
