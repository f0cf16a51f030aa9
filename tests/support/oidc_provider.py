"""npm's `oidc-provider`, started from the folder into which `.ci/identity-servers` installed it."""

import html
import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
from joserfc.jwk import ECKey
from playwright.sync_api import Page

from tests.support.identity_server import (
    SCOPE,
    STRONG_ACR,
    Account,
    Application,
    IdentityServer,
    NoIdentityServerError,
    running,
)
from tests.support.operator import TREE, free_port

_SOURCE = TREE / "tests" / "interop" / "oidc-provider"
_OLDEST_NODE = 20
_FORM = re.compile(r'<form method="post" action="([^"]+)">')


def installed() -> Path:
    """The folder of the installed packages, named after the lock that they were installed from.

    Raises:
        NoIdentityServerError: There is none, or no node that is new enough.
    """
    lock = sha256((_SOURCE / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    modules = cache / "consent-gateway" / f"oidc-provider-{lock}" / "node_modules"
    node = shutil.which("node")
    if node is None or _major(node) < _OLDEST_NODE:
        raise NoIdentityServerError(f"no node {_OLDEST_NODE} or newer on the PATH")
    if not (modules / "oidc-provider").is_dir():
        raise NoIdentityServerError(f"{modules} is not there: run .ci/identity-servers")
    return modules


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    major = said.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdecimal() else 0


@contextmanager
def running_oidc_provider(
    folder: Path, applications: tuple[Application, Application], accounts: Sequence[Account], resource: str
) -> Iterator[IdentityServer]:
    """Start it on loopback with keys of its own; an account's `sub` is its name.

    Raises:
        NoIdentityServerError: It is not installed.
    """
    modules = installed()
    folder.mkdir()
    # A module's imports are looked up beside it; so it runs from a folder that holds both.
    (folder / "node_modules").symlink_to(modules)
    shutil.copy(_SOURCE / "server.mjs", folder)
    shutil.copy(_SOURCE / "package.json", folder)
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    key = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "op-1", "alg": "ES256", "use": "sig"}
    settings = {
        "issuer": issuer,
        "port": port,
        "resource": resource,
        "scope": SCOPE,
        "acr": STRONG_ACR,
        "jwks": {"keys": [key]},
        "cookie_keys": [secrets.token_urlsafe(32)],
        "accounts": [{"sub": account.name, "password": account.password} for account in accounts],
        "clients": [_client(one) for one in applications],
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    discovery = f"{issuer}/.well-known/openid-configuration"
    with running(["node", "server.mjs", "settings.json"], folder / "log", discovery):
        found = httpx2.get(discovery, timeout=10).json()
        # It takes its issuer identifier for the audience of a client assertion, as FAPI 2.0 wants it.
        ways = _Ways()
        yield IdentityServer(
            "oidc-provider", found, *applications, resource, ways, issuer, "private_key_file"
        )


def _client(application: Application) -> dict[str, Any]:
    return {
        "client_id": application.client_id,
        "redirect_uris": [application.redirect_uri],
        "grant_types": ["authorization_code", "client_credentials"],
        "response_types": ["code"],
        "jwks": application.public_jwks(),
    }


class _Ways:
    def without_page(self, browser: httpx2.Client, account: Account, address: str) -> str:
        page = browser.get(address, follow_redirects=True)
        form = _FORM.search(page.text)
        assert form is not None, page.text
        said = {"username": account.name, "password": account.password}
        answer = browser.post(urljoin(str(page.url), html.unescape(form[1])), data=said)
        # The last step leaves for the application, where nobody listens: the address is all we want.
        while (location := urljoin(str(answer.url), answer.headers["location"])).startswith(
            f"{page.url.scheme}://{page.url.host}:{page.url.port}/"
        ):
            answer = browser.get(location)
        return location

    def on_page(self, page: Page, account: Account) -> None:
        page.get_by_label("Name").fill(account.name)
        page.get_by_label("Password").fill(account.password)
        page.get_by_role("button", name="Sign in").click()
