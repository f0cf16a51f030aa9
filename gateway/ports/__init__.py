"""What the use cases need from the world, as small protocols; adapters satisfy them, wiring joins them.

Every port on a request's path is `async def`. A port answers or raises an error of
`gateway.domain.errors`; foreign exceptions stop at the adapter.
"""

from gateway.ports.acts import ActStore
from gateway.ports.enrolling import Authenticators, Bucket, Codes, EnrolmentStore
from gateway.ports.issuing import (
    ClientKeyStore,
    IssuerKeyStore,
    IssuingStore,
    KeyReader,
    MakeIssuerKey,
    TokenServer,
)
from gateway.ports.keys import Content, DataKey, KeyMaker, ReadAt, RecordKey, RecordKeys, Seals, StreamSealer
from gateway.ports.ledger import LedgerStore, Mirror, Notary, PublishStore
from gateway.ports.limits import Rates
from gateway.ports.onboarding import OnboardingStore
from gateway.ports.policy import Policy
from gateway.ports.registry import RegistryStore
from gateway.ports.releases import CallerStore, ListStore, ReleaseStore, WatchStore
from gateway.ports.sign_ins import SignInStore
from gateway.ports.telling import PersonNow, Reach, TellingActs, TellingStore
from gateway.ports.world import Clock, Ids, Readiness, Secrets, Uploads

__all__ = [
    "ActStore",
    "Authenticators",
    "Bucket",
    "CallerStore",
    "ClientKeyStore",
    "Clock",
    "Codes",
    "Content",
    "DataKey",
    "EnrolmentStore",
    "Ids",
    "IssuerKeyStore",
    "IssuingStore",
    "KeyMaker",
    "KeyReader",
    "LedgerStore",
    "ListStore",
    "MakeIssuerKey",
    "Mirror",
    "Notary",
    "OnboardingStore",
    "PersonNow",
    "Policy",
    "PublishStore",
    "Rates",
    "Reach",
    "ReadAt",
    "Readiness",
    "RecordKey",
    "RecordKeys",
    "RegistryStore",
    "ReleaseStore",
    "Seals",
    "Secrets",
    "SignInStore",
    "StreamSealer",
    "TellingActs",
    "TellingStore",
    "TokenServer",
    "Uploads",
    "WatchStore",
]
