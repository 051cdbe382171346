"""Time stamps (dấu thời gian, RFC 3161): an authority outside says when a checkpoint existed.

The station's own clock can be wrong and its own key can sign any date; a token of an authority
that others trust cannot be made afterwards. Each checkpoint names the one before it, so a stamp
on the newest covers all of the chain.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from broadcaster import checkpoints, evidence, seals
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.records import Checkpoint, CheckpointStamp
from channels import wire
from channels.base import Json
from content.errors import UserError
from content.files import write_atomically

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest

SUFFIX = ".tsr"
"""TimeStampResp (RFC 3161, 2.4.2) in DER, beside the checkpoint's file: `openssl ts` reads it."""
_TIMEOUT = (3.0, 7.0)
_SHA256 = "2.16.840.1.101.3.4.2.1"
_MEND = "Chương trình sẽ tự thử lại mỗi giờ; thử ngay: broadcaster evidence stamp."


class BadStampError(Exception):
    """A token that does not prove what it should; the text is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp as it is kept: the checkpoint that it is on, and the authority's moment."""

    no: int
    seq: int
    at: datetime
    url: str
    new: bool


def stamp_newest(app: App) -> Stamp | None:
    """Fetch a stamp for the newest checkpoint, unless it has one; None without checkpoints.

    Raises UserError: no authority is set, it did not answer, it refused, its token is wrong.
    """
    chosen = app.settings.evidence
    if not chosen.tsa_url:
        raise UserError(
            "Chưa đặt cơ quan cấp dấu thời gian.",
            "Hãy điền [evidence] tsa_url và tsa_certificates trong tệp cài đặt.",
        )
    with app.database.reading() as session:
        newest = checkpoints.newest(session, app.station_id)
        known = _stamp_on(session, newest) if newest else None
    if newest is None:
        return None
    if known is not None:
        return Stamp(newest.no, newest.seq, known.stamped_at, known.url, new=False)
    response, at = _ask(app, newest.body.encode("utf-8"))
    with app.database.writing() as session:
        # Another process may have been faster; a stamp is never replaced.
        if _stamp_on(session, newest) is None:
            _keep(app, session, newest, response, at)
    write_files(app)
    return Stamp(newest.no, newest.seq, at, chosen.tsa_url, new=True)


def stamp_due(app: App) -> Stamp | None:
    """As `stamp_newest`, and nothing where no authority is set."""
    return stamp_newest(app) if app.settings.evidence.tsa_url else None


def listed(session: Session, station_id: int) -> list[tuple[Checkpoint, CheckpointStamp]]:
    """All stamps in order of their checkpoints."""
    query = (
        select(Checkpoint, CheckpointStamp)
        .join(CheckpointStamp, col(CheckpointStamp.checkpoint_id) == col(Checkpoint.id))
        .where(Checkpoint.station_id == station_id)
        .order_by(col(Checkpoint.no))
    )
    return list(session.exec(query).all())


def trusted(app: App) -> list[Certificate]:
    """The authority's certificates that the settings name; empty without any.

    Raises UserError for a file that is not there or holds none.
    """
    from cryptography.x509 import load_pem_x509_certificates

    path = certificates_file(app)
    if path is None:
        return []
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise UserError(
            f"Không đọc được chứng thư của cơ quan cấp dấu thời gian: “{path}”.",
            "Cần tệp PEM có chứng thư gốc (và trung gian) của cơ quan ấy.",
        ) from None


def certificates_file(app: App) -> Path | None:
    """Where the settings say that the certificates are."""
    name = app.settings.evidence.tsa_certificates
    return app.home / Path(name).expanduser() if name else None


def check(row: CheckpointStamp, body: str, trust: list[Certificate]) -> None:
    """Whether a kept stamp is on this checkpoint, of that moment, and (with `trust`) signed.

    Raises BadStampError.
    """
    from rfc3161_client import decode_timestamp_response

    try:
        response = base64.b64decode(row.response, validate=True)
        info = decode_timestamp_response(response).tst_info
        imprint, algorithm = info.message_imprint.message, info.message_imprint.hash_algorithm
        moment = info.gen_time
    except ValueError:
        raise BadStampError("dấu thời gian không đọc được") from None
    digest = hashlib.sha256(body.encode("utf-8")).digest()
    if imprint != digest or algorithm.dotted_string != _SHA256:
        raise BadStampError("dấu thời gian thuộc nội dung khác")
    if moment != row.stamped_at:
        raise BadStampError("giờ của dấu thời gian bị sửa")
    if trust:
        _require_signature(response, body.encode("utf-8"), trust, None)


def write_files(app: App) -> None:
    """The stamps as small files beside their checkpoints, those that are missing."""
    folder = app.home / seals.FOLDER
    for name, response in files(app):
        if not (folder / name).exists():
            write_atomically(folder / name, response)


