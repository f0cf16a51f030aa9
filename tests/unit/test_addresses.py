"""Where a request comes from: the proxy's word counts on its own socket, and nowhere else."""

from pathlib import Path
from typing import Any

import pytest

from gateway.http.addresses import LOCAL, Addresses
from gateway.http.edge import HEADERS

SOCKET = "/run/gateway/proxy.sock"
HERE = Addresses(SOCKET)


def scope(
    client: tuple[str, int] | None, server: tuple[str, int | None] | None, forwarded: str | None = None
) -> dict[str, Any]:
    named = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode()}
    return {"client": client, "server": server, HEADERS: named}


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::1", 1), "2001:db8:1:2::/64"),
        (("testclient", 1), LOCAL),
        (("", 0), LOCAL),
        (None, LOCAL),
    ],
)
def test_a_connection_is_counted_by_its_own_address(client: tuple[str, int] | None, expected: str) -> None:
    assert HERE.of(scope(client, ("10.0.0.1", 443))) == expected


def test_a_forwarded_address_is_not_believed_on_another_socket() -> None:
    for server in (("10.0.0.1", 443), ("/run/gateway/other.sock", None), None):
        assert HERE.of(scope(("192.0.2.7", 1), server, "198.51.100.9")) == "192.0.2.7"
    assert Addresses().of(scope(("192.0.2.7", 1), (SOCKET, None), "198.51.100.9")) == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("203.0.113.1, 198.51.100.9", "198.51.100.9"),
        ("198.51.100.9, nonsense", LOCAL),
        ("", LOCAL),
        (None, LOCAL),
    ],
)
def test_on_the_proxys_socket_the_last_one_is_what_the_proxy_saw(
    forwarded: str | None, expected: str
) -> None:
    assert HERE.of(scope(None, (SOCKET, None), forwarded)) == expected


def test_the_proxy_that_operators_copy_says_itself_whose_request_it_is() -> None:
    page = (Path(__file__).parents[2] / "deploy/identity.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in page.split("```haproxy\n")[1].split("```")[0].splitlines()]
    for header in ("Client-Cert", "X-Forwarded-For"):
        forgets = lines.index(f"http-request del-header {header}")
        assert lines[forgets + 1].startswith(f"http-request set-header {header} ")
    assert "http-request set-header X-Forwarded-For %[src]" in lines
