"""Signing in at a trusted issuer: authorization code with PKCE (OIDC Core 1.0, RFC 7636, RFC 9207).

What an answer must match (`state`, `nonce`, the verifier) is made here and kept by whoever asks, sealed in
the browser's own cookie. Nothing of an answer is used but the ID token.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from urllib.parse import urlencode

from gateway.adapters.identity.client_proof import ClientProof
from gateway.adapters.identity.id_token import Expected, verify_id_token
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.provider_metadata import Endpoints, Metadata
from gateway.adapters.identity.sign_in_entry import SignInEntry
from gateway.domain.base64url import encode
from gateway.domain.errors import BusyError, MalformedError, UnauthenticatedError, UnavailableError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.sign_in import WHOLE_US, Begun, Vouched
from gateway.domain.strict_json import parse_json_object

Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Awaitable[bytes]]
"""Answers the bounded body that an address gives to a form with headers, or raises OSError."""

MOST_AT_ONCE = 16
"""Exchanges under way with one provider: who comes then is asked to come again."""

_WHOLE_S = WHOLE_US // SECOND_US
"""An authentication older than this is as old as a sign-in may become."""
_ANEW_S = 600
"""Time to answer a provider's other questions after the one that counts."""
_MAX_CODE = 4096


class OidcProvider:
    """One issuer of the trusted issuers file where people sign in.

    Args:
        keyring: The issuer and its keys, the same that its access tokens are verified with.
        entry: Its `sign_in` object.
        proof: Which client the gateway is there.
        metadata: Where its endpoints are.
        post: Sends the code.
    """

    def __init__(
        self, keyring: Keyring, entry: SignInEntry, proof: ClientProof, metadata: Metadata, post: Post
    ) -> None:
        self.issuer = keyring.issuer.name
        self.label = entry.label
        self._keyring = keyring
        self._client_id = entry.client_id
        self._proof = proof
        self._metadata = metadata
        self._post = post
        self._under_way = 0

    async def begin(self, redirect_uri: str, now: Instant, *, again: bool) -> Begun:
        """Say where to send the browser; `again` asks that she prove anew who she is.

        Raises:
            UnavailableError: The provider does not say where.
        """
        endpoints = await self._metadata.endpoints(now)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = encode(sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "max_age": "0" if again else str(_WHOLE_S),
        }
        if again:
            asked["prompt"] = "login"
        if self._keyring.issuer.strong_acr:
            asked["acr_values"] = " ".join(sorted(self._keyring.issuer.strong_acr))
        joined = "&" if "?" in endpoints.authorization else "?"
        return Begun(f"{endpoints.authorization}{joined}{urlencode(asked)}", state, nonce, verifier)

    async def finish(
        self, begun: Begun, answer: Mapping[str, str], redirect_uri: str, now: Instant, *, again: bool
    ) -> Vouched:
        """Exchange the answer's code and answer who came back.

        Args:
            begun: What was remembered of the request.
            answer: The parameters that the browser came back with, each once.
            redirect_uri: The very one of the request.
            now: This instant.
            again: Whether she was asked to prove anew who she is.

        Raises:
            UnauthenticatedError: The answer is another request's, another issuer's, or not acceptable.
            UnavailableError: The provider does not answer.
        """
        endpoints = await self._metadata.endpoints(now)
        code = self._require_code(begun, answer, endpoints)
        token = await self._exchange(begun, code, redirect_uri, (endpoints, now))
        longest_s = _ANEW_S if again else _WHOLE_S
        expected = Expected(self._client_id, begun.nonce, longest_s, at_once=again)
        return await verify_id_token(token, self._keyring, expected, now)

    def _require_code(self, begun: Begun, answer: Mapping[str, str], endpoints: Endpoints) -> str:
        state = answer.get("state", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(state, begun.state.encode()):
            raise UnauthenticatedError("the answer belongs to no request of this browser")
        # Before anything is sent anywhere: another provider's answer must not reach this one (RFC 9207).
        if ("iss" in answer or endpoints.names_itself) and answer.get("iss") != self.issuer:
            raise UnauthenticatedError("the answer is another issuer's")
        code = answer.get("code", "")
        if "error" in answer or not 0 < len(code) <= _MAX_CODE:
            raise UnauthenticatedError("the provider let nobody in")
        return code

    async def _exchange(
        self, begun: Begun, code: str, redirect_uri: str, asked: tuple[Endpoints, Instant]
    ) -> str:
        if self._under_way >= MOST_AT_ONCE:
            raise BusyError("so many are signing in that one more would have to wait")
        endpoints, now = asked
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": begun.verifier,
            **self._proof.fields(now),
        }
        self._under_way += 1
        try:
            answer = parse_json_object(await self._post(endpoints.token, form, self._proof.headers()))
        except MalformedError:
            raise UnauthenticatedError("the provider's answer is not accepted") from None
        except OSError:
            raise UnavailableError("the provider does not answer") from None
        finally:
            self._under_way -= 1
        token = answer.get("id_token")
        if not isinstance(token, str):
            # Refused (RFC 6749, section 5.2), or something else than what was asked for.
            raise UnauthenticatedError("the provider gave no ID token")
        return token
