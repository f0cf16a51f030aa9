"""Numbers that tell one sealed row of an owner from every other."""

from gateway.ports import RecordKeys


def row_number(keys: RecordKeys, kind: str, row: str) -> int:
    """Number a row by 56 bits of its keyed handle, far above any revision."""
    return (1 << 56) | int.from_bytes(keys.handle(f"row/{kind}", row)[:7], "big")
