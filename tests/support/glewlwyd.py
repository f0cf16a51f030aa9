"""Debian's `glewlwyd`, with a database of its own, set up through its own administration API."""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from playwright.sync_api import Page

from tests.support.identity_server import (
    SCOPE,
    Account,
    Application,
    IdentityServer,
    NoIdentityServerError,
    running,
)
from tests.support.operator import free_port

_SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
_PAGES = Path("/usr/share/glewlwyd/webapp")
_FIRST_ADMINISTRATOR = {"username": "admin", "password": "password"}
_PLUGIN = "oidc"
# Written in the way of libconfig; two files are asked for although use_secure_connection=false.
_SETTINGS = """
port={port}
bind_address="127.0.0.1"
external_url="{base}"
login_url="login.html"
api_prefix="api"
static_files_path="{pages}/"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file="/nowhere"
secure_connection_pem_file="/nowhere"
hash_algorithm="SHA512"
database = {{ type="sqlite3" path="{database}" }};
static_files_mime_types = (
  {{ extension=".html" mime_type="text/html" }},
  {{ extension=".css" mime_type="text/css" }},
  {{ extension=".js" mime_type="application/javascript" }},
  {{ extension=".json" mime_type="application/json" }}
)
"""


@contextmanager
def running_glewlwyd(
    folder: Path, applications: tuple[Application, Application], accounts: Sequence[Account], resource: str
) -> Iterator[IdentityServer]:
    """Start it on loopback; it makes an account's `sub` up itself, at the first token.

    Raises:
        NoIdentityServerError: It is not installed.
    """
    program = shutil.which("glewlwyd")
    if program is None or not _SCHEMA.is_file():
        raise NoIdentityServerError("no glewlwyd: apt-get install glewlwyd, or run .ci/identity-servers")
    folder.mkdir()
    database = folder / "glewlwyd.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(_SCHEMA.read_text(encoding="utf-8"))
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = folder / "glewlwyd.conf"
    # Its pages, with what their links lead to: it serves nothing that lies outside of its folder.
    pages = shutil.copytree(_PAGES, folder / "pages")
    if (misplaced := pages / "config.json" / "config.json").is_file():
        # Debian's package links the name to a folder that holds the file; its own page then loads for ever.
        content = misplaced.read_bytes()
        shutil.rmtree(misplaced.parent)
        misplaced.parent.write_bytes(content)
    said = _SETTINGS.format(port=port, base=base, database=database, pages=pages)
    settings.write_text(said, encoding="utf-8")
    with running([program, "-c", str(settings)], folder / "log", f"{base}/config"):
        _set_up(base, applications, accounts, resource)
        api = f"{base}/api/{_PLUGIN}"
        found = httpx2.get(f"{api}/.well-known/openid-configuration", timeout=10).json()
        # A client assertion must be for its token endpoint; the gateway makes them for an issuer's name only.
        audience = f"{api}/token"
        yield IdentityServer(
            "glewlwyd", found, *applications, resource, _Ways(), audience, "client_secret_file"
        )


def _set_up(
    base: str, applications: tuple[Application, Application], accounts: Sequence[Account], resource: str
) -> None:
    with httpx2.Client(base_url=f"{base}/api", timeout=20) as administrator:

        def post(path: str, **said: object) -> None:
            answer = administrator.post(path, json=said)
            assert answer.status_code == 200, (path, answer.status_code, answer.text)

        post("/auth", **_FIRST_ADMINISTRATOR)
        plugin = {"module": "oidc", "name": _PLUGIN, "display_name": "OpenID Connect", "order_rank": 0}
        post("/mod/plugin/", **plugin, parameters=_plugin(f"{base}/api/{_PLUGIN}", resource))
        post("/scope/", name=SCOPE, display_name=SCOPE, password_required=True, scheme={})
        for application in applications:
            post("/client/", **_client(application, resource))
        for account in accounts:
            known = {"username": account.name, "password": account.password, "enabled": True}
            post("/user/", **known, scope=["openid", SCOPE, "g_profile"], name="Inventé")


def _client(application: Application, resource: str) -> dict[str, Any]:
    return {
        "client_id": application.client_id,
        "name": "Une application inventée",
        "confidential": True,
        "enabled": True,
        "scope": [SCOPE],
        "redirect_uri": [application.redirect_uri],
        "authorization_type": ["code", "client_credentials"],
        "token_endpoint_auth_method": ["private_key_jwt", "client_secret_basic"],
        "client_secret": application.secret,
        "jwks": application.public_jwks(),
        "resource": [resource],
    }


def _plugin(issuer: str, resource: str) -> dict[str, Any]:
    key = {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "glewlwyd-1", "alg": "ES256"}
    return {
        "iss": issuer,
        "subject-type": "public",
        "jwks-private": json.dumps({"keys": [key]}),
        "jwks-show": True,
        "access-token-duration": 300,
        "refresh-token-duration": 3600,
        "code-duration": 60,
        "refresh-token-rolling": False,
        "allow-non-oidc": True,
        "auth-type-code-enabled": True,
        "auth-type-id-token-enabled": True,
        "auth-type-client-enabled": True,
        "auth-type-token-enabled": False,
        "auth-type-none-enabled": False,
        "auth-type-password-enabled": False,
        "auth-type-device-enabled": False,
        "auth-type-refresh-enabled": False,
        "pkce-allowed": True,
        "pkce-required": True,
        "pkce-method-plain-allowed": False,
        "request-parameter-allow": True,
        "request-maximum-exp": 3600,
        "client-jwks-parameter": "jwks",
        "oauth-as-iss-id": True,
        "oauth-dpop-allowed": True,
        "oauth-dpop-iat-duration": 60,
        "resource-allowed": True,
        "resource-scope": {SCOPE: [resource]},
        "resource-client-property": "resource",
        "resource-scope-and-client-property": False,
    }


class _Ways:
    def without_page(self, browser: httpx2.Client, account: Account, address: str) -> str:
        """What its own page does: a session, her agreement, and the way back to the application."""
        base = address.partition("/api/")[0]
        said = {"username": account.name, "password": account.password}
        assert browser.post(f"{base}/api/auth", json=said).status_code == 200
        client = httpx2.URL(address).params["client_id"]
        granted = browser.put(f"{base}/api/auth/grant/{client}/", json={"scope": f"openid {SCOPE}"})
        assert granted.status_code == 200, granted.text
        # `g_continue` is its own word for "she has been asked".
        return str(browser.get(f"{address}&g_continue").headers["location"])

    def on_page(self, page: Page, account: Account) -> None:
        page.locator("#username").fill(account.name)
        page.locator("#password").fill(account.password)
        page.locator("#loginbut").click()
        page.locator(".card-footer .btn-success").click()
