"""A time-stamping authority (RFC 3161) of the tests' own: real tokens, and every way to fail."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOON = datetime(2026, 11, 25, 9, 0, 5, tzinfo=UTC)


class Fault(StrEnum):
    """How one answer goes wrong."""

    WRONG_IMPRINT = "wrong_imprint"
    WRONG_NONCE = "wrong_nonce"
    BAD_SIGNATURE = "bad_signature"
    STRANGER = "stranger"
    """A certificate that the station does not know signs it."""
    NOT_FOR_STAMPS = "not_for_stamps"
    """The certificate was not issued for time stamps."""
    REJECTION = "rejection"
    GARBAGE = "garbage"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    DROP = "drop"


@dataclass
class Authority:
    """A root and the certificate that signs tokens."""

    name: str = "TSA thử"
    for_stamps: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: _key())
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: _key())
    serial: int = 0

    def __post_init__(self) -> None:
        root_name = _name(f"Gốc của {self.name}")
        self.root = _certificate(root_name, root_name, self.root_key, self.root_key, ca=True)
        self.leaf = _certificate(
            _name(self.name), root_name, self.key, self.root_key, for_stamps=self.for_stamps
        )

    @property
    def pem(self) -> bytes:
        """What a station is given to trust."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, request: bytes, at: datetime = NOON, fault: Fault | None = None) -> bytes:
        """TimeStampResp, DER."""
        asked = tsp.TimeStampReq.load(request)
        if fault is Fault.REJECTION:
            said = tsp.PKIStatusInfo(
                {"status": "rejection", "status_string": ["over quota"]}
            ).dump()
            return b"\x30" + bytes([len(said)]) + said  # the token is left out; short form
        token = self._token(self._info(asked, at, fault), at, fault)
        response = {"status": {"status": "granted"}, "time_stamp_token": token}
        return bytes(tsp.TimeStampResp(response).dump())

    def _info(self, asked: Any, at: datetime, fault: Fault | None) -> bytes:
        self.serial += 1
        imprint = asked["message_imprint"].native["hashed_message"]
        if fault is Fault.WRONG_IMPRINT:
            imprint = hashlib.sha256(imprint).digest()
        nonce = asked["nonce"].native + (fault is Fault.WRONG_NONCE)
        info = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": imprint,
            },
            "serial_number": self.serial,
            "gen_time": at.replace(microsecond=0),
            "nonce": nonce,
        }
        return bytes(tsp.TSTInfo(info).dump())

    def _token(self, info: bytes, at: datetime, fault: Fault | None) -> Any:
        leaf = asn1_x509.Certificate.load(self.leaf.public_bytes(Encoding.DER))
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute(
                    {"type": "message_digest", "values": [hashlib.sha256(info).digest()]}
                ),
                cms.CMSAttribute(
                    {
                        "type": "signing_time",
                        "values": [cms.Time({"utc_time": core.UTCTime(at.replace(microsecond=0))})],
                    }
                ),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            tsp.SigningCertificateV2(
                                {"certs": [{"cert_hash": hashlib.sha256(leaf.dump()).digest()}]}
                            )
                        ],
                    }
                ),
            ]
        )
        signature = self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        if fault is Fault.BAD_SIGNATURE:
            signature = self.key.sign(b"something else", ec.ECDSA(hashes.SHA256()))
        issuer = cms.IssuerAndSerialNumber(
            {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
        )
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": issuer}),
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": signature,
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info),
                },
                "certificates": [cms.CertificateChoices({"certificate": leaf})],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


class FakeTsa:
    """Answers POSTs on loopback; `faults` are used up one a request, the rest goes well."""

    def __init__(self, authority: Authority | None = None) -> None:
        self.authority = authority or Authority()
        self.faults: list[Fault] = []
        self.at = NOON
        self.asked: list[bytes] = []
        self._hang = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/tsr"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: bytes) -> tuple[int, bytes] | None:
        """Status and body; None: the connection is dropped without a word."""
        self.asked.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.TIMEOUT:
            self._hang.wait(30)
        if fault in (Fault.TIMEOUT, Fault.DROP):
            return None
        if fault is Fault.SERVER_ERROR:
            return 500, b"<html>busy</html>"
        if fault is Fault.REDIRECT:
            return 302, b""
        if fault is Fault.GARBAGE:
            return 200, b"<html>please log in</html>"
        signing = self.authority
        if fault is Fault.STRANGER:
            signing = Authority(self.authority.name)
        if fault is Fault.NOT_FOR_STAMPS:
            signing = Authority(
                self.authority.name, for_stamps=False, root_key=self.authority.root_key
            )
        return 200, signing.answer(request, self.at, fault)


def _handler(tsa: FakeTsa) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = tsa.answer(asked)
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://192.0.2.1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Silent."""

    return Handler


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
    for_stamps: bool = False,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=365))
        .not_valid_after(NOON + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    if for_stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(signer, hashes.SHA256())
