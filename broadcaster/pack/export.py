"""Makes the pack: the chain, its checkpoints, the verifier, and folders with what went out."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import rfc8785
from sqlmodel import Session, select

from broadcaster import checkpoints, evidence, seals, stamps, verification
from broadcaster.app import App
from broadcaster.evidence import Kind
from broadcaster.pack import index_docx, index_html
from broadcaster.pack.contents import Collector, Contents, File, Finding, Item
from broadcaster.pack.names import Taken, plain, plain_file
from broadcaster.pack.scope import Scope
from broadcaster.pack.writer import PackWriter
from broadcaster.records import Checkpoint
from content.bulletin import Revision
from content.errors import UserError

LEDGER = "so-minh-chung"
INDEX = "Danh-muc-tai-lieu-kiem-chung"
SIMULATED = "MO-PHONG-khong-dung-lam-minh-chung"
_REACH = "-reach.json"
_NO_TASK = "khong-gan-nhiem-vu"
_CERTIFICATES = "chung-thu-co-quan-cap.pem"
_README = """\
Mở “{index}.html” (hoặc .docx) để xem danh mục; mỗi dòng dẫn tới các tệp trong gói này.
Muốn tự kiểm tra: cài Python 3.8 trở lên rồi chạy “python kiem_tra.py” ở đây; không cần mạng.
"""
_STAMPS = """\
Dấu thời gian (RFC 3161): kiem_tra.py so nội dung; chữ ký của cơ quan cấp kiểm bằng openssl,
với chứng thư gốc lấy từ chính cơ quan ấy (bản trong gói để đối chiếu). Với mốc {no}:
  openssl ts -verify -digest {digest} \\
    -in {ledger}/stamps/{file} -CAfile {ledger}/stamps/{certificates}
"""
_SUFFIXES = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "text/html": "html",
    "text/plain": "txt",
    "application/json": "json",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
}

_BLOCK = 1 << 20
_MOST_TEXTS = 200
"""Bulletins kept in memory at once."""

Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Link:
    """A file of the pack, as the index names it."""

    label: str
    path: str | None
    """None: the file is not kept any more."""


@dataclass(slots=True)
class Entry:
    """One line of the index with its files."""

    item: Item
    links: list[Link] = field(default_factory=list)


@dataclass(slots=True)
class Index:
    """What both forms of the index show."""

    station: str
    scope: str
    made: datetime
    """On the station's clock."""
    head: evidence.Head
    tasks: list[tuple[str, list[Entry]]]
    """Heading -> its entries."""
    simulated: list[Entry]
    alarms: list[Finding]
    heard: int
    """Air checks in which the listener got what was approved."""
    plans: list[Link]
    not_out: Mapping[str, int]
    channels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Packed:
    """What was made."""

    path: Path
    records: int
    items: int
    simulated: int
    missing: tuple[str, ...]
    """Files that should be in it and are not on the disk (deleted in time, or lost)."""
    head: evidence.Head
    unsigned: str | None
    """Why the pack has no signature; None where it has one."""
    changed: tuple[str, ...] = ()
    """Files that are not as they were recorded: the pack shows it to whoever checks it."""
    broken: int | None = None
    """The first record that does not hold."""


def export(
    app: App, target: Path, scope: Scope, on_step: Step = lambda done, total: None
) -> Packed:
    """Write the pack to `target`, whole or not at all. Raises UserError.

    The whole chain goes in, so that it can be verified; files only of what is in scope.
    """
    unsigned = _seal(app)
    with app.database.snapshot() as session, PackWriter(target, _local(app)) as writer:
        packer = _Packer(app, session, writer, scope, on_step)
        made = packer.pack(target, unsigned)
        writer.finish()
    return made


def _seal(app: App) -> str | None:
    """A fresh checkpoint, so that a signature covers all of the chain; or why there is none."""
    try:
        checkpoints.make_checkpoint(app)
    except UserError as error:
        return error.message
    return None


