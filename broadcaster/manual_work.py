"""Proofs of what people do: posters, conferences, trainings … kept, hashed and recorded."""

from __future__ import annotations

import io
import json
import mimetypes
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.evidence import Kind, StoredArtefact
from broadcaster.records import EvidenceRecord
from broadcaster.tally import withdrawn
from broadcaster.task_names import find_task
from channels.base import Artefact
from content.errors import Problem, UserError
from content.people import Role, require_role
from schedules.moments import read_day
from schedules.plan import Plan, Task
from schedules.standing import manual_forms

MOST_MEGABYTES = 100
"""Of one file: a phone's photo has 5, a short video 60."""
MOST_FILES = 200
_DAYS_APART = 1
"""A photo taken this near to the said day does not contradict it (an evening, a wrong zone)."""
_EXIF_SECTION, _TAKEN, _CHANGED = 0x8769, 0x9003, 0x0132
"""Exif 2.32: the pointer to the Exif part, DateTimeOriginal in it, and DateTime."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One record of manual work, as the ledger has it."""

    seq: int
    plan: int
    task: str
    form: str | None
    day: date
    people: int
    files: int


@dataclass(slots=True)
class Added:
    """What `evidence add` did; the messages are Vietnamese."""

    seq: int | None
    task: str
    files: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Said:
    """What the person says of the files."""

    task: str
    plan: int | None = None
    day: date | None = None
    form: str | None = None
    people: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    name: str
    data: bytes
    taken: datetime | None


def add(app: App, paths: Sequence[Path], said: Said) -> Added:
    """Keep the files and record them for a task, in one record. Raises UserError.

    A file that this task has already is not recorded twice; when none is new nothing is written.
    """
    files = _read(paths)
    now = app.clock.now()
    today = now.astimezone(app.zone).date()
    if said.day is not None and said.day > today:
        raise UserError(f"Ngày {said.day:%d/%m/%Y} chưa đến.", "Hãy ghi ngày đã làm việc này.")
    stored = [app.store.put(Artefact(one.name, _media_type(one.name), one.data)) for one in files]
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        plan, task = find_task(session, app.station_id, said.task, said.plan, said.day or today)
        form = _form(task, said.form)
        added = Added(None, task.no)
        new = _new_files(session, app, plan, task, list(zip(files, stored, strict=True)), added)
        if not new:
            return added
        day = said.day or _taken_day(new) or today
        details = _details(app, plan, task, said, day, form, new)
        added.files = details["files"]
        added.remarks += _contradictions(new, day, said.day is not None)
        record = evidence.append(
            session,
            app.station_id,
            Kind.MANUAL,
            now,
            {"channel": form, "outcome": "recorded", "simulated": False},
            details=details,
            artefacts=[artefact for _, artefact in new],
        )
        added.seq = record.seq
    return added


def read_date(text: str | None) -> date | None:
    """The day that a person types. Raises UserError."""
    if text is None:
        return None
    day = read_day(text)
    if day is None:
        raise UserError(f"Không hiểu ngày “{text}”.", "Hãy ghi như 2026-11-23 hoặc 23/11/2026.")
    return day


def proofs(session: Session, station_id: int) -> list[Proof]:
    """Every proof of manual work that was not taken back, in order."""
    back = withdrawn(session, station_id, evidence.head(session, station_id))
    return [
        Proof(
            seq,
            details["plan"],
            details["task"],
            details.get("form"),
            date.fromisoformat(details["date"]),
            details.get("people") or 0,
            len(artefacts),
        )
        for seq, details, artefacts in _records(session, station_id)
        if seq not in back
    ]


def _read(paths: Sequence[Path]) -> list[_File]:
    if len(paths) > MOST_FILES:
        raise UserError(f"Mỗi lần chỉ nhận {MOST_FILES} tệp.", "Hãy chia thành nhiều lần.")
    problems = [problem for path in paths if (problem := _problem(path)) is not None]
    if problems:
        raise UserError("", problems=problems)
    return [_file(path) for path in paths]


def _problem(path: Path) -> Problem | None:
    try:
        if not path.is_file():
            return Problem("Không có tệp này.", "Hãy kiểm tra lại tên tệp.", str(path))
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        return Problem(f"Không đọc được: {error.strerror}.", "Hãy kiểm tra quyền đọc.", str(path))
    if size == 0:
        return Problem("Tệp rỗng.", "Hãy chọn tệp khác.", str(path))
    if size > MOST_MEGABYTES * 1_000_000:
        return Problem(
            f"Tệp lớn {size / 1e6:.0f} MB, chỉ nhận đến {MOST_MEGABYTES} MB.",
            "Hãy giảm kích thước, hoặc cắt ngắn video.",
            str(path),
        )
    return None


