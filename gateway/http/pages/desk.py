"""What the routes of pages work with."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.http.browsers import Browsers
from gateway.http.pages.flows import Flows
from gateway.http.pages.frame import Frame
from gateway.http.services import UseCases
from gateway.http.signing_in import Provider
from gateway.ports import Clock


@dataclass(frozen=True, slots=True)
class Desk:
    """`base` is where callers reach the gateway, without a slash at its end."""

    frame: Frame
    browsers: Browsers
    usecases: UseCases
    flows: Flows
    providers: Sequence[Provider]
    clock: Clock
    base: str