class _Packer:
    """Writes one pack."""

    def __init__(
        self, app: App, session: Session, writer: PackWriter, scope: Scope, on_step: Step
    ) -> None:
        self._app = app
        self._session = session
        self._writer = writer
        self._scope = scope
        self._on_step = on_step
        self._paths: dict[str, str | None] = {}
        self._folders = Taken()
        self._missing: list[str] = []
        self._changed: list[str] = []
        self._broken: int | None = None
        self._texts: dict[tuple[int | None, int | None], str | None] = {}
        self._done = self._total = 0

    def pack(self, target: Path, unsigned: str | None) -> Packed:
        """Everything but the finish."""
        head = evidence.head(self._session, self._app.station_id)
        self._total = head.seq
        records, contents = self._chain()
        self._checkpoints()
        self._total += len(contents.items) + len(contents.simulated)
        index = self._index(contents, head)
        with self._writer.entry(f"{INDEX}.html") as sink:
            for piece in index_html.pieces(index):
                sink.write(piece)
        with tempfile.TemporaryFile() as document, self._writer.entry(f"{INDEX}.docx") as sink:
            index_docx.write(index, document)
            document.seek(0)
            while block := document.read(_BLOCK):
                sink.write(block)
        self._writer.add("DOC-TRUOC.txt", self._read_me().encode("utf-8-sig"))
        self._writer.add(
            "kiem_tra.py", files("broadcaster.pack").joinpath("kiem_tra.py").read_bytes()
        )
        self._sign(head, unsigned)
        return Packed(
            path=target,
            records=records,
            items=len(contents.items),
            simulated=len(contents.simulated),
            missing=tuple(self._missing),
            head=head,
            unsigned=unsigned,
            changed=tuple(self._changed),
            broken=self._broken,
        )

    def _chain(self) -> tuple[int, Contents]:
        """The chain as JSON lines, each body exactly as it was hashed."""
        app = self._app
        collector = Collector(self._session, app.station_id, self._scope, app.zone)
        count, last = 0, evidence.GENESIS
        with self._writer.entry(f"{LEDGER}/chain.jsonl") as sink:
            for seq, delivery, body, digest in verification.rows(self._session, app.station_id):
                text = body if isinstance(body, str) else None
                row = {"seq": seq, "delivery": delivery, "hash": digest, "body": text}
                sink.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
                facts = verification.facts_of(body) if text else None
                if facts is not None:  # what was tampered with shows when the pack is verified
                    collector.take(seq, digest, facts)
                if self._broken is None and not _holds(text, digest, facts, last, app.station_id):
                    self._broken = seq
                last = digest
                count += 1
                self._step()
        return count, collector.contents()

    def _checkpoints(self) -> None:
        app, writer = self._app, self._writer
        with writer.entry(f"{LEDGER}/checkpoints.jsonl") as sink:
            for row in self._rows_of_checkpoints():
                sink.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
        for path in sorted((app.home / seals.FOLDER).glob(f"*{seals.SUFFIX}")):
            writer.copy(f"{LEDGER}/checkpoints/{path.name}", path)
        self._stamps()
        keys = checkpoints.keys(self._session, app.station_id)
        pem = "".join(seals.pem(key.public_key) for key in reversed(keys))
        writer.add(f"{LEDGER}/{seals.PUBLIC_KEY_FILE}", pem.encode("ascii"))

    def _read_me(self) -> str:
        """How to look at the pack, and how to check the newest time stamp where there is one."""
        text = _README.format(index=INDEX)
        found = list(self._rows_of_stamps())
        if not found or "digest" not in found[-1]:
            return text
        return text + _STAMPS.format(ledger=LEDGER, certificates=_CERTIFICATES, **found[-1])

    def _stamps(self) -> None:
        """The time stamps, with what whoever checks them with `openssl ts` needs."""
        app, writer = self._app, self._writer
        with writer.entry(f"{LEDGER}/stamps.jsonl") as sink:
            for row in self._rows_of_stamps():
                sink.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
        for name, response in stamps.files(app):
            writer.add(f"{LEDGER}/stamps/{name}", response)
        certificates = stamps.certificates_file(app)
        if certificates is not None and certificates.is_file():
            writer.copy(f"{LEDGER}/stamps/{_CERTIFICATES}", certificates)

    def _rows_of_stamps(self) -> Iterator[dict[str, Any]]:
        try:
            rows = stamps.listed(self._session, self._app.station_id)
        except (TypeError, ValueError):
            yield {"unreadable": True}
            return
        for checkpoint, stamp in rows:
            yield stamps.row_json(checkpoint, stamp)

    def _rows_of_checkpoints(self) -> Iterator[dict[str, Any]]:
        try:
            rows = checkpoints.listed(self._session, self._app.station_id)
        except (TypeError, ValueError):
            yield {"unreadable": True}
            return
        yield from map(_checkpoint_json, rows)

    def _index(self, contents: Contents, head: evidence.Head) -> Index:
        tasks = []
        for task, items in contents.by_task():
            number, words = task or ("", "")
            heading = f"Nhiệm vụ {number}. {words}" if task else "Không gắn nhiệm vụ"
            folder = f"nhiem-vu-{plain(number, 12)}-{plain(words)}" if task else _NO_TASK
            tasks.append((heading.strip(), [self._entry(folder, item) for item in items]))
        simulated = [self._entry(SIMULATED, item) for item in contents.simulated]
        plans = [self._keep("ke-hoach", Taken(), file) for _, file in contents.plans]
        return Index(
            station=self._app.station.name,
            scope=self._scope.words,
            made=_local(self._app),
            head=head,
            tasks=tasks,
            simulated=simulated,
            alarms=[one for one in contents.findings if one.kind == Kind.ALARM],
            heard=sum(one.air_check.get("matched") is True for one in contents.findings),
            plans=plans,
            not_out=contents.not_out,
            channels=_CHANNELS,
        )

    def _entry(self, parent: str, item: Item) -> Entry:
        """One folder: the artefacts, the text that was approved, and the outcome."""
        folder = self._folders.free(f"{parent}/{self._folder_name(item)}")
        taken = Taken()
        entry = Entry(item, [self._keep(folder, taken, file) for file in item.files.values()])
        if (text := self._text(item)) is not None:
            path = f"{folder}/{taken.free('loi-van.txt')}"
            self._writer.add(path, text.encode("utf-8-sig"))
            entry.links.append(Link("lời văn đã duyệt", path))
        path = f"{folder}/{taken.free('ket-qua.json')}"
        self._writer.add(path, _outcome(item))
        entry.links.append(Link("kết quả", path))
        self._step()
        return entry

    def _keep(self, folder: str, taken: Taken, file: File) -> Link:
        """The artefact's place in the pack: each is put in once."""
        if file.sha256 not in self._paths:
            source = self._app.store.path(file.sha256)
            path: str | None = f"{folder}/{taken.free(_file_name(file))}"
            if source.is_file():
                if self._writer.copy(str(path), source, file.sha256) != file.sha256:
                    self._changed.append(file.name)
            else:
                path = None
                self._writer.missing(file.sha256)
                self._missing.append(file.name)
            self._paths[file.sha256] = path
        return Link(_label(file), self._paths[file.sha256])

    def _folder_name(self, item: Item) -> str:
        if item.by_hand:
            return f"{item.day}_minh-chung-bo-sung_{item.seqs[0]}"
        local = datetime.fromisoformat(item.at).astimezone(self._app.zone)
        where = plain(item.target or "", 24)
        return f"{local:%Y-%m-%d_%H%M}_{item.channel}_{where}_{item.delivery}"

    def _text(self, item: Item) -> str | None:
        """A bulletin that goes out every day is read from the database once in a while."""
        key = (item.bulletin, item.revision)
        if key not in self._texts:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[key] = self._read_text(item)
        return self._texts[key]

    def _read_text(self, item: Item) -> str | None:
        query = select(Revision).where(
            Revision.bulletin_id == item.bulletin, Revision.number == item.revision
        )
        revision = self._session.exec(query).first() if item.bulletin is not None else None
        if revision is None:
            return None
        self._session.expunge(revision)
        approved = item.approved or "không có trong sổ"
        return (
            f"{revision.title}\n\n{revision.body}\n\n---\n"
            f"Bản tin {item.bulletin}, bản số {item.revision}. Người duyệt: {approved}.\n"
            f"SHA-256 của nội dung: {revision.sha256}\n"
        )

    def _sign(self, head: evidence.Head, unsigned: str | None) -> None:
        app = self._app
        listing = self._writer.write_listing("files.jsonl")
        with app.database.reading() as session:
            key = None if unsigned else checkpoints.current_key(session, app.station_id)
        body = rfc8785.dumps(
            {
                "v": 1,
                "type": "pack",
                "station": app.station_id,
                "name": app.station.name,
                "scope": self._scope.words,
                "made_at": evidence.iso(app.clock.now()),
                "head": {"seq": head.seq, "hash": head.hash},
                "files_sha256": listing,
                "key": key.key_id if key else None,
            }
        )
        signature = seals.sign(body, checkpoints.private_key(app, key)) if key else None
        document = {"body": body.decode("utf-8"), "signature": signature}
        data = json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8")
        self._writer.add("pack.json", data, listed=False)

    def _step(self) -> None:
        self._done += 1
        self._on_step(self._done, self._total)


