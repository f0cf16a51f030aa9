"""What keeps the record: keys of persons, agencies and the deployment, handles, and derived keys.

Nothing here calls the provider: the sub-roots are opened once, at start, so that an entry can be written, and
a narrowing act recorded, while the provider is silent. Erasing content leaves what is sealed here readable.
"""

import hmac
import os
from collections import OrderedDict
from typing import Final

from gateway.adapters.crypto.held_keys import RecordKey as HeldRecordKey
from gateway.adapters.crypto.receipts import ReceiptKey
from gateway.adapters.crypto.sealing import KEY_BYTES, expand, part_key, seal, unseal
from gateway.adapters.crypto.sub_roots import SubRoots
from gateway.domain import contexts
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.ports import RecordKey

HANDLE_BYTES: Final = 16
_MAX_RECORD_KEYS: Final = 20_000
_MAX_HANDLES: Final = 50_000


class RecordSeals:
    """Seals ledger parts, snapshots, attributes, manifests and journal acts; makes handles and sub-keys.

    It also signs receipts.
    """

    def __init__(self, deployment: str, sub_roots: SubRoots) -> None:
        self.deployment = deployment
        self._sub_roots = sub_roots
        self._opened: OrderedDict[tuple[str, bytes], HeldRecordKey] = OrderedDict()
        self._index_keys: dict[str, bytes] = {}
        self._handles: dict[tuple[str, str | bytes], bytes] = {}
        self._subjects: dict[PersonId, bytes] = {}
        self._binding_key = self.derive("binding")
        self._journal_key = self.derive("journal")
        self.receipt_key = ReceiptKey(self.derive("receipt/1"))

    def new_record_key(self, owner: str) -> bytes:
        """Make a random record key and give its wrap; `owner` is `person:…`, `agency:…` or `deployment`."""
        return seal(self._sub_roots.record, self._record_key_context(owner), os.urandom(KEY_BYTES))

    def record_key(self, owner: str, wrap: bytes) -> HeldRecordKey:
        """Open an owner's record key; the last 20,000 stay open.

        Raises:
            TamperedError: The wrap is another owner's, another deployment's, or altered.
        """
        found = self._opened.get((owner, wrap))
        if found is not None:
            self._opened.move_to_end((owner, wrap))
            return found
        opened = HeldRecordKey(owner, unseal(self._sub_roots.record, self._record_key_context(owner), wrap))
        self._opened[owner, wrap] = opened
        if len(self._opened) > _MAX_RECORD_KEYS:
            self._opened.popitem(last=False)
        return opened

    def forget_record_key(self, owner: str) -> None:
        """Drop an owner's opened record keys: the other half of destroying their wraps."""
        for key in [key for key in self._opened if key[0] == owner]:
            del self._opened[key]

    def handle(self, kind: str, value: str | bytes) -> bytes:
        """Give the 16-byte keyed handle of a value: equal values of one kind give equal handles.

        Args:
            kind: `person`, `worker`, `health_card`, ...: one key each; from code, never from a caller.
            value: Normalised by the domain beforehand (NFC, case, spaces; check digit verified).
        """
        known = self._handles.get((kind, value))
        if known is not None:
            return known
        key = self._index_keys.get(kind)
        if key is None:
            version = self._sub_roots.index_version
            info = contexts.derived_key_context(self.deployment, f"index/{kind}", version)
            key = self._index_keys[kind] = expand(self._sub_roots.index, info)
        if len(self._handles) >= _MAX_HANDLES:
            self._handles.clear()
        handle = self._handles[kind, value] = _mac(key, kind, value)
        return handle

    def secret_handle(self, kind: str, value: bytes) -> bytes:
        """Give the whole 32-byte keyed handle of a secret, which is kept nowhere, in no cache either."""
        version = self._sub_roots.index_version
        info = contexts.derived_key_context(self.deployment, f"index/{kind}", version)
        return hmac.digest(expand(self._sub_roots.index, info), kind.encode() + b"\x00" + value, "sha256")

    def subject_handle(self, person: PersonId) -> bytes:
        """Give the 16-byte handle that stands for a person in contexts; its key is never rotated."""
        known = self._subjects.get(person)
        if known is None:
            if len(self._subjects) >= _MAX_HANDLES:
                self._subjects.clear()
            known = self._subjects[person] = _mac(self._binding_key, "subject", person)
        return known

    def derive(self, purpose: str) -> bytes:
        """Derive a 32-byte sub-key: `cursor`, `nonce`, `session`, ...; the same for every worker."""
        return expand(self._sub_roots.general, contexts.derived_key_context(self.deployment, purpose, 1))

    def seal_part(self, key: RecordKey, decision_id: str, part: int, plaintext: bytes) -> bytes:
        """Seal one part of a ledger entry under its own key."""
        return seal(
            part_key(key.reveal(), decision_id, part), self.part_context(decision_id, part), plaintext
        )

    def unseal_part(self, key: RecordKey, decision_id: str, part: int, sealed: bytes) -> bytes:
        """Open one part of a ledger entry.

        Raises:
            TamperedError: Another entry's, another part's, another owner's, or altered.
        """
        return unseal(part_key(key.reveal(), decision_id, part), self.part_context(decision_id, part), sealed)

    def part_context(self, decision_id: str, part: int) -> bytes:
        """Give the context with which a disclosed part key (`sealing.part_key`) opens its part."""
        return contexts.part_context(self.deployment, decision_id, part)

    def snapshot_handle(self, digest: bytes) -> bytes:
        """Give the 16-byte handle under which facts are stored once; `digest` is their SHA-256."""
        return self.handle("snapshot", digest)

    def seal_snapshot(self, key: RecordKey, handle: bytes, canonical: bytes) -> bytes:
        """Seal a decision's facts under the person's record key."""
        context = contexts.snapshot_context(self.deployment, key.owner, handle)
        return seal(expand(key.reveal(), context), context, canonical)

    def unseal_snapshot(self, key: RecordKey, handle: bytes, sealed: bytes) -> bytes:
        """Open a decision's facts.

        Raises:
            TamperedError: Another row's, another owner's, or altered.
        """
        context = contexts.snapshot_context(self.deployment, key.owner, handle)
        return unseal(expand(key.reveal(), context), context, sealed)

    def seal_attributes(self, key: RecordKey, version: int, plaintext: bytes) -> bytes:
        """Seal what is known of the key's owner by name, one row a version."""
        context = contexts.attributes_context(self.deployment, key.owner, version)
        return seal(expand(key.reveal(), context), context, plaintext)

    def unseal_attributes(self, key: RecordKey, version: int, sealed: bytes) -> bytes:
        """Open what is known of the key's owner by name.

        Raises:
            TamperedError: Another version's, another owner's, or altered.
        """
        context = contexts.attributes_context(self.deployment, key.owner, version)
        return unseal(expand(key.reveal(), context), context, sealed)

    def seal_manifest(self, key: RecordKey, place: contexts.FragmentPlace, plaintext: bytes) -> bytes:
        """Seal the list of a fragment version's sections under the person's record key."""
        context = contexts.manifest_context(place)
        return seal(expand(key.reveal(), context), context, plaintext)

    def unseal_manifest(self, key: RecordKey, place: contexts.FragmentPlace, sealed: bytes) -> bytes:
        """Open the list of a fragment version's sections.

        Raises:
            TamperedError: Another fragment's, version's, agency's or person's, or altered.
        """
        context = contexts.manifest_context(place)
        return unseal(expand(key.reveal(), context), context, sealed)

    def place(
        self, agency: AgencyId, person: PersonId, fragment: FragmentId, version: int
    ) -> contexts.FragmentPlace:
        """Name where a fragment version stands, from its row."""
        return contexts.FragmentPlace(self.deployment, agency, self.subject_handle(person), fragment, version)

    def seal_journal(self, name: str, plaintext: bytes) -> bytes:
        """Seal a narrowing act for the mirrors; it opens without any row of the database."""
        return seal(self._journal_key, contexts.journal_context(self.deployment, name), plaintext)

    def unseal_journal(self, name: str, sealed: bytes) -> bytes:
        """Open a narrowing act from a mirror.

        Raises:
            TamperedError: Under another name, another deployment's, or altered.
        """
        return unseal(self._journal_key, contexts.journal_context(self.deployment, name), sealed)

    def sign_receipt(self, record: bytes) -> str:
        """Sign the record of a receipt: JWS compact, by a key that every worker derives alike."""
        return self.receipt_key.sign(record)

    def _record_key_context(self, owner: str) -> bytes:
        if owner != "deployment" and not owner.startswith(("person:", "agency:")):
            raise ValueError("a record key has no such owner")
        return contexts.record_key_context(self.deployment, owner)


def _mac(key: bytes, kind: str, value: str | bytes) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return hmac.digest(key, kind.encode() + b"\x00" + content, "sha256")[:HANDLE_BYTES]
