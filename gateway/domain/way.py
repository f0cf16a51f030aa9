"""How somebody in a browser proved who she is."""

from enum import StrEnum


class Way(StrEnum):
    OIDC = "oidc"
    PASSKEY = "passkey"
    CODE = "code"
