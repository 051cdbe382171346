"""The stand-alone verifier comes to the program's own verdict, on whatever was tampered with."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster import backups, checkpoints, seals, verification
from broadcaster.pack import kiem_tra
from broadcaster.pack.export import export
from broadcaster.pack.scope import Scope
from broadcaster.restore import restore
from broadcaster.settings import Settings
from tests.broadcaster import tampering
from tests.broadcaster.tampering import CASES, Case, opened
from tests.clocks import HandClock

ALL = Scope("toàn bộ")
SCRIPT = files("broadcaster.pack").joinpath("kiem_tra.py")


def packed(home: Path) -> Path:
    target = home.parent / "gói minh chứng.zip"
    app = opened(home)
    try:
        export(app, target, ALL)
    finally:
        app.close()
    return target


def own_verdict(home: Path, printed: str | None = None) -> dict[str, Any]:
    app = opened(home)
    try:
        with app.database.snapshot() as session:
            folders = checkpoints.copies_in(app, [])
            return verification.verify(
                session, app.station_id, app.store, copies=folders, printed=printed
            ).to_json()
    finally:
        app.close()


def pack_verdict(path: Path, printed: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = kiem_tra.Verifier(kiem_tra.Pack(path), printed).run()
    return found


SAME = ("ok", "kind", "seq", "records", "artefacts", "pruned", "checkpoints", "head", "notes")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_verifiers_agree_on_every_tampering(home: Path, case: Case) -> None:
    case.act(home)
    if case.copies:
        shutil.copytree(home / "usb", home / seals.FOLDER)
    target = packed(home)
    ours, theirs = own_verdict(home, case.printed), pack_verdict(target, case.printed)
    if case.kind is None or case.kind == "printed_unknown":
        theirs["notes"] = [note for note in theirs["notes"] if note["kind"] != "unsigned"]
    assert {k: theirs[k] for k in SAME} == {k: ours[k] for k in SAME}
    assert theirs["kind"] == case.kind


def test_it_reads_a_folder_as_well_as_a_zip(home: Path, tmp_path: Path) -> None:
    target = packed(home)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "mở")
    assert pack_verdict(tmp_path / "mở") == pack_verdict(target)
    assert pack_verdict(target)["ok"]


def test_it_runs_alone_from_inside_the_pack(home: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed(home)) as archive:
        archive.extractall(tmp_path / "mở")
    command = [sys.executable, "-I", "-S", str(tmp_path / "mở" / "kiem_tra.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "NGUYÊN VẸN" in done.stdout
    chain = tmp_path / "mở" / "so-minh-chung" / "chain.jsonl"
    chain.write_text(chain.read_text(encoding="utf-8").replace("số 4", "số 5"), encoding="utf-8")
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["kind"], said["seq"]) == ("edited", 4)


def test_it_imports_the_standard_library_only_and_is_written_for_python_3_8() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


@settings(max_examples=25, deadline=None)
@given(message=st.binary(max_size=200), flip=st.integers(0, 511))
def test_its_signatures_are_those_of_the_library(message: bytes, flip: int) -> None:
    private = seals.new_private_key()
    public, signature = seals.public_half(private), seals.sign(message, private)
    assert kiem_tra.is_signed(message, signature, public)
    assert not kiem_tra.is_signed(message + b".", signature, public)
    bad = bytearray(bytes.fromhex(signature))
    bad[flip // 8] ^= 1 << flip % 8
    assert not kiem_tra.is_signed(message, bad.hex(), public)
    assert not seals.is_signed(message, bad.hex(), public)


def test_the_vectors_of_rfc_8032_hold() -> None:
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert kiem_tra.is_signed(b"\x72", signature, public)
    malleable = bytes.fromhex(signature)
    s = int.from_bytes(malleable[32:], "little") + kiem_tra.Q
    again = malleable[:32] + s.to_bytes(32, "little")
    assert not kiem_tra.is_signed(b"\x72", again.hex(), public)


@pytest.mark.parametrize("name", ["pack.json", "files.jsonl", "DOC-TRUOC.txt", "kiem_tra.py"])
def test_a_change_of_the_packs_own_files_is_found(home: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mở"
    with zipfile.ZipFile(packed(home)) as archive:
        archive.extractall(folder)
    text = (folder / name).read_text(encoding="utf-8")
    changed = text.replace("toàn bộ", "toàn b") if name == "pack.json" else text + " \n"
    if name == "files.jsonl":
        changed = text.replace('"bytes": ', '"bytes": 1')
    (folder / name).write_text(changed, encoding="utf-8")
    found = pack_verdict(folder)
    assert found["kind"] == "pack_changed", found


def test_a_pack_that_was_cut_short_is_damaged(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mở"
    with zipfile.ZipFile(packed(home)) as archive:
        archive.extractall(folder)
    chain = folder / "so-minh-chung" / "chain.jsonl"
    chain.write_bytes(chain.read_bytes()[:-40])
    found = pack_verdict(folder)
    assert (found["kind"], found["seq"]) == ("damaged", 14)
    broken = tmp_path / "hỏng.zip"
    broken.write_bytes(b"PK\x03\x04 not a zip")
    assert kiem_tra.main([str(broken)]) == 2


def test_both_tell_of_checkpoints_that_a_restore_replaced(home: Path, tmp_path: Path) -> None:
    """An inspector has a copy of a checkpoint; its records are gone since a restore."""
    file = tmp_path / "bản sao.zip"
    backups.make(home, Settings(), file, HandClock().now())
    app = opened(home)
    tampering.fill(app, 15, 17)
    made = checkpoints.make_checkpoint(app)
    app.close()
    assert made is not None
    inspector = tmp_path / "thanh tra"
    shutil.copytree(home / seals.FOLDER, inspector)
    restore(home, file, app.clock, "Lan")
    target = packed(home)
    assert pack_verdict(target)["ok"]
    assert [note["kind"] for note in pack_verdict(target)["notes"]] == ["restore"]

    folder = tmp_path / "mở"
    with zipfile.ZipFile(target) as archive:
        archive.extractall(folder)
    shutil.copy(inspector / made.seal.file_name, folder / "so-minh-chung" / "checkpoints")
    theirs = pack_verdict(folder)
    shutil.copy(inspector / made.seal.file_name, home / seals.FOLDER)
    ours = own_verdict(home)
    assert (theirs["kind"], theirs["seq"]) == ("replaced", 15)
    assert {k: theirs[k] for k in SAME} == {k: ours[k] for k in SAME}
    assert theirs["what"] == ours["what"]
    assert "khôi phục từ bản sao" in theirs["what"]


def test_a_restore_record_does_not_excuse_a_cut_of_what_is_still_sealed(
    home: Path, tmp_path: Path
) -> None:
    """Whoever can write the database could write such a record: what a row seals must be there."""
    file = tmp_path / "bản sao.zip"
    backups.make(home, Settings(), file, HandClock().now())
    restore(home, file, HandClock(), "Lan")
    with tampering.database(home) as connection:
        connection.execute("DELETE FROM evidence WHERE seq BETWEEN 8 AND 9")
    ours, theirs = own_verdict(home), pack_verdict(packed(home))
    assert (ours["kind"], ours["seq"]) == (theirs["kind"], theirs["seq"]) == ("removed", 8)
