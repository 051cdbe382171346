"""A small ledger of a home, and every way in which somebody may tamper with it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785

from broadcaster import checkpoints, evidence, seals
from broadcaster.app import App, open_app
from broadcaster.evidence import Kind
from broadcaster.setup import make_home
from broadcaster.verification import Break
from channels.base import Artefact
from tests.clocks import HandClock

Connection = sqlite3.Connection
DAY = 86_400.0


def build(home: Path) -> None:
    """Records 1-5; key 6 and checkpoint 1; 7-9 and checkpoint 2; key 10 and 3; 11-14."""
    clock = HandClock()
    app = make_home(home, clock, name="UBND xã Thử", person="Lan")
    try:
        fill(app, 1, 5)
        checkpoints.make_checkpoint(app)
        clock.forward(DAY)
        fill(app, 7, 9)
        checkpoints.make_checkpoint(app)
        clock.forward(DAY)
        checkpoints.rotate_key(app)
        fill(app, 11, 14)
    finally:
        app.close()


def opened(home: Path) -> App:
    """The home a month later, by its editor."""
    clock = HandClock()
    clock.forward(30 * DAY)
    return open_app(home, clock=clock, person="Lan")


def fill(app: App, first: int, last: int) -> None:
    """Records of posts that went out; every third has a file of its own."""
    for number in range(first, last + 1):
        file = Artefact(f"bài {number}.txt", "text/plain", f"nội dung số {number}".encode() * 9)
        stored = [app.store.put(file)] if number % 3 == 0 else []
        with app.database.writing() as session:
            evidence.append(
                session,
                app.station_id,
                Kind.MANUAL,
                app.clock.now(),
                {"bulletin": number, "delivery": number, "simulated": False},
                details={"lời": f"số {number}"},
                artefacts=stored,
            )


@contextmanager
def database(home: Path) -> Iterator[Connection]:
    """As somebody with the file in hand opens it: the triggers dropped."""
    connection = sqlite3.connect(home / "broadcaster.db")
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA foreign_keys=OFF")
    with connection:
        yield connection
    connection.close()


def sql(*statements: str) -> Callable[[Path], None]:
    def act(home: Path) -> None:
        with database(home) as connection:
            for statement in statements:
                connection.execute(statement)

    return act


def body_of(connection: Connection, seq: int) -> dict[str, Any]:
    row = connection.execute("SELECT body FROM evidence WHERE seq = ?", [seq]).fetchone()
    found: dict[str, Any] = json.loads(row[0])
    return found


def put_body(connection: Connection, seq: int, body: dict[str, Any]) -> str:
    """Write a record's body and the hash that fits it."""
    text = rfc8785.dumps(body)
    digest = hashlib.sha256(text).hexdigest()
    connection.execute(
        "UPDATE evidence SET body = ?, hash = ? WHERE seq = ?", [text.decode(), digest, seq]
    )
    return digest


def edit(home: Path) -> None:
    with database(home) as connection:
        text = connection.execute("SELECT body FROM evidence WHERE seq = 4").fetchone()[0]
        connection.execute("UPDATE evidence SET body = ? WHERE seq = 4", [text.replace("4", "9")])


def edit_and_rehash(home: Path) -> None:
    with database(home) as connection:
        put_body(connection, 4, body_of(connection, 4) | {"details": {"lời": "khác"}})


def _rewrite(first: int) -> Callable[[Path], None]:
    """The whole chain from a record on, all hashes and the head made to fit."""

    def act(home: Path) -> None:
        with database(home) as connection:
            last = connection.execute("SELECT max(seq) FROM evidence").fetchone()[0]
            previous = body_of(connection, first)["prev_hash"]
            for seq in range(first, last + 1):
                body = body_of(connection, seq) | {"prev_hash": previous}
                if seq == first:
                    body["details"] = {"lời": "viết lại"}
                previous = put_body(connection, seq, body)
            connection.execute("UPDATE evidence_head SET hash = ?", [previous])

    return act


def unreadable_body(home: Path) -> None:
    with database(home) as connection:
        digest = hashlib.sha256(b"khong phai JSON").hexdigest()
        connection.execute(
            "UPDATE evidence SET body = 'khong phai JSON', hash = ? WHERE seq = 4", [digest]
        )


def other_station(home: Path) -> None:
    with database(home) as connection:
        put_body(connection, 4, body_of(connection, 4) | {"station": 2})


def insert_at_the_end(home: Path) -> None:
    with database(home) as connection:
        body = body_of(connection, 14)
        head = connection.execute("SELECT hash FROM evidence WHERE seq = 14").fetchone()[0]
        text = rfc8785.dumps(body | {"seq": 15, "prev_hash": head})
        row = [body["delivery"], text.decode(), hashlib.sha256(text).hexdigest()]
        connection.execute(
            "INSERT INTO evidence (station_id, seq, delivery_id, body, hash) "
            "VALUES (1, 15, ?, ?, ?)",
            row,
        )


def _cut(after: int, *more: str) -> Callable[[Path], None]:
    """The tail goes, and the head is made to fit what is left."""

    def act(home: Path) -> None:
        with database(home) as connection:
            connection.execute(f"DELETE FROM evidence WHERE seq > {after}")
            digest = connection.execute(
                "SELECT hash FROM evidence WHERE seq = ?", [after]
            ).fetchone()[0]
            connection.execute("UPDATE evidence_head SET seq = ?, hash = ?", [after, digest])
            for statement in more:
                connection.execute(statement)

    return act


