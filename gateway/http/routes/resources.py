"""Every resource, one maker of a router each; a new one is added here."""

from collections.abc import Callable

from fastapi import APIRouter

from gateway.http.replies import Kit
from gateway.http.routes import agencies, me, persons, vocabulary, workers

RESOURCES: tuple[Callable[[Kit], APIRouter], ...] = (
    vocabulary.make_router,
    me.make_router,
    agencies.make_router,
    workers.make_router,
    workers.make_assignment_router,
    persons.make_router,
)
