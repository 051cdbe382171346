"""Pictures made to fit a platform: upright, small enough, without the camera's data in them."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import Artefact
from content.files import sha256_of_file, write_atomically

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 80_000_000
"""A picture that says it is larger is not opened: unpacked it could fill the memory."""

_QUALITIES = (88, 80, 72, 64, 56)
_SMALLER = 0.75
_SMALLEST_SIDE = 200
_RECIPE = "1"
"""Counted up when the making changes, so that old copies are not taken for new ones."""


class ImageError(Exception):
    """This file cannot be shown; the text is Vietnamese and says what to do."""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a platform takes."""

    most_bytes: int
    longest_side: int = 2048
    """Pixels."""


def fit_image(path: Path, limits: ImageLimits, cache: Path | None = None) -> Artefact:
    """A JPEG (or PNG, where that is what it was and it fits) within `limits`.

    The same bytes for the same picture and limits. EXIF orientation is carried out, all metadata
    is left behind, transparency is laid on white. `cache` keeps the copies. Raises ImageError.
    """
    try:
        source = sha256_of_file(path)
    except OSError:
        raise ImageError(
            f"Không đọc được ảnh “{path.name}”; hãy thêm lại ảnh vào bản tin."
        ) from None
    recipe = f"{_RECIPE}-{limits.most_bytes}-{limits.longest_side}"
    stem = f"{source[:32]}-{recipe}"
    for suffix in (".jpg", ".png"):
        if cache is not None and (cache / (stem + suffix)).is_file():
            return _artefact(path, suffix, cache / (stem + suffix))
    suffix, data = _fitted(path, limits)
    if cache is None:
        return _artefact(path, suffix, data)
    write_atomically(cache / (stem + suffix), data)
    return _artefact(path, suffix, cache / (stem + suffix))


def tidy_images(cache: Path | None, before: datetime) -> int:
    """Remove copies and videos made before a moment; bytes freed. They are made again."""
    freed = 0
    for copy in cache.iterdir() if cache is not None and cache.is_dir() else ():
        status = copy.stat()
        if status.st_mtime < before.timestamp():
            copy.unlink(missing_ok=True)
            freed += status.st_size
    return freed


def _artefact(path: Path, suffix: str, data: bytes | Path) -> Artefact:
    kind = "image/png" if suffix == ".png" else "image/jpeg"
    return Artefact(path.stem + suffix, kind, data)


def _fitted(path: Path, limits: ImageLimits) -> tuple[str, bytes]:
    image, kind = _opened(path)
    image.thumbnail((limits.longest_side, limits.longest_side))
    if kind == "PNG":
        data = _written(image, "PNG", optimize=True)
        if len(data) <= limits.most_bytes:
            return ".png", data
    flat = _on_white(image)
    while min(flat.size) >= 1:
        for quality in _QUALITIES:
            data = _written(flat, "JPEG", quality=quality, optimize=True, progressive=True)
            if len(data) <= limits.most_bytes:
                return ".jpg", data
        if max(flat.size) <= _SMALLEST_SIDE:
            break
        flat.thumbnail((int(flat.width * _SMALLER) or 1, int(flat.height * _SMALLER) or 1))
    raise ImageError(f"Ảnh “{path.name}” không thu nhỏ được đến mức cho phép; hãy dùng ảnh khác.")


def _opened(path: Path) -> tuple[Image, str]:
    """The picture upright and unpacked, and its format. Raises ImageError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        # Pillow warns from 89 million pixels on; the limit below is stricter and refuses.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as opened:
                kind = opened.format or ""
                if opened.width * opened.height > MOST_PIXELS:
                    raise ImageError(
                        f"Ảnh “{path.name}” quá lớn ({opened.width}×{opened.height} điểm); "
                        "hãy thu nhỏ ảnh."
                    )
                upright = ImageOps.exif_transpose(opened)
                upright.load()
        except UnidentifiedImageError:
            reason = "không phải ảnh JPG, PNG, GIF, WebP hay TIFF"
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            reason = "bị hỏng"
        else:
            wanted = "RGBA" if upright.has_transparency_data else "RGB"
            grey = upright.mode == "L"
            return (upright if grey else upright.convert(wanted)), kind
    raise ImageError(f"Ảnh “{path.name}” {reason}; hãy đổi sang ảnh JPG hoặc PNG khác.")


def _on_white(image: Image) -> Image:
    from PIL.Image import new

    if image.mode != "RGBA":
        return image
    ground = new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _written(image: Image, kind: str, **options: int | bool) -> bytes:
    """Without EXIF, XMP, comments or colour profile: only what is handed over is written."""
    from PIL.Image import new

    bare = new(image.mode, image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, kind, **options)
    return out.getvalue()
