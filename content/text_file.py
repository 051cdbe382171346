"""Reads text files: Unicode comes back as clean NFC, anything else is named and refused."""

from __future__ import annotations

import codecs
import stat
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from pathlib import Path

from content.errors import UserError
from content.legacy_text import find_legacy_text, find_lost_letters, likeliest_encoding

MAX_BYTES = 20 * 1024 * 1024

_BINARY_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1B}
_SAVE_AS_UTF8 = (
    "Hãy mở tệp bằng Word hoặc Notepad và lưu lại dạng văn bản với bảng mã UTF-8 "
    "(“Save As”, mục Encoding)."
)


def read_text(path: Path) -> str:
    """The text of a UTF-8 or UTF-16 file: NFC, "\\n" line ends, no byte order mark.

    Raises UserError naming the file, what it seems to be, and the mend.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """All bytes of an ordinary file of at most MAX_BYTES. Raises UserError."""
    name = str(path)
    try:
        _refuse_special(path, name)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError("Không tìm thấy tệp.", "Hãy kiểm tra lại đường dẫn.", file=name) from None
    except PermissionError:
        raise UserError(
            "Không có quyền đọc tệp.", "Hãy cấp quyền đọc hoặc chép tệp ra chỗ khác.", file=name
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"Không đọc được tệp ({reason}).",
            "Hãy kiểm tra ổ đĩa và đường dẫn, rồi thử lại.",
            file=name,
        ) from None
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    return data


def decode(data: bytes, name: str) -> str:
    """Decode the bytes of the file called `name`; see `read_text`.

    UTF-8 with or without a byte order mark and UTF-16 with one are accepted, composed (NFC) or
    decomposed (NFD). Raises UserError for all else, mojibake inside valid Unicode included.
    """
    if not data:
        raise empty_file(name)
    text = _unicode(data, name)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    refuse_legacy_text(text, name)
    return text


def refuse_legacy_text(text: str, name: str, *, numbered: bool = True) -> None:
    """Raise UserError if `text` holds old-font or misread Vietnamese, with its line if numbered."""
    if suspicion := find_legacy_text(text):
        encoding = suspicion.encoding
        raise UserError(
            f"Chữ “{suspicion.excerpt}” có vẻ là {encoding.name}, {encoding.origin}, "
            "không phải tiếng Việt Unicode.",
            encoding.mend,
            file=name,
            line=suspicion.line if numbered else None,
        )
    if lost := find_lost_letters(text):
        raise UserError(
            "Chữ tiếng Việt đã bị mất dấu (thành “?” hoặc “\ufffd”) khi lưu sai bảng mã.",
            "Hãy mở lại tệp gốc và lưu dạng văn bản với bảng mã UTF-8.",
            file=name,
            line=lost if numbered else None,
        )


def empty_file(name: str) -> UserError:
    """The error for a file of no bytes."""
    return UserError("Tệp trống, không có chữ nào.", "Hãy chọn tệp có nội dung.", file=name)


def kind_of(data: bytes) -> str | None:
    """The Vietnamese name of a known kind of binary file, told by its first bytes, or None."""
    return next((kind for start, kind in _signatures() if data.startswith(start)), None)


def _refuse_special(path: Path, name: str) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise UserError(
            "Đây là thư mục, không phải tệp.", "Hãy chọn một tệp trong thư mục.", file=name
        )
    if not stat.S_ISREG(status.st_mode):
        raise UserError(
            "Đây không phải tệp thường (thiết bị hoặc ống dẫn).",
            "Hãy chọn một tệp văn bản.",
            file=name,
        )
    if status.st_size > MAX_BYTES:
        raise _too_large(name)


def _too_large(name: str) -> UserError:
    return UserError(
        f"Tệp quá lớn (giới hạn {MAX_BYTES // (1024 * 1024)} MB).",
        "Hãy tách tệp hoặc bỏ bớt hình ảnh.",
        file=name,
    )


def _unicode(data: bytes, name: str) -> str:
    if kind := kind_of(data):
        raise UserError(
            f"Đây là {kind}, không phải tệp văn bản.",
            "Hãy lưu nội dung thành tệp .txt hoặc .md (UTF-8), hoặc .docx.",
            file=name,
        )
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _other_encoding("UTF-32", name)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(data, name)
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(data, name, data.count(b"\n", 0, error.start) + 1) from None


def _utf16(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError:
        raise UserError("Tệp UTF-16 bị hỏng hoặc bị cắt cụt.", _SAVE_AS_UTF8, file=name) from None
    if "\0" in text:
        raise _binary(name)
    return text


def _refuse_binary(data: bytes, name: str) -> None:
    if b"\0" in data:
        if _looks_like_utf16(data):
            raise _other_encoding("UTF-16 không có dấu BOM", name)
        raise _binary(name)
    controls = sum(data.count(control) for control in _BINARY_CONTROLS)
    if controls * 20 > len(data):
        raise _binary(name)


def _looks_like_utf16(data: bytes) -> bool:
    """Without a mark: half of the bytes are the high ones of Latin letters, 0, 1 or 0x1E."""
    for codec, high in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        latin = sum(high.count(value) for value in (0x00, 0x01, 0x1E))
        if high and latin >= len(high) * 0.9:
            try:
                text = data.decode(codec)
            except UnicodeDecodeError:
                continue
            return "\0" not in text and text.translate(_NO_BLANKS).isprintable()
    return False


_NO_BLANKS = {ord(blank): None for blank in "\t\r\n\f\v"}


def _binary(name: str) -> UserError:
    return UserError(
        "Đây là tệp nhị phân, không phải tệp văn bản.",
        "Hãy chọn tệp .txt, .md (UTF-8) hoặc .docx.",
        file=name,
    )


def _other_encoding(seems: str, name: str) -> UserError:
    return UserError(
        f"Tệp không phải UTF-8, có vẻ là {seems}.",
        _SAVE_AS_UTF8,
        file=name,
    )


def _not_utf8(data: bytes, name: str, line: int) -> UserError:
    encoding = likeliest_encoding(data)
    if encoding is None:
        return UserError(
            "Tệp không phải UTF-8, có vẻ là một bảng mã cũ không nhận ra được.",
            _SAVE_AS_UTF8,
            file=name,
            line=line,
        )
    return UserError(
        f"Tệp không phải UTF-8, có vẻ là {encoding.name}.", encoding.mend, file=name, line=line
    )


@cache
def _signatures() -> tuple[tuple[bytes, str], ...]:
    text = (resources.files("content") / "data" / "signatures.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return tuple((bytes.fromhex(row["starts"]), row["kind"]) for row in table["signature"])
