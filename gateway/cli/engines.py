"""The policy engine that a command names, ready to answer."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.adapters.policy.bundle import Bundle, find_bundle_folder, load_checked_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa_process import find_opa, running_opa
from gateway.adapters.policy.scenarios import Decides
from gateway.cli.failure import UNAVAILABLE, USAGE, CommandError
from gateway.domain.access import Decision

if TYPE_CHECKING:
    from gateway.adapters.policy.opa import OpaPolicy
    from gateway.settings import Settings

EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help="Which engine answers: embedded; or opa, the server at GATEWAY_OPA_URL, else `opa` on the PATH.",
    ),
]
BundleFolder = Annotated[
    Path | None, typer.Option("--bundle", help="Folder of the bundle; the shipped one if none is given.")
]


def read_bundle(folder: Path | None) -> Bundle:
    """The bundle in this folder, or the one that ships with the gateway; its tables are what they must be.

    Raises:
        CommandError: There is no such folder.
        PolicyUnavailableError: It holds no bundle that may decide.
    """
    if folder is not None and not folder.is_dir():
        raise CommandError(USAGE, f"{folder} is no folder")
    return load_checked_bundle(folder or find_bundle_folder())


@contextmanager
def proven_engine(name: str, bundle: Bundle, *, named: bool = True) -> Iterator[Decides]:
    """An engine that has given every known answer of the bundle; with `opa`, both engines have.

    Without `named` the server of the settings is left alone: it has the bundle of today.

    Raises:
        CommandError: No engine has this name, or there is no OPA to ask.
        PolicyUnavailableError: It misses a known answer.
    """
    embedded = EmbeddedPolicy.load(bundle)
    if name == "embedded":
        yield embedded
    elif name == "opa":
        with _opa_settings(bundle, named=named) as settings, asyncio.Runner() as runner:
            from gateway.wiring.policy import open_opa  # noqa: PLC0415 - half a second, for this engine alone

            policy = open_opa(settings, bundle, embedded, _tell)
            try:
                runner.run(policy.prove())
                yield _Waiting(policy, runner)
            finally:
                runner.run(policy.close())
    else:
        raise CommandError(USAGE, f"no engine is called {name}; there are: embedded, opa")


@contextmanager
def engine_of_then(name: str, bundle: Bundle) -> Iterator[Decides]:
    """An engine with a bundle of another time, which may bring fewer known answers than are asked for today.

    The interpreter gives today's known answers first; an OPA must give the old bundle's own.

    Raises:
        PolicyUnavailableError: It misses one; or the bundle is older than what an OPA server is asked by.
    """
    if name == "embedded":
        EmbeddedPolicy.load(read_bundle(None))
        yield EmbeddedPolicy(bundle)
        return
    with proven_engine(name, bundle, named=False) as policy:
        yield policy


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Asks a server and waits for it: a command has nothing else to do."""

    policy: "OpaPolicy"
    runner: asyncio.Runner

    def decide_document(self, document: Mapping[str, Any]) -> Decision:
        return self.runner.run(self.policy.decide_document(document))


@contextmanager
def _opa_settings(bundle: Bundle, *, named: bool) -> Iterator["Settings"]:
    """The settings with an address to ask: the server's, else that of an OPA which runs for this command."""
    from gateway.settings import read_settings  # noqa: PLC0415 - 0.4 s, for this engine alone

    settings = read_settings()
    if named and settings.opa_url:
        yield settings
    elif find_opa() is None:
        raise CommandError(
            UNAVAILABLE,
            "there is no OPA to ask",
            (
                "Name a server in GATEWAY_OPA_URL, or put `opa` on the PATH:",
                "https://www.openpolicyagent.org",
            ),
        )
    else:
        with running_opa(bundle) as address:
            yield settings.model_copy(update={"opa_url": address, "opa_token_file": None})


def _tell() -> None:
    typer.echo("the two engines do not say the same", err=True)
