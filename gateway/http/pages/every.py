"""Every group of pages, one maker of a router each; a new one is added here."""

from collections.abc import Callable

from fastapi import APIRouter

from gateway.http.pages import account, codes, oidc, passkeys, sign_in, ways_in
from gateway.http.pages.desk import Desk

PAGES: tuple[Callable[[Desk], APIRouter], ...] = (
    sign_in.make_router,
    oidc.make_router,
    codes.make_router,
    passkeys.make_router,
    account.make_router,
    ways_in.make_router,
)
