#!/usr/bin/env python3
"""Verifies an evidence pack (folder or zip) with Python's standard library alone, 3.8 or later.

It shares no code with the program that made the pack and follows the same rules as its
`evidence verify`: every record's SHA-256, its tie to the one before, every file, every signed
checkpoint (Ed25519, RFC 8032). Exit code 0: everything holds; 1: something does not; 2: usage.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

LEDGER = "so-minh-chung"
GENESIS = NONE = "0" * 64
DIGEST = re.compile(r"[0-9a-f]{64}")
SIGNATURE = re.compile(r"[0-9a-f]{128}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
PRINTED = re.compile(r"(?:evidence:(\d+):)?([0-9a-f]{12,64})$")
CLOCK_SLACK = timedelta(minutes=5)
MOST_NOTES = 50
BLOCK = 1 << 20
SHA256_OID = bytes.fromhex("608648016503040201")
GENERALIZED_TIME = 0x18


# Ed25519 (RFC 8032, 5.1.7), on extended coordinates; slow and small, for verifying only.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(one, two):
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(number, point):
    result = (0, 1, 1, 0)
    while number > 0:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _same(one, two):
    x = (one[0] * two[2] - two[0] * one[2]) % P
    y = (one[1] * two[2] - two[1] * one[2]) % P
    return x == 0 and y == 0


def _recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


_Y = 4 * pow(5, P - 2, P) % P
_X = _recover_x(_Y, 0)
BASE = (_X, _Y, 1, _X * _Y % P)


def _point(text):
    if len(text) != 32:
        return None
    y = int.from_bytes(text, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def is_signed(message, signature, public_key):
    """Whether the (hexadecimal) signature is that of the (hexadecimal) key over the bytes."""
    if not SIGNATURE.fullmatch(signature) or not DIGEST.fullmatch(public_key):
        return False
    key, sign = bytes.fromhex(public_key), bytes.fromhex(signature)
    public, r = _point(key), _point(sign[:32])
    s = int.from_bytes(sign[32:], "little")
    if public is None or r is None or s >= Q:
        return False
    digest = hashlib.sha512(sign[:32] + key + message).digest()
    h = int.from_bytes(digest, "little") % Q
    return _same(_multiply(s, BASE), _add(r, _multiply(h, public)))


class BrokenError(Exception):
    """The first thing that does not hold."""

    def __init__(self, kind, seq, what):
        super().__init__(what)
        self.kind, self.seq, self.what = kind, seq, what


class Pack:
    """The files of a pack, whether it was unpacked or not."""

    def __init__(self, path):
        self.path = Path(path)
        self._zip = None if self.path.is_dir() else zipfile.ZipFile(str(self.path))
        self._names = set(self._zip.namelist()) if self._zip else set()

    def bytes(self, name):
        with self.open(name) as file:
            return file.read()

    def open(self, name):
        """Raises FileNotFoundError."""
        if self._zip is None:
            return (self.path / name).open("rb")
        if name not in self._names:
            raise FileNotFoundError(name)
        return self._zip.open(name)

    def text(self, name):
        with self.open(name) as file:
            return file.read().decode("utf-8")

    def lines(self, name):
        """Each line's JSON, one after another: a chain may be longer than the memory."""
        with io.TextIOWrapper(self.open(name), encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def digest(self, name):
        """SHA-256 and length of a file."""
        digest, size = hashlib.sha256(), 0
        with self.open(name) as file:
            for block in iter(lambda: file.read(BLOCK), b""):
                digest.update(block)
                size += len(block)
        return digest.hexdigest(), size

    def copies(self):
        """The copies of checkpoint files, in order of their names."""
        folder = LEDGER + "/checkpoints/"
        if self._zip is not None:
            return sorted(name for name in self._names if name.startswith(folder))
        found = (self.path / folder).glob("*.seal.json")
        return sorted(folder + path.name for path in found)


class Seal:
    """A signed checkpoint, from its body."""

    def __init__(self, body, signature):
        facts = json.loads(body)
        if facts["type"] != "checkpoint":
            raise ValueError("not a checkpoint")
        self.body, self.signature = body, signature
        self.no, self.station, self.seq = (int(facts[n]) for n in ("no", "station", "seq"))
        self.hash, self.at, self.key, self.previous = (
            str(facts[n]) for n in ("hash", "at", "key", "previous")
        )


class Verifier:
    """Walks the chain of a pack once."""

    def __init__(self, pack, printed=None, on_record=None):
        self.pack = pack
        self.on_record = on_record or (lambda count: None)
        self.last_seq, self.last_hash = 0, GENESIS
        self.records = self.artefacts = self.pruned = self.outside = self.sealed = 0
        self.notes = []
        self.keys = {}
        self.key = None
        self.seals, self.rows = [], []
        self.restores, self.extra, self.in_rows = [], [], set()
        self.at = None
        self.printed = _printed(printed)
        self.found_printed = printed is None
        self.files, self.others, self.seen = {}, [], {}
        self.gone = None
        self.stamps = 0
        self.promised = {}

    def run(self):
        """The verdict, as a dict."""
        error = None
        try:
            self._open()
            self._take_seals()
            for row in self.pack.lines(LEDGER + "/chain.jsonl"):
                self._take(row)
                self.on_record(self.records)
            self._end()
            self._check_stamps()
            self._check_pack()
        except BrokenError as broken:
            error = broken
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
            what = "gói bị hỏng, không đọc được sau bản ghi %d (%s)" % (self.last_seq, fault)
            error = BrokenError("damaged", self.last_seq + 1, what)
        return {
            "ok": error is None,
            "kind": error.kind if error else None,
            "seq": error.seq if error else None,
            "what": error.what if error else None,
            "records": self.records,
            "artefacts": self.artefacts,
            "pruned": self.pruned,
            "checkpoints": self.sealed,
            "stamps": self.stamps,
            "outside": self.outside,
            "head": {"seq": self.last_seq, "hash": self.last_hash},
            "notes": self.notes[:MOST_NOTES],
        }

    def _open(self):
        self.signed = json.loads(self.pack.text("pack.json"))
        self.about = json.loads(self.signed["body"])
        self.station = self.about["station"]
        for line in self.pack.lines("files.jsonl"):
            if line.get("artefact"):
                self.files[bytes.fromhex(line["artefact"])] = line.get("path")
            else:
                self.others.append(line)

    def _take_seals(self):
        for row in self.pack.lines(LEDGER + "/checkpoints.jsonl"):
            self.rows.append(self._row(row))
        known = {(s.body, s.signature): s for s in self.rows}
        self.in_rows = set(known)
        for name in self.pack.copies():
            try:
                document = json.loads(self.pack.text(name))
                seal = Seal(str(document["body"]), str(document["signature"]))
            except (KeyError, TypeError, ValueError):
                what = "tệp mốc niêm phong %s không đọc được" % PurePosixPath(name).name
                raise BrokenError("checkpoint_forged", None, what)
            if seal.station == self.station:
                known[(seal.body, seal.signature)] = seal
        self.seals = sorted(known.values(), key=lambda seal: (-seal.seq, -seal.no))

    @staticmethod
    def _row(row):
        if row.get("unreadable"):
            raise BrokenError("checkpoint_forged", None, "có mốc niêm phong bị sửa, không đọc được")
        try:
            seal = Seal(row["body"], row["signature"])
        except (KeyError, TypeError, ValueError):
            what = "mốc niêm phong số %s không đọc được" % row["no"]
            raise BrokenError("checkpoint_forged", row["seq"], what)
        names = ("no", "station", "seq", "hash", "at", "key")
        if any(row[name] != getattr(seal, name) for name in names):
            raise BrokenError(
                "checkpoint_forged", row["seq"], "mốc niêm phong số %s bị sửa" % row["no"]
            )
        return seal

    def _take(self, row):
        facts = self._link(row["seq"], row["delivery"], row["body"], row["hash"])
        seq = row["seq"]
        for artefact in facts["artefacts"]:
            self._check_file(seq, artefact)
        if facts["kind"] == "key":
            self._take_key(seq, facts["details"])
        elif facts["kind"] == "restore":
            self._take_restore(seq, facts["details"])
        elif facts["kind"] == "stamp" and isinstance(facts["details"].get("checkpoint"), int):
            said = facts["details"]
            self.promised[said["checkpoint"]] = (seq, str(said.get("sha256")))
        self.last_seq, self.last_hash = seq, row["hash"]
        self.records += 1
        self._watch_clock(seq, facts["at"])
        wanted, begins = self.printed
        if begins and row["hash"].startswith(begins) and wanted in (None, seq):
            self.found_printed = True
        while self.seals and self.seals[-1].seq <= seq:
            self._check_seal(self.seals.pop())

    def _link(self, seq, delivery, body, digest):
        number = seq if isinstance(seq, int) else self.last_seq + 1
        if not isinstance(body, str) or _sha256(body) != digest:
            raise BrokenError("edited", number, "nội dung bản ghi không khớp mã băm của nó")
        facts = _facts(body)
        if facts is None or not isinstance(seq, int):
            raise BrokenError("edited", number, "nội dung bản ghi không phải do chương trình ghi")
        if facts["station"] != self.station:
            what = "bản ghi thuộc sổ của đơn vị khác (đơn vị số %s)" % facts["station"]
            raise BrokenError("mixed", seq, what)
        if facts["seq"] != seq:
            raise BrokenError("reordered", seq, "bản ghi bị đổi chỗ trong sổ")
        if seq <= self.last_seq:
            raise BrokenError("inserted", seq, "có hai bản ghi cùng số")
        if seq != self.last_seq + 1:
            what = "thiếu bản ghi từ số %d đến số %d" % (self.last_seq + 1, seq - 1)
            raise BrokenError("removed", self.last_seq + 1, what)
        if facts["prev_hash"] != self.last_hash:
            raise BrokenError("inserted", seq, "bản ghi không nối với bản ghi đứng trước")
        if facts["delivery"] != delivery:
            raise BrokenError("edited", seq, "cột của bảng không khớp nội dung bản ghi")
        return facts

    def _check_file(self, seq, artefact):
        digest = bytes.fromhex(artefact["sha256"])
        if digest not in self.files:
            self.outside += 1
            return
        name = self.files[digest]
        short = "%s (%s…)" % (artefact["name"], artefact["sha256"][:12])
        if digest not in self.seen:
            try:
                self.seen[digest] = None if name is None else self.pack.digest(name)
            except FileNotFoundError:
                self.seen[digest] = None
        found = self.seen[digest]
        if found is None:
            if digest not in self._pruned():
                raise BrokenError("artefact_missing", seq, "mất tệp minh chứng " + short)
            self.pruned += 1
            return
        if found[0] != artefact["sha256"]:
            if found[1] < artefact["bytes"]:
                what = "tệp minh chứng %s chỉ còn một phần (ghi dở)" % short
                raise BrokenError("artefact_partial", seq, what)
            raise BrokenError("artefact_changed", seq, "tệp minh chứng %s đã bị thay đổi" % short)
        self.artefacts += 1

    def _pruned(self):
        """Digests that retention records name; read when a file is missing for the first time."""
        if self.gone is None:
            self.gone = set()
            for row in self.pack.lines(LEDGER + "/chain.jsonl"):
                facts = _facts(row["body"]) if '"kind":"retention"' in str(row["body"]) else None
                if facts is not None and facts["kind"] == "retention":
                    listed = facts["details"]["pruned"]
                    self.gone.update(bytes.fromhex(one["sha256"]) for one in listed)
        return self.gone

    def _take_key(self, seq, details):
        public, name = str(details.get("public_key")), str(details.get("key"))
        event, previous = details.get("event"), details.get("previous")
        fits = DIGEST.fullmatch(public) and key_id(public) == name
        if not fits or previous != self.key or name in self.keys:
            raise BrokenError("key_forged", seq, "khóa ký không nối với khóa trước nó")
        if event == "rotated" and self.key is not None:
            statement = _canonical_rotation(self.station, name, public, self.key)
            if not is_signed(statement, str(details.get("signature")), self.keys[self.key][0]):
                raise BrokenError("key_forged", seq, "khóa ký mới không được khóa cũ xác nhận")
        elif event == "replaced" and self.key is not None:
            what = "khóa ký %s bị mất; %s đã thay bằng khóa %s"
            what %= (self.key, details.get("person"), name)
            self.notes.append({"seq": seq, "kind": "key_replaced", "what": what})
        elif event != "made" or self.key is not None:
            raise BrokenError("key_forged", seq, "khóa ký được ghi sai quy cách")
        if self.key is not None:
            self.keys[self.key][2] = seq
        self.keys[name] = [public, seq, None]
        self.key = name

    def _take_restore(self, seq, details):
        known = details.get("checkpoint")
        number = known.get("no") if isinstance(known, dict) else None
        number = number if isinstance(number, int) else 0
        person = details.get("person")
        self.restores.append((seq, person, number))
        what = "đã khôi phục từ bản sao (%s): %s" % (person, _lost(details, seq - 1))
        self.notes.append({"seq": seq, "kind": "restore", "what": what})

    def _replaced_by(self, seal):
        """The restore that put this checkpoint aside, where only a copy has it."""
        if (seal.body, seal.signature) in self.in_rows:
            return None
        return next((one for one in self.restores if seal.no <= one[2]), None)

    def _check_seal(self, seal):
        key = self.keys.get(seal.key)
        in_force = key and key[1] <= seal.seq and (key[2] is None or seal.seq < key[2])
        signed = key and is_signed(seal.body.encode("utf-8"), seal.signature, key[0])
        restore = self._replaced_by(seal)
        holds = in_force and seal.seq <= self.last_seq and seal.hash == self.last_hash
        if restore is not None and (key is None or (signed and not holds)):
            what = (
                "mốc niêm phong số %d đã ký bản ghi %d, nhưng các bản ghi sau số %d đã bị thay "
                "khi %s khôi phục từ bản sao"
            )
            what %= (seal.no, seal.seq, restore[0] - 1, restore[1])
            raise BrokenError("replaced", restore[0], what)
        if not in_force or not signed:
            what = "mốc niêm phong số %d (bản ghi %d) có chữ ký giả" % (seal.no, seal.seq)
            raise BrokenError("checkpoint_forged", seal.seq, what)
        if seal.seq > self.last_seq:
            what = "sổ bị cắt ở cuối: còn %d bản ghi, mốc niêm phong số %d đã ký bản ghi %d"
            what %= (self.last_seq, seal.no, seal.seq)
            raise BrokenError("cut_off", self.last_seq + 1, what)
        if seal.hash != self.last_hash:
            what = "sổ đã bị viết lại: bản ghi %d khác với mốc niêm phong số %d"
            raise BrokenError("edited", seal.seq, what % (seal.seq, seal.no))
        self.sealed += 1
        if (seal.body, seal.signature) not in self.in_rows:
            self.extra.append(seal)

    def _watch_clock(self, seq, text):
        at = _moment(text)
        if self.at is not None and at < self.at - CLOCK_SLACK:
            what = "đồng hồ máy từng sai: bản ghi %d ghi lúc %s UTC, sớm hơn bản ghi %d là %s"
            what %= (seq, text[:16].replace("T", " "), seq - 1, _span(self.at - at))
            self.notes.append({"seq": seq, "kind": "clock", "what": what})
        self.at = at

    def _end(self):
        while self.seals:
            self._check_seal(self.seals.pop())
        claimed = (self.about["head"]["seq"], self.about["head"]["hash"])
        if claimed[0] > self.last_seq:
            what = "sổ bị cắt ở cuối: còn %d trên %d bản ghi" % (self.last_seq, claimed[0])
            raise BrokenError("cut_off", self.last_seq + 1, what)
        if claimed != (self.last_seq, self.last_hash):
            what = "bản ghi cuối không phải bản ghi đã được chốt"
            raise BrokenError("inserted", self.last_seq, what)
        before = None
        for seal in self.rows:
            since = before.seq if before else 0
            aside = [no for seq, _, no in self.restores if since < seq <= seal.seq]
            number = max([before.no if before else 0] + aside) + 1
            tie = _sha256(before.body) if before else NONE
            if seal.no != number or seal.previous != tie:
                what = "thiếu mốc niêm phong số %d" % number
                raise BrokenError("checkpoint_missing", seal.seq, what)
            before = seal
        if any(self._replaced_by(seal) is None for seal in self.extra):
            what = "có tệp mốc niêm phong mà cơ sở dữ liệu không còn giữ"
            raise BrokenError("checkpoint_missing", self.last_seq, what)
        if not self.found_printed:
            what = "mã băm in trên giấy không có trong sổ"
            if self.restores:
                what += "; sổ từng được khôi phục: mã này có thể thuộc các bản ghi đã bị thay"
            raise BrokenError("printed_unknown", self.printed[0], what)

    def _check_stamps(self):
        """Each time stamp (RFC 3161) is on its checkpoint; who signed it is `openssl ts`'s work."""
        try:
            rows = list(self.pack.lines(LEDGER + "/stamps.jsonl"))
        except FileNotFoundError:
            rows = []
        sealed = {seal.no: seal for seal in self.rows}
        kept = {}
        for row in rows:
            seal = sealed.get(row.get("no"))
            try:
                if seal is None:
                    raise ValueError("no such checkpoint")
                answer = self.pack.bytes(LEDGER + "/stamps/" + row["file"])
                imprint, at = stamp_facts(answer)
            except (ValueError, KeyError, IndexError, FileNotFoundError):
                seq = seal.seq if seal else None
                raise BrokenError("stamp_forged", seq, "có dấu thời gian bị sửa, không đọc được")
            if imprint != hashlib.sha256(seal.body.encode("utf-8")).digest():
                what = "mốc niêm phong số %d: dấu thời gian thuộc nội dung khác" % seal.no
                raise BrokenError("stamp_forged", seal.seq, what)
            if at != row["stamped_at"]:
                what = "mốc niêm phong số %d: giờ của dấu thời gian bị sửa" % seal.no
                raise BrokenError("stamp_forged", seal.seq, what)
            self.stamps += 1
            kept[seal.no] = hashlib.sha256(answer).hexdigest()
            self._compare_clocks(seal, at)
        self._check_promises(kept)
        if self.stamps:
            what = "chữ ký của %d dấu thời gian kiểm bằng openssl (xem DOC-TRUOC.txt)" % self.stamps
            self.notes.append({"seq": rows[0]["seq"], "kind": "stamps_unsigned", "what": what})

    def _check_promises(self, kept):
        for no, (seq, digest) in self.promised.items():
            if no not in kept:
                what = "mất dấu thời gian của mốc niêm phong số %d" % no
                raise BrokenError("stamp_missing", seq, what)
            if kept[no] != digest:
                what = "mốc niêm phong số %d: dấu thời gian bị thay bằng dấu khác" % no
                raise BrokenError("stamp_forged", seq, what)

    def _compare_clocks(self, seal, stamped):
        ahead = _moment(seal.at) - _moment(stamped)
        if ahead > CLOCK_SLACK:
            what = "đồng hồ máy từng chạy trước: mốc niêm phong số %d ghi giờ muộn hơn "
            what += "dấu thời gian của nó là %s"
            what %= (seal.no, _span(ahead))
            self.notes.append({"seq": seal.seq, "kind": "clock", "what": what})

    def _check_pack(self):
        """The pack itself: its list of files is the one that was signed, each file as listed."""
        signature = self.signed.get("signature")
        if signature is None:
            what = "gói không có chữ ký (máy không đọc được khóa ký khi xuất)"
            self.notes.append({"seq": self.last_seq, "kind": "unsigned", "what": what})
        else:
            key = self.keys.get(self.about["key"])
            body = self.signed["body"].encode("utf-8")
            if key is None or not is_signed(body, str(signature), key[0]):
                raise BrokenError(
                    "pack_changed", None, "thông tin của gói (pack.json) có chữ ký giả"
                )
        if self.pack.digest("files.jsonl")[0] != self.about["files_sha256"]:
            raise BrokenError("pack_changed", None, "danh sách tệp của gói (files.jsonl) bị sửa")
        for line in self.others:
            try:
                found = self.pack.digest(line["path"])[0]
            except FileNotFoundError:
                found = None
            if found != line["sha256"]:
                how = "mất" if found is None else "bị sửa"
                raise BrokenError("pack_changed", None, "tệp %s trong gói %s" % (line["path"], how))


def stamp_facts(response):
    """(SHA-256 that was stamped, moment) of a TimeStampResp in DER (RFC 3161, 2.4.2)."""
    answer = _parts(_parts(response)[0][1])
    signed = _parts(_parts(_parts(answer[1][1])[1][1])[0][1])
    content = _parts(_parts(signed[2][1])[1][1])[0][1]
    info = _parts(_parts(content)[0][1])
    algorithm, imprint = _parts(info[2][1])
    if _parts(algorithm[1])[0][1] != SHA256_OID or info[4][0] != GENERALIZED_TIME:
        raise ValueError("not a time stamp over SHA-256")
    whole, _, fraction = info[4][1].decode("ascii").rstrip("Z").partition(".")
    at = datetime.strptime(whole, "%Y%m%d%H%M%S")
    return imprint[1], at.strftime("%Y-%m-%dT%H:%M:%S.") + (fraction + "000000")[:6] + "Z"


def _parts(text):
    """[(tag, content)] of what stands one after another in DER (X.690, 8.1)."""
    found, at = [], 0
    while at < len(text):
        tag, length = text[at], text[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if count == 0 or count > 4:
                raise ValueError("not DER")
            length = int.from_bytes(text[at : at + count], "big")
            at += count
        if at + length > len(text):
            raise ValueError("cut short")
        found.append((tag, text[at : at + length]))
        at += length
    return found


def key_id(public):
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def _canonical_rotation(station, key, public, previous):
    """RFC 8785 of a flat object of ASCII texts and whole numbers: sorted keys, no spaces."""
    facts = {
        "v": 1,
        "type": "key",
        "station": station,
        "key": key,
        "public_key": public,
        "previous": previous,
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode("ascii")


def _facts(body):
    """A record's body, or None when the program cannot have written it."""
    try:
        facts = json.loads(body)
        details = facts["details"]
        fine = (
            isinstance(facts["artefacts"], list)
            and isinstance(details, dict)
            and isinstance(facts["seq"], int)
            and all(isinstance(facts[name], str) for name in ("kind", "at", "prev_hash"))
            and all(_is_artefact(one) for one in facts["artefacts"])
            and "delivery" in facts
            and "station" in facts
            and MOMENT.fullmatch(facts["at"]) is not None
            and (
                facts["kind"] != "retention"
                or all(DIGEST.fullmatch(one["sha256"]) for one in details["pruned"])
            )
        )
        datetime.strptime(facts["at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return facts if fine else None


def _is_artefact(value):
    return (
        isinstance(value["name"], str)
        and isinstance(value["bytes"], int)
        and DIGEST.fullmatch(value["sha256"]) is not None
    )


def _lost(details, kept):
    """What of the chain before a restore the backup did not have."""
    heads = details.get("replaced")
    known = (heads if isinstance(heads, list) else []) + [details.get("checkpoint")]
    seqs = [one.get("seq") for one in known if isinstance(one, dict)]
    last = max([seq for seq in seqs if isinstance(seq, int)], default=0)
    if last == 0:
        return "bản ghi sau số %d của sổ cũ bị thay" % kept
    if last <= kept:
        return "không mất bản ghi nào của sổ cũ"
    return "bản sao không có bản ghi %d đến %d của sổ cũ, chúng đã bị thay" % (kept + 1, last)


def _printed(text):
    """(record or None, beginning of the hash) of what stands on paper or in its QR code."""
    if text is None:
        return None, ""
    match = PRINTED.search("".join(text.split()).lower().replace("…", ""))
    if match is None:
        return None, ""
    return (int(match.group(1)) if match.group(1) else None), match.group(2)


def _moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


def _span(gap):
    hours, minutes = divmod(int(gap.total_seconds()) // 60, 60)
    if hours >= 48:
        return "%d ngày" % (hours // 24)
    return "%d giờ %d phút" % (hours, minutes) if hours else "%d phút" % minutes


def _sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _default_pack():
    """The folder that holds this script, or the one above."""
    here = Path(__file__).resolve().parent
    return here if (here / "pack.json").exists() else here.parent


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Kiểm tra gói minh chứng.")
    parser.add_argument("pack", nargs="?", help="thư mục hoặc tệp zip của gói")
    parser.add_argument("--printed", help="mã băm in ở chân trang, hoặc lời của mã QR")
    parser.add_argument("--json", action="store_true", help="in kết luận dạng JSON")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        pack = Pack(options.pack or _default_pack())
    except (OSError, zipfile.BadZipFile) as error:
        print("Không mở được gói: %s" % error, file=sys.stderr)
        return 2

    def show(count):
        if count % 5000 == 0 and sys.stderr.isatty():
            print("\r%d bản ghi" % count, end="", file=sys.stderr, flush=True)

    verdict = Verifier(pack, options.printed, show).run()
    if options.json:
        print(json.dumps(verdict, ensure_ascii=False, indent=2))
    else:
        _say(verdict)
    return 0 if verdict["ok"] else 1


def _say(verdict):
    if verdict["ok"]:
        print("NGUYÊN VẸN: %(records)d bản ghi, %(artefacts)d lượt dẫn tệp, "
              "%(checkpoints)d mốc niêm phong có chữ ký." % verdict)  # fmt: skip
        print("Mã băm cuối: " + verdict["head"]["hash"])
        if verdict["stamps"]:
            print("%(stamps)d mốc có dấu thời gian của cơ quan cấp bên ngoài." % verdict)
        if verdict["outside"]:
            print("%(outside)d lượt dẫn tệp nằm ngoài phạm vi của gói." % verdict)
        if verdict["pruned"]:
            print("%(pruned)d lượt dẫn tệp đã hết hạn lưu và được xóa có ghi sổ." % verdict)
    else:
        where = "" if verdict["seq"] is None else " ở bản ghi %d" % verdict["seq"]
        print("KHÔNG NGUYÊN VẸN%s: %s." % (where, verdict["what"]))
        print("Loại: " + verdict["kind"])
    for note in verdict["notes"]:
        print("Lưu ý: " + note["what"])


if __name__ == "__main__":
    sys.exit(main())
