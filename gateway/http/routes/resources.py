"""Every resource, one maker of a router each; a new one is added here."""

from collections.abc import Callable

from fastapi import APIRouter

from gateway.http.problems import Problems
from gateway.http.services import UseCases

RESOURCES: tuple[Callable[[UseCases, Problems], APIRouter], ...] = ()
