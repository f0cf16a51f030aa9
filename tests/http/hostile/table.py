"""Every hostile request in one table, each named as a sentence, and beside each class what is honest."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tests.http.hostile import claims, placements, proofs, tokens
from tests.http.hostile.forger import Forger, Sent

Make = Callable[[Forger], tuple[Sent, ...]]


class Row(NamedTuple):
    """The last request is judged; `code` is what its 401 says, None where it is let in.

    `before` counts the honest releases that come before a hostile request: a replay is of something.
    """

    sentence: str
    make: Make
    code: str | None
    before: int = 0


TOKEN, PROOF, NONCE = "unauthenticated", "invalid_dpop_proof", "use_dpop_nonce"


def table() -> Mapping[str, tuple[tuple[Row, ...], tuple[Row, ...]]]:
    """By class: the controls, and the hostile ones."""
    found = {
        name: (tuple(_tokens(known, None)), tuple(_tokens(hostile, TOKEN)))
        for name, (known, hostile) in {
            "algorithms": (tokens.ALGORITHMS_KNOWN, tokens.ALGORITHMS),
            "headers": (tokens.HEADERS_KNOWN, tokens.HEADERS),
            "shapes": (tokens.SHAPES_KNOWN, tokens.SHAPES),
            "times": (claims.TIMES_KNOWN, claims.TIMES),
            "audiences": (claims.AUDIENCES_KNOWN, claims.AUDIENCES),
            "issuers": (claims.ISSUERS_KNOWN, claims.ISSUERS),
            "names and claims": (claims.NOBODY_KNOWN, claims.NOBODY),
            "bindings": (claims.BOUND_KNOWN, claims.BOUND),
        }.items()
    }
    found["bindings"] = (found["bindings"][0], (*found["bindings"][1], *_tokens(claims.MISMATCHED, PROOF)))
    found["places"] = (
        tuple(_requests("a good token", placements.PLACES_KNOWN, None)),
        (
            *_requests("a good token", placements.PLACES, TOKEN),
            *_requests("a good token", placements.UNPROVEN, PROOF),
        ),
    )
    found["proofs"] = (
        (*_requests("a proof", proofs.KEYS_KNOWN, None), *_proofs(proofs.PROOFS_KNOWN, None)),
        (*_proofs(proofs.PROOFS, PROOF), *_proofs(proofs.NONCES, NONCE)),
    )
    found["replays"] = (
        (Row("a proof sent once is let in", lambda f: (f.asked(f.token()),), None),),
        tuple(
            Row(_sentence("a proof", name, PROOF), make, PROOF, before)
            for name, (make, before) in proofs.REPLAYS.items()
        ),
    )
    return found


def rows() -> Iterator[Row]:
    for known, hostile in table().values():
        yield from known
        yield from hostile


def _tokens(cases: Mapping[str, tokens.Token], code: str | None) -> Iterator[Row]:
    for name, case in cases.items():
        yield Row(_sentence("a token", name, code), _asking(case), code)


def _asking(case: tokens.Token) -> Make:
    def make(f: Forger) -> tuple[Sent, ...]:
        token = case(f)
        # No proof can name a token of other letters than ASCII; whatever it names then is beside the point.
        return (f.asked(token, None if token.isascii() else f.proof(f.token())),)

    return make


def _proofs(cases: Mapping[str, proofs.Proof], code: str | None) -> Iterator[Row]:
    for name, case in cases.items():
        yield Row(_sentence("a proof", name, code), _proving(case), code)


def _proving(case: proofs.Proof) -> Make:
    def make(f: Forger) -> tuple[Sent, ...]:
        token = f.token()
        return (f.asked(token, case(f, token)),)

    return make


def _requests(what: str, cases: Mapping[str, Callable[[Forger], Sent]], code: str | None) -> Iterator[Row]:
    for name, case in cases.items():
        yield Row(_sentence(what, name, code), _single(case), code)


def _single(case: Callable[[Forger], Sent]) -> Make:
    return lambda f: (case(f),)


def _sentence(what: str, name: str, code: str | None) -> str:
    return f"{what} {name} is {'let in' if code is None else 'refused'}"