_CHANNELS = {"radio": "Loa truyền thanh", "facebook": "Facebook", "zalo": "Zalo"}
_LABELS = {
    "audio/mpeg": "âm thanh đã phát",
    "audio/wav": "âm thanh",
    "text/html": "trang đã đăng",
    "application/json": "dữ liệu gửi, nhận",
}


def _holds(
    body: str | None, digest: str, facts: Mapping[str, Any] | None, before: str, station: int
) -> bool:
    """Whether a record of this station gives its hash and names the one before it."""
    if body is None or facts is None:
        return False
    if facts["prev_hash"] != before or facts["station"] != station:
        return False
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest() == digest


def _label(file: File) -> str:
    """What an officer calls it."""
    if file.name.endswith(_REACH):
        return "số liệu tiếp cận"
    return _LABELS.get(file.media_type, file.name)


def _file_name(file: File) -> str:
    name = plain_file(file.name)
    suffix = _SUFFIXES.get(file.media_type)
    return name if "." in name or suffix is None else f"{name}.{suffix}"


def _outcome(item: Item) -> bytes:
    facts = {one.name: getattr(item, one.name) for one in fields(item)}
    named = item.task
    facts |= {"day": item.day.isoformat(), "files": list(item.files)}
    facts |= {"task": named.no if named else None, "plan": named.plan if named else None}
    facts["findings"] = [
        {"seq": one.seq, "at": one.at, "kind": one.kind, "words": one.words,
         "air_check": one.air_check}
        for one in item.findings
    ]  # fmt: skip
    return json.dumps(facts, ensure_ascii=False, indent=1).encode("utf-8")


def _checkpoint_json(row: Checkpoint) -> dict[str, Any]:
    return {
        "no": row.no,
        "station": row.station_id,
        "seq": row.seq,
        "hash": row.hash,
        "at": evidence.iso(row.at),
        "key": row.key_id,
        "body": row.body,
        "signature": row.signature,
    }


def _local(app: App) -> datetime:
    return app.clock.now().astimezone(app.zone)