def _file(path: Path) -> _File:
    data = path.read_bytes()
    return _File(path, unicodedata.normalize("NFC", path.name), data, exif_time(data))


def exif_time(data: bytes) -> datetime | None:
    """When a photo says that it was taken, on the camera's own clock; None where it does not."""
    from PIL import Image, UnidentifiedImageError  # few commands need it

    try:
        with Image.open(io.BytesIO(data)) as image:
            exif = image.getexif()
            text = exif.get_ifd(_EXIF_SECTION).get(_TAKEN) or exif.get(_CHANGED)
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return None
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        return None  # a damaged Exif part says nothing; the photo itself is kept as it is


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _form(task: Task, said: str | None) -> str | None:
    """The form that is proved: as said, or the only one that the task names."""
    known = manual_forms()
    if said is not None:
        if said not in known:
            raise UserError(f"Không có hình thức “{said}”.", f"Hãy chọn: {', '.join(known)}.")
        return said
    named = [name for name in task.channels if name in known]
    return named[0] if len(named) == 1 else None


def _new_files(
    session: Session,
    app: App,
    plan: Plan,
    task: Task,
    files: Sequence[tuple[_File, StoredArtefact]],
    added: Added,
) -> list[tuple[_File, StoredArtefact]]:
    seen: dict[str, tuple[int, bool]] = {}
    for seq, details, artefacts in _records(session, app.station_id):
        mine = (details["plan"], details["task"]) == (plan.id, task.no)
        for known in artefacts:
            seen[known["sha256"]] = seq, mine or seen.get(known["sha256"], (0, False))[1]
    new: dict[str, tuple[_File, StoredArtefact]] = {}
    for file, artefact in files:
        seq, mine = seen.get(artefact.sha256, (0, False))
        if artefact.sha256 in new:
            added.remarks.append(f"{file.name}: trùng với một tệp khác trong lần này, bỏ qua.")
        elif mine:
            added.remarks.append(f"{file.name}: đã có cho nhiệm vụ này (bản ghi {seq}), bỏ qua.")
        else:
            if seq:
                added.remarks.append(f"{file.name}: đã dùng ở bản ghi {seq} cho nhiệm vụ khác.")
            new[artefact.sha256] = file, artefact
    return list(new.values())


def _details(
    app: App,
    plan: Plan,
    task: Task,
    said: Said,
    day: date,
    form: str | None,
    files: Sequence[tuple[_File, StoredArtefact]],
) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "task": task.no,
        "content": task.content,
        "form": form,
        "date": day.isoformat(),
        "date_said": said.day is not None,
        "people": said.people,
        "note": said.note,
        "person": app.person,
        "files": [
            {
                "name": file.name,
                "sha256": artefact.sha256,
                "bytes": artefact.bytes,
                "taken": file.taken.isoformat() if file.taken else None,
            }
            for file, artefact in files
        ],
    }


def _taken_day(files: Sequence[tuple[_File, StoredArtefact]]) -> date | None:
    return min((file.taken.date() for file, _ in files if file.taken), default=None)


def _contradictions(
    files: Sequence[tuple[_File, StoredArtefact]], day: date, said: bool
) -> list[str]:
    word = "ngày khai" if said else "ngày ghi nhận"
    return [
        f"{file.name}: ảnh chụp lúc {file.taken:%H:%M %d/%m/%Y}, khác {word} {day:%d/%m/%Y}."
        for file, _ in files
        if file.taken and abs((file.taken.date() - day).days) > _DAYS_APART
    ]


def _records(
    session: Session, station_id: int
) -> list[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
    query = (
        select(EvidenceRecord.seq, EvidenceRecord.body)
        .where(
            EvidenceRecord.station_id == station_id,
            col(EvidenceRecord.body).contains('"kind":"manual"'),
        )
        .order_by(col(EvidenceRecord.seq))
    )
    found = []
    for seq, text in session.exec(query).all():
        body = json.loads(text)
        if body["kind"] == Kind.MANUAL and "task" in body["details"]:
            found.append((seq, body["details"], body["artefacts"]))
    return found
