"""Every setting of the gateway, documented here and nowhere else; read once, by `wiring` and `cli`.

A setting is the environment variable `GATEWAY_` + its name in capitals. An unset address must never come to
mean "any", and a misspelt name must never pass in silence, so both refuse to start.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.domain.counts import Budget
from gateway.domain.errors import RejectedError
from gateway.domain.limits import BUDGETS
from gateway.domain.loopback import is_loopback_host, is_loopback_url

PREFIX = "GATEWAY_"
SANDBOX_MARK = "sandbox.json"
"""The file beside a state directory that makes it a sandbox's: nothing else is ever thrown away."""


class SettingsError(RejectedError):
    """The gateway must not start with these settings; the text names them and repeats no value."""

    code = "settings"


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "consent-gateway"


class Settings(BaseSettings):
    """Where everything is. The description of a field is what the operator reads."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    needed_in_production: ClassVar[frozenset[str]] = frozenset(
        {"database_url", "root_key_url", "trusted_issuers", "public_base", "mirrors", "state_dir"}
    )

    mode: Literal["embedded", "production"] = Field(
        default="embedded",
        description="`embedded` for a laptop or one small server; `production` refuses to start before "
        "database, root key, public base, mirrors and state directory are all named, and trusted issuers "
        "where there is no token endpoint.",
    )
    state_dir: Path = Field(
        default_factory=_default_state_dir,
        description="Folder (0700) of the key file, the signer's state, the journal of narrowing acts and "
        "the command line's socket. Default: `consent-gateway` in `$XDG_STATE_HOME` or `~/.local/state`.",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="`sqlite:////path/file.db`, or `postgresql://user@host/name` (socket: `?host=/dir`). "
        "Default: `gateway.db` in the state directory.",
    )
    content_url: str = Field(
        default="",
        description="Where sealed content above 256 KiB lives: `file:/path/folder`. "
        "Default: `content` in the state directory.",
    )
    root_key_url: str = Field(
        default="",
        description="Provider of the root key: `file:/path/root.key`, sealed with a passphrase, refused when "
        "other users can read it. Default: `root.key` in the state directory.",
    )
    root_key_passphrase_file: Path | None = Field(
        default=None,
        description="File (0600) that holds the passphrase of a `file:` root key. Without it, the random "
        "`machine.key` beside the root key opens it: for the quick start.",
    )
    policy_engine: Literal["embedded", "opa"] = Field(
        default="embedded",
        description="`embedded`: the Rego interpreter inside the process. `opa`: an OPA server, whose every "
        "answer must be the interpreter's too (its client is the extra `opa`, deploy/opa.md).",
    )
    opa_url: str = Field(
        default="",
        description="Address of the OPA server, as `https://opa.example:8181`; `http:` on loopback only.",
    )
    opa_token_file: Path | None = Field(
        default=None, description="File (0600) with the bearer token that the OPA server asks for."
    )
    policies: Path | None = Field(
        default=None,
        description="Folder with the policy bundle, instead of the one that ships with the gateway.",
    )
    trusted_issuers: Path | None = Field(
        default=None,
        description="JSON file of the issuers whose access tokens are believed: their audience, algorithms, "
        "keys and strong `acr` values; with `sign_in`, people sign in there (deploy/identity.md). Without it "
        "only the gateway's own token endpoint and the insecure local issuer let anybody in.",
    )
    token_endpoint: bool = Field(
        default=True,
        description="Serve a token endpoint for registered clients (`/oauth/token`, deploy/tokens.md), whose "
        "tokens the gateway believes without an entry in the trusted issuers file. Only where the public "
        "base is `https:` or on this machine.",
    )
    insecure_local_issuer: bool = Field(
        default=False,
        description="INSECURE, demo only: also trust a development issuer whose private key lies in the "
        "state directory. Refused in production and on an address that is not loopback.",
    )
    insecure_policy_activation: bool = Field(
        default=False,
        description="INSECURE, development only: a start activates whatever policy bundle it comes with, "
        "without a second person. Refused in production and on an address that is not loopback.",
    )
    insecure_limits_off: bool = Field(
        default=False,
        description="INSECURE, for a test address: nothing is limited, neither look-ups nor requests. "
        "Refused in production and on an address that is not loopback.",
    )
    persons_per_account: int = Field(
        default=BUDGETS[Budget.PERSONS_OF_ACCOUNT].allowed,
        ge=1,
        le=10_000,
        description="About how many persons' documents one account may ask in an hour (deploy/limits.md).",
    )
    persons_per_agency: int = Field(
        default=BUDGETS[Budget.PERSONS_OF_AGENCY].allowed,
        ge=1,
        le=100_000,
        description="The same, for all accounts of one agency together.",
    )
    mirrors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated places outside the database that keep checkpoints and the sealed "
        "journal of narrowing acts: `file:/path/folder`. Default: `mirror` in the state directory.",
    )
    public_base: str = Field(
        default="",
        description="Address under which callers reach the gateway, such as `https://gateway.example`; links "
        "and token checks use it, never the request's own host. Default: `http://` + the listen address.",
    )
    proxy_socket: Path | None = Field(
        default=None,
        description="Unix socket (0660) for a TLS proxy on this machine. Only there is the `Client-Cert` "
        "header (RFC 9440) believed, for tokens bound to a certificate: the proxy must set it itself, and "
        "strip what a client sent.",
    )
    listen: str = Field(default="127.0.0.1:8741", description="`host:port` that the server binds.")
    max_deposit_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=64 * 1024,
        le=1024 * 1024 * 1024,
        description="Largest document accepted; any other request body is at most 1 MiB.",
    )
    decision_memo: bool = Field(
        default=True, description="Keep decisions while nothing they rest on moves. Off only to measure."
    )

    @field_validator("mirrors", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("listen")
    @classmethod
    def _has_host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
            raise ValueError("must be host:port")
        return value

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.mode == "production":
            given = self.model_fields_set | ({"trusted_issuers"} if self.issues_tokens else set())
            missing = sorted(PREFIX + name.upper() for name in self.needed_in_production - given)
            if missing:
                raise ValueError(f"production needs {', '.join(missing)}")
            if self._insecure:
                raise ValueError(f"{self._insecure} cannot be used in production")
            if (self.state_dir.parent / SANDBOX_MARK).exists():
                raise ValueError("GATEWAY_STATE_DIR is a sandbox's, whose people are invented")
            if urlsplit(self.public_base).scheme != "https":
                raise ValueError("GATEWAY_PUBLIC_BASE must be an https:// address in production")
        if self._insecure and not is_loopback_host(self.listen_host):
            raise ValueError(f"{self._insecure} needs a loopback GATEWAY_LISTEN")
        _need_scheme("GATEWAY_DATABASE_URL", self.database_url, "sqlite", "postgresql")
        _need_scheme("GATEWAY_CONTENT_URL", self.content_url, "file")
        _need_scheme("GATEWAY_ROOT_KEY_URL", self.root_key_url, "file")
        _need_scheme("GATEWAY_PUBLIC_BASE", self.public_base, "http", "https")
        _need_scheme("GATEWAY_OPA_URL", self.opa_url, "http", "https")
        if self.policy_engine == "opa" and not self.opa_url:
            raise ValueError("GATEWAY_POLICY_ENGINE=opa needs GATEWAY_OPA_URL")
        if self.opa_url.startswith("http:") and not is_loopback_url(self.opa_url):
            raise ValueError("GATEWAY_OPA_URL must be https: unless the server is on loopback")
        for mirror in self.mirrors:
            _need_scheme("GATEWAY_MIRRORS", mirror, "file")
        return self._with_defaults()

    def _with_defaults(self) -> Self:
        """Name the places inside the state directory that nobody named otherwise."""
        state = self.state_dir.expanduser().absolute()
        places = {
            "state_dir": state,
            "database_url": self.database_url or f"sqlite:///{state / 'gateway.db'}",
            "content_url": self.content_url or f"file:{state / 'content'}",
            "root_key_url": self.root_key_url or f"file:{state / 'root.key'}",
            "mirrors": self.mirrors or (f"file:{state / 'mirror'}",),
            "public_base": (self.public_base or f"http://{self.listen}").rstrip("/"),
        }
        # The model is frozen to everybody else.
        self.__dict__.update(places)
        return self

    @property
    def _insecure(self) -> str:
        """The stand-ins that are switched on, by their variables."""
        names = [name for name in type(self).model_fields if name.startswith("insecure_")]
        return ", ".join(PREFIX + name.upper() for name in names if getattr(self, name))

    @property
    def issues_tokens(self) -> bool:
        """Whether there is a token endpoint: never where a token would cross a network in the clear."""
        base = urlsplit(self.public_base)
        return self.token_endpoint and (base.scheme == "https" or is_loopback_host(base.hostname or ""))

    @property
    def listen_host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def socket_path(self) -> Path:
        """Where the running server listens for the command line, mode 0600."""
        return self.state_dir / "gateway.sock"


def read_settings() -> Settings:
    """Read the settings of this process's environment.

    Raises:
        SettingsError: An unknown `GATEWAY_` name, a value out of range, or a production half configured.
    """
    unknown = sorted({name for name in os.environ if name.startswith(PREFIX)} - known_variables())
    if unknown:
        raise SettingsError(f"unknown settings: {', '.join(unknown)}; `gateway doctor --settings` lists all")
    try:
        return Settings()
    except ValidationError as error:
        # Only names and rules: a value may hold a password.
        told = [
            ": ".join(filter(None, (_variable(item["loc"]), item["msg"].removeprefix("Value error, "))))
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise SettingsError("; ".join(told)) from None


def known_variables() -> frozenset[str]:
    """Every environment variable that the gateway reads."""
    return frozenset(PREFIX + name.upper() for name in Settings.model_fields)


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the generated settings table."""

    variable: str
    meaning: str


def settings_table() -> Iterator[SettingRow]:
    """List what README and `gateway doctor --settings` show, in the order of the class."""
    for name, field in Settings.model_fields.items():
        shown = field.default
        default = f" Default: `{str(shown).lower()}`." if isinstance(shown, (bool, int)) else ""
        if name in {"mode", "listen", "policy_engine"}:
            default = f" Default: `{shown}`."
        yield SettingRow(PREFIX + name.upper(), f"{field.description}{default}")


def settings_markdown() -> str:
    """Render the settings as a Markdown table."""
    rows = "".join(f"| `{row.variable}` | {row.meaning} |\n" for row in settings_table())
    return f"| Variable | Meaning |\n|---|---|\n{rows}"


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + str(location[0]).upper() if location else ""


def _need_scheme(variable: str, value: str, *schemes: str) -> None:
    if value and urlsplit(value).scheme not in schemes:
        raise ValueError(f"{variable} must begin with {' or '.join(f'{scheme}:' for scheme in schemes)}")
