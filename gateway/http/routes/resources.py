"""Every resource, one maker of a router each; a new one is added here."""

from collections.abc import Callable

from fastapi import APIRouter

from gateway.http.replies import Kit
from gateway.http.routes import (
    agencies,
    agreements,
    answers,
    approvals,
    consents,
    deposits,
    dossiers,
    emergencies,
    findings,
    fragments,
    instruments,
    ledger,
    me,
    notices,
    persons,
    receipts,
    reports,
    reviews,
    sessions,
    statuses,
    stops,
    transfers,
    vocabulary,
    workers,
)

RESOURCES: tuple[Callable[[Kit], APIRouter], ...] = (
    vocabulary.make_router,
    me.make_router,
    agencies.make_router,
    workers.make_router,
    workers.make_assignment_router,
    persons.make_router,
    instruments.make_router,
    approvals.make_router,
    dossiers.make_router,
    deposits.make_router,
    fragments.make_router,
    fragments.make_decision_router,
    statuses.make_router,
    findings.make_router,
    findings.make_consultation_router,
    agreements.make_router,
    sessions.make_router,
    transfers.make_router,
    emergencies.make_router,
    reports.make_router,
    answers.make_router,
    consents.make_router,
    stops.make_router,
    receipts.make_router,
    ledger.make_router,
    notices.make_router,
    reviews.make_router,
)
