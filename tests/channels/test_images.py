"""Pictures made to fit: upright, small, bare; the same bytes every time; bombs are not opened."""

from __future__ import annotations

import io
import os
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from channels.images import ImageError, ImageLimits, fit_image, tidy_images

LIMITS = ImageLimits(100_000, 800)


def photo(path: Path, size: tuple[int, int] = (1600, 1000), **options: object) -> Path:
    """Noise: what compresses worst."""
    noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    noise.save(path, **options)  # type: ignore[arg-type]
    return path


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("name", ["ảnh.jpg", "ảnh.png", "ảnh.gif", "ảnh.webp", "ảnh.tiff"])
def test_every_kind_comes_out_within_the_limits(tmp_path: Path, name: str) -> None:
    made = fit_image(photo(tmp_path / name), LIMITS)
    data = made.read()
    assert len(data) <= LIMITS.most_bytes
    image = opened(data)
    assert image.format == "JPEG"
    assert made.media_type == "image/jpeg"
    assert max(image.size) <= LIMITS.longest_side
    assert abs(image.width / image.height - 1.6) < 0.02


def test_a_drawing_stays_a_png(tmp_path: Path) -> None:
    Image.new("RGB", (600, 400), "red").save(tmp_path / "a.png")
    assert fit_image(tmp_path / "a.png", LIMITS).media_type == "image/png"


def test_the_camera_s_turn_is_carried_out_and_its_data_left_behind(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), "red")
    exif = image.getexif()
    exif[0x0112] = 6
    exif[0x010E] = "nhà ông Ba, 10.77N 106.70E"
    image.save(tmp_path / "a.jpg", exif=exif)
    made = opened(fit_image(tmp_path / "a.jpg", LIMITS).read())
    assert made.size == (20, 40)
    assert not made.getexif()
    assert b"106.70E" not in fit_image(tmp_path / "a.jpg", LIMITS).read()


def test_words_inside_a_png_are_left_behind(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Comment", "bí mật")
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png", pnginfo=said)
    assert opened(fit_image(tmp_path / "a.png", LIMITS).read()).info == {}


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    noise = Image.frombytes("RGBA", (400, 400), os.urandom(400 * 400 * 4))
    noise.putalpha(0)
    noise.save(tmp_path / "a.png")
    made = opened(fit_image(tmp_path / "a.png", ImageLimits(20_000, 400)).read())
    assert made.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_the_same_picture_gives_the_same_bytes_and_is_made_once(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.jpg")
    cache = tmp_path / "cache"
    first = fit_image(source, LIMITS)
    kept = fit_image(source, LIMITS, cache)
    (copy,) = cache.iterdir()
    made_at = copy.stat().st_mtime_ns
    again = fit_image(source, LIMITS, cache)
    assert first.sha256() == kept.sha256() == again.sha256()
    assert copy.stat().st_mtime_ns == made_at
    assert tidy_images(cache, datetime(2000, 1, 1, tzinfo=UTC)) == 0
    assert tidy_images(cache, datetime(2100, 1, 1, tzinfo=UTC)) == len(first.read())


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    """A few bytes that say they are 60,000 × 60,000 points."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    bomb = tmp_path / "bom.png"
    bomb.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99))
    )
    with pytest.raises(ImageError, match=r"bom\.png"):
        fit_image(bomb, LIMITS)


@pytest.mark.parametrize("data", [b"", b"khong phai anh", b"\xff\xd8\xff\xe0 cut", b"GIF89a"])
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.jpg").write_bytes(data)
    with pytest.raises(ImageError, match=r"x\.jpg"):
        fit_image(tmp_path / "x.jpg", LIMITS)


def test_a_cut_picture_is_named(tmp_path: Path) -> None:
    whole = photo(tmp_path / "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"b\.jpg"):
        fit_image(tmp_path / "b.jpg", LIMITS)