def artefact(home: Path, seq: int) -> Path:
    """The file that a record cites."""
    with sqlite3.connect(home / "broadcaster.db") as connection:
        digest = body_of(connection, seq)["artefacts"][0]["sha256"]
    connection.close()
    return home / "evidence" / digest[:2] / digest


def _file(change: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda home: (change(artefact(home, 9)), None)[1]


def _forge_file(home: Path) -> None:
    path = sorted((home / seals.FOLDER).iterdir())[1]
    document = json.loads(path.read_text())
    document["body"] = document["body"].replace('"seq":9', '"seq":8')
    path.write_text(json.dumps(document))


def _own_key(home: Path) -> None:
    """Everything re-signed by a key of the tamperer's own; the copies are elsewhere."""
    shutil.move(home / seals.FOLDER, home / "usb")
    private = seals.new_private_key()
    public = seals.public_half(private)
    with database(home) as connection:
        details = body_of(connection, 6)["details"]
        details |= {"key": seals.key_id(public), "public_key": public}
        previous = put_body(connection, 6, body_of(connection, 6) | {"details": details})
        connection.execute("DELETE FROM evidence WHERE seq > 6")
        connection.execute("DELETE FROM checkpoint")
        connection.execute("UPDATE evidence_head SET seq = 6, hash = ?", [previous])


@dataclass(frozen=True)
class Case:
    """One tampering and what must be said of it."""

    name: str
    act: Callable[[Path], None]
    kind: Break | None
    seq: int | None
    printed: str | None = None
    copies: bool = False


CASES = [
    Case("nothing", lambda _home: None, None, None),
    Case("edited", edit, Break.EDITED, 4),
    Case("edited and rehashed", edit_and_rehash, Break.INSERTED, 5),
    Case("made unreadable", unreadable_body, Break.EDITED, 4),
    Case("rewritten to its end", _rewrite(4), Break.EDITED, 6),
    Case("hash edited", sql("UPDATE evidence SET hash = 'x' WHERE seq = 2"), Break.EDITED, 2),
    Case("delivery moved", sql("UPDATE evidence SET delivery_id = 7 WHERE seq = 5"),
         Break.EDITED, 5),
    Case("removed", sql("DELETE FROM evidence WHERE seq = 3"), Break.REMOVED, 3),
    Case("first removed", sql("DELETE FROM evidence WHERE seq = 1"), Break.REMOVED, 1),
    Case("removed, ranks closed", sql("DELETE FROM evidence WHERE seq = 3",
         "UPDATE evidence SET seq = seq - 1 WHERE seq > 3"), Break.REORDERED, 3),
    Case("swapped", sql("UPDATE evidence SET seq = 99 WHERE seq = 2",
         "UPDATE evidence SET seq = 2 WHERE seq = 3",
         "UPDATE evidence SET seq = 3 WHERE seq = 99"), Break.REORDERED, 2),
    Case("inserted at the end", insert_at_the_end, Break.INSERTED, 15),
    Case("another station's", other_station, Break.MIXED, 4),
    Case("cut", sql("DELETE FROM evidence WHERE seq > 11"), Break.CUT_OFF, 12),
    Case("cut with the head", _cut(8), Break.CUT_OFF, 9),
    Case("cut with head and checkpoints", _cut(8, "DELETE FROM checkpoint WHERE no > 1"),
         Break.CUT_OFF, 9),
    Case("all gone", sql("DELETE FROM evidence"), Break.CHECKPOINT_FORGED, 6),
    Case("head gone", sql("DELETE FROM evidence_head"), Break.INSERTED, 14),
    Case("file changed", _file(lambda path: path.write_bytes(b"k" * 999)),
         Break.ARTEFACT_CHANGED, 9),
    Case("file missing", _file(lambda path: path.unlink()), Break.ARTEFACT_MISSING, 9),
    Case("file half-written", _file(lambda path: path.write_bytes(path.read_bytes()[:40])),
         Break.ARTEFACT_PARTIAL, 9),
    Case("file empty", _file(lambda path: path.write_bytes(b"")), Break.ARTEFACT_PARTIAL, 9),
    Case("seal's signature", sql(f"UPDATE checkpoint SET signature = '{'0' * 128}' WHERE no = 2"),
         Break.CHECKPOINT_FORGED, 9),
    Case("seal's column", sql("UPDATE checkpoint SET hash = 'x' WHERE no = 2"),
         Break.CHECKPOINT_FORGED, 9),
    Case("seal's body", sql("UPDATE checkpoint SET body = replace(body, '\"no\":2', '\"no\":4'), "
         "no = 4 WHERE no = 2"), Break.CHECKPOINT_FORGED, 9),
    Case("seal unreadable", sql("UPDATE checkpoint SET body = '{}' WHERE no = 2"),
         Break.CHECKPOINT_FORGED, 9),
    Case("seal removed", sql("DELETE FROM checkpoint WHERE no = 2"),
         Break.CHECKPOINT_MISSING, 10),
    Case("last seal removed", sql("DELETE FROM checkpoint WHERE no = 3"),
         Break.CHECKPOINT_MISSING, 14),
    Case("seal's file forged", _forge_file, Break.CHECKPOINT_FORGED, 8),
    Case("everything re-signed", _own_key, Break.CHECKPOINT_FORGED, 6, copies=True),
    Case("hash on paper unknown", lambda _home: None, Break.PRINTED_UNKNOWN, None,
         printed="ab" * 32),
    Case("tail rewritten after it was printed", _rewrite(12), Break.PRINTED_UNKNOWN, 14,
         printed="evidence:14:" + "cd" * 32),
]  # fmt: skip
"""Those with `copies` have their checkpoint files in the folder `usb` of the home."""
