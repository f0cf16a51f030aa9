"""Documents of the kinds that agencies keep, invented, each with strings planted in it."""

import json
import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

PLANTED_NAME = "Ondine Chantefable"
PLANTED_NUMBER = "CHAO 1503 2047"
PLANTED_LINE = "Elle dort mieux depuis le déménagement de novembre."
PLANTED = (PLANTED_NAME, PLANTED_NUMBER, PLANTED_LINE)


@dataclass(frozen=True, slots=True)
class Made:
    media_type: str
    content: bytes


def documents() -> Mapping[str, Made]:
    """By name; small ones, ones around every boundary of storage and of sending, and long ones."""
    made = {
        "report.pdf": Made("application/pdf", _pdf()),
        "picture.jpg": Made("image/jpeg", _jpeg()),
        "bundle.json": Made("application/fhir+json", _fhir(600 * KIB)),
        "recording.bin": Made("application/octet-stream", _noise(2 * MIB)),
        "empty.txt": Made("text/plain", b""),
        "one.txt": Made("text/plain", b"\x00"),
    }
    for size in (16 * KIB, 256 * KIB, MIB):
        for length in (size - 1, size, size + 1):
            made[f"{length}.bin"] = Made("application/octet-stream", _noise(length))
    return made


def spans(length: int) -> list[tuple[str, int, int]]:
    """Ranges as a header asks for them, with the `[start, stop)` that must come."""
    if length == 0:
        return []
    middle = length // 2
    asked = [
        ("bytes=0-0", 0, 1),
        (f"bytes={length - 1}-", length - 1, length),
        ("bytes=-1", length - 1, length),
    ]
    asked += [(f"bytes={middle}-", middle, length), (f"bytes=0-{length + 9}", 0, length)]
    for boundary in (16 * KIB, 64 * KIB, 256 * KIB, MIB):
        if length > boundary:
            asked.append((f"bytes={boundary - 1}-{boundary}", boundary - 1, boundary + 1))
    return asked


def planted_text() -> bytes:
    return "\n".join(PLANTED).encode()


def _noise(length: int) -> bytes:
    """Bytes that do not compress, the planted lines at the start and, where they fit, at the end."""
    text = planted_text()
    return (text + random.Random(length).randbytes(length) + text)[-length:]


def _pdf() -> bytes:
    lines = b"".join(b"(" + line.encode("latin-1") + b") Tj T*\n" for line in PLANTED)
    page = b"BT /F1 12 Tf 72 720 Td 14 TL\n" + lines + b"ET\n"
    packed = zlib.compress(page * 40)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(objects, 1):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out + b"trailer << /Size 6 /Root 1 0 R >>\n%%EOF\n")


def _jpeg() -> bytes:
    comment = planted_text()
    frame = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return (
        frame + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _noise(40_000) + b"\xff\xd9"
    )


def _fhir(length: int) -> bytes:
    """A transaction bundle of one invented patient and as many observations as fill it."""
    patient = {
        "resourceType": "Patient",
        "name": [{"text": PLANTED_NAME}],
        "identifier": [{"system": "urn:invented", "value": PLANTED_NUMBER}],
    }
    entries: list[object] = [{"fullUrl": "urn:uuid:p", "resource": patient}]
    note = {"resourceType": "Observation", "status": "final", "note": [{"text": PLANTED_LINE}]}
    each = len(json.dumps(note, ensure_ascii=False).encode()) + 40
    entries += [{"fullUrl": f"urn:uuid:{number:08d}", "resource": note} for number in range(length // each)]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return json.dumps(bundle, ensure_ascii=False).encode()
