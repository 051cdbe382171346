"""A seal (mốc niêm phong): what a checkpoint signs, its Ed25519 signature, and its small file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from content.files import write_atomically

FOLDER = "checkpoints"
"""In the home: one small file a checkpoint, to be copied to another machine or a USB stick."""
PUBLIC_KEY_FILE = "evidence-key.pub.pem"
SUFFIX = ".seal.json"
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
NONE = "0" * 64
"""`previous` of the first seal."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One signed checkpoint; `body` is the canonical JSON (RFC 8785) that was signed."""

    body: str
    signature: str
    """Hexadecimal, 64 bytes (RFC 8032)."""
    no: int
    """From 1, without gaps, in each station."""
    station: int
    seq: int
    """The record that was the head."""
    hash: str
    at: str
    key: str
    """Id of the key that signed: `key_id` of its public half."""
    previous: str
    """SHA-256 of the body of the seal before it."""

    @classmethod
    def read(cls, body: str, signature: str) -> Seal:
        """Raises ValueError when the body is no seal."""
        try:
            facts = json.loads(body)
            if facts["type"] != "checkpoint":
                raise ValueError("not a checkpoint")
            return cls(
                body=body,
                signature=signature,
                no=int(facts["no"]),
                station=int(facts["station"]),
                seq=int(facts["seq"]),
                hash=str(facts["hash"]),
                at=str(facts["at"]),
                key=str(facts["key"]),
                previous=str(facts["previous"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("not a checkpoint") from error

    @property
    def digest(self) -> str:
        """What the next seal names as `previous`."""
        return hashlib.sha256(self.body.encode("utf-8")).hexdigest()

    @property
    def file_name(self) -> str:
        return f"{self.no:05d}-{self.seq}{SUFFIX}"

    def is_signed_by(self, public_key: str) -> bool:
        return is_signed(self.body.encode("utf-8"), self.signature, public_key)


def make_seal(private_key: str, facts: Mapping[str, Any]) -> Seal:
    """Sign `facts` (no, station, seq, hash, at, key, previous)."""
    body = rfc8785.dumps({"v": 1, "type": "checkpoint", **facts})
    return Seal.read(body.decode("utf-8"), sign(body, private_key))


def new_private_key() -> str:
    """32 random bytes (RFC 8032, 5.1.5), hexadecimal."""
    return Ed25519PrivateKey.generate().private_bytes_raw().hex()


def public_half(private_key: str) -> str:
    """The public key of a private one; both hexadecimal."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key))
    return key.public_key().public_bytes_raw().hex()


def key_id(public_key: str) -> str:
    """Short name of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def sign(message: bytes, private_key: str) -> str:
    """Ed25519 signature, hexadecimal."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private_key)).sign(message).hex()


def is_signed(message: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature is that key's over that message; a malformed one is not."""
    if not _SIGNATURE.fullmatch(signature):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def rotation_statement(station: int, key: str, public_key: str, previous: str) -> bytes:
    """What the old key signs when a new one takes its place."""
    return rfc8785.dumps(
        {
            "v": 1,
            "type": "key",
            "station": station,
            "key": key,
            "public_key": public_key,
            "previous": previous,
        }
    )


def pem(public_key: str) -> str:
    """SubjectPublicKeyInfo, as openssl reads it."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def write_file(folder: Path, seal: Seal) -> Path:
    """The seal as a small file; writing it again changes nothing."""
    path = folder / seal.file_name
    document = {"body": seal.body, "signature": seal.signature}
    write_atomically(path, json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
    return path


def read_folder(folder: Path) -> tuple[list[Seal], list[Path]]:
    """The seals of a folder in order of their names, and the files that hold none."""
    seals, unread = [], []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            seals.append(Seal.read(str(document["body"]), str(document["signature"])))
        except (KeyError, TypeError, ValueError, OSError):
            unread.append(path)
    return seals, unread
