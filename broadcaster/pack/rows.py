"""The index's lines as texts: what both its forms show in the same words."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from broadcaster.delivery import LABELS
from broadcaster.records import DeliveryStatus as Status

if TYPE_CHECKING:
    from broadcaster.pack.contents import Finding, Item
    from broadcaster.pack.export import Entry, Index

TITLE = "DANH MỤC TÀI LIỆU KIỂM CHỨNG"
SIMULATED = "KẾT QUẢ MÔ PHỎNG – không dùng làm minh chứng"
COLUMNS = (
    "STT",
    "Thời gian",
    "Kênh, nơi nhận",
    "Tên bản tin, tài liệu",
    "Người duyệt",
    "Tài liệu kèm theo",
    "Bản ghi",
)
ALARMS = "BÁO ĐỘNG CỦA ĐÀI – sự cố âm thanh do chương trình tự nhận thấy"
ALARM_COLUMNS = ("STT", "Thời gian", "Kênh, nơi nhận", "Nội dung", "Bản ghi")


def cells(number: int, entry: Entry, index: Index) -> tuple[str, ...]:
    """The line's texts; the column of the files (the last but one) is left to the caller."""
    item = entry.item
    form = f"Hình thức: {item.form}" if item.form else ""
    title = "\n".join(filter(None, (item.title or "(không có tên)", form, *item.remarks)))
    return (
        str(number),
        _time(item, index.made.tzinfo),
        _where(item, index),
        title,
        item.approved or "—",
        "",
        f"{', '.join(map(str, item.seqs))}\n{item.hash[:16]}…",
    )


def alarm_cells(number: int, alarm: Finding, index: Index) -> tuple[str, ...]:
    """An alarm's texts."""
    at = datetime.fromisoformat(alarm.at).astimezone(index.made.tzinfo)
    channel = index.channels.get(alarm.channel, alarm.channel)
    return (
        str(number),
        f"{at:%d/%m/%Y %H:%M:%S}",
        f"{channel}: {alarm.target}",
        alarm.words,
        f"{alarm.seq}\n{alarm.hash[:16]}…",
    )


def notes(index: Index) -> list[str]:
    """What stands above the table."""
    count = sum(len(entries) for _, entries in index.tasks)
    said = [
        f"Đơn vị: {index.station}",
        f"Phạm vi: {index.scope}",
        f"Lập lúc {index.made:%H:%M} ngày {index.made:%d/%m/%Y}: {count} tài liệu.",
        f"Sổ minh chứng: bản ghi số {index.head.seq}, mã băm SHA-256 {index.head.hash}.",
    ]
    others = ", ".join(
        f"{LABELS[Status(outcome)]}: {number}" for outcome, number in sorted(index.not_out.items())
    )
    if index.heard:
        said.append(f"Kiểm tra âm ở phía người nghe: {index.heard} lượt khớp với bản đã duyệt.")
    if others:
        said.append(f"Lượt chưa hoặc không ra ngoài (có trong sổ, không tính): {others}.")
    return said


def _time(item: Item, zone: tzinfo | None) -> str:
    if "T" not in item.at:
        return f"{item.day:%d/%m/%Y}"
    begun = datetime.fromisoformat(item.at).astimezone(zone)
    text = f"{begun:%d/%m/%Y %H:%M:%S}"
    if item.ended_at:
        text += f"\nđến {datetime.fromisoformat(item.ended_at).astimezone(zone):%H:%M:%S}"
    return text


def _where(item: Item, index: Index) -> str:
    if item.by_hand:
        return "Minh chứng bổ sung"
    channel = index.channels.get(item.channel or "", item.channel or "")
    return f"{channel}: {item.target}"