def files(app: App) -> Iterator[tuple[str, bytes]]:
    """Each stamp that can be read, as a file: its name and its bytes."""
    with app.database.reading() as session:
        rows = listed(session, app.station_id)
    for checkpoint, stamp in rows:
        try:
            response = base64.b64decode(stamp.response, validate=True)
        except ValueError:  # somebody changed it: verification names it
            continue
        yield file_name(checkpoint), response


def file_name(checkpoint: Checkpoint) -> str:
    """As the checkpoint's own file, with another ending."""
    return f"{checkpoint.no:05d}-{checkpoint.seq}{SUFFIX}"


def row_json(checkpoint: Checkpoint, stamp: CheckpointStamp) -> dict[str, str | int]:
    """A stamp as the pack lists it."""
    return {
        "no": checkpoint.no,
        "seq": checkpoint.seq,
        "url": stamp.url,
        "stamped_at": evidence.iso(stamp.stamped_at),
        "file": file_name(checkpoint),
        "digest": hashlib.sha256(checkpoint.body.encode("utf-8")).hexdigest(),
    }


def answer_sha256(row: CheckpointStamp) -> str:
    """Of the authority's answer, as the chain names it. Raises ValueError."""
    return hashlib.sha256(base64.b64decode(row.response, validate=True)).hexdigest()


def _keep(
    app: App, session: Session, checkpoint: Checkpoint, response: bytes, at: datetime
) -> None:
    """The stamp, and the record by which its loss is noticed, in one transaction."""
    now, url = app.clock.now(), app.settings.evidence.tsa_url
    row = CheckpointStamp(
        checkpoint_id=checkpoint.id or 0,
        url=url,
        fetched_at=now,
        stamped_at=at,
        response=base64.b64encode(response).decode("ascii"),
    )
    session.add(row)
    details: dict[str, Json] = {
        "checkpoint": checkpoint.no,
        "url": url,
        "stamped_at": evidence.iso(at),
        "sha256": answer_sha256(row),
    }
    facts: dict[str, Json] = {"simulated": False}
    evidence.append(session, app.station_id, Kind.STAMP, now, facts, details=details)


def _stamp_on(session: Session, checkpoint: Checkpoint) -> CheckpointStamp | None:
    query = select(CheckpointStamp).where(CheckpointStamp.checkpoint_id == checkpoint.id)
    return session.exec(query).first()


def _ask(app: App, body: bytes) -> tuple[bytes, datetime]:
    """The authority's answer over these bytes, verified, and its moment."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    trust = trusted(app)
    asked = TimestampRequestBuilder().data(body).hash_algorithm(HashAlgorithm.SHA256).build()
    answer = _post(app, asked.as_bytes())
    try:
        moment = _read(answer)
        _require_signature(answer, body, trust, asked)
    except BadStampError as error:
        raise UserError(f"Không nhận dấu thời gian: {error}.", _MEND) from None
    return answer, moment


def _post(app: App, request: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query"}
    url = app.settings.evidence.tsa_url
    try:
        with wire.new_session(_TIMEOUT) as session:
            answer = wire.call(
                session, app.clock, _TIMEOUT, "POST", url, data=request, headers=headers
            )
    except (wire.NotSent, wire.Unanswered) as error:
        raise UserError(f"Chưa lấy được dấu thời gian: {error}.", _MEND) from None
    if answer.status != 200:
        raise UserError(f"Cơ quan cấp dấu thời gian trả lời HTTP {answer.status}.", _MEND)
    return answer.body


def _read(answer: bytes) -> datetime:
    """The moment in an answer that grants a stamp."""
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(answer)
        if response.status != 0:  # PKIStatus granted (RFC 3161, 2.4.2)
            why = ", ".join(response.status_string) or f"mã {response.status}"
            raise BadStampError(f"cơ quan cấp từ chối ({why})")
        return response.tst_info.gen_time
    except ValueError:
        raise BadStampError("câu trả lời không phải dấu thời gian") from None


def _require_signature(
    response: bytes, body: bytes, trust: list[Certificate], asked: TimeStampRequest | None
) -> None:
    """Signed by a certificate for time stamps that leads to `trust`; over `body`, as asked."""
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    builder = VerifierBuilder(roots=list(trust))
    if asked is not None and asked.nonce is not None:
        builder = builder.nonce(asked.nonce)
    try:
        builder.build().verify_message(decode_timestamp_response(response), body)
    except (VerificationError, ValueError) as error:
        raise BadStampError(_why(str(error))) from None


_WORDS = {
    "Nonce": "câu trả lời không thuộc câu hỏi này (nonce)",
    "Mismatch between messages": "dấu thời gian thuộc nội dung khác",
    "certificate verify error": "chứng thư không dẫn tới chứng thư gốc đã cài (tsa_certificates)",
    "signature failure": "chữ ký sai",
    "EKU": "chứng thư không dùng để cấp dấu thời gian",
}
"""What the library says -> what an officer reads; the first that fits."""


def _why(said: str) -> str:
    return next((words for mark, words in _WORDS.items() if mark in said), "chữ ký không kiểm được")
