"""The index as one self-contained web page with links to the files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from broadcaster.pack import rows

if TYPE_CHECKING:
    from broadcaster.pack.contents import Finding
    from broadcaster.pack.export import Entry, Index, Link

_STYLE = """
body { font: 15px/1.45 "Times New Roman", "Liberation Serif", serif; margin: 2em auto;
  max-width: 75em; padding: 0 1em; color: #111; }
h1 { font-size: 1.35em; text-align: center; }
h2 { font-size: 1.1em; margin: 1.8em 0 .5em; }
p.about { margin: .2em 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #667; padding: .3em .5em; vertical-align: top; text-align: left;
  overflow-wrap: anywhere; white-space: pre-line; }
th { background: #d9e2ec; white-space: nowrap; overflow-wrap: normal; }
td:first-child { text-align: center; }
section.simulated { border: 2px solid #a33; padding: 0 1em 1em; margin-top: 2em; }
section.simulated h2 { color: #a33; }
.gone { color: #777; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } tr { break-inside: avoid; } }
"""


def pieces(index: Index) -> Iterator[bytes]:
    """UTF-8 HTML, piece by piece; nothing is fetched from anywhere."""
    about = "\n".join(f'<p class="about">{escape(line)}</p>' for line in rows.notes(index))
    yield _beginning(index, about).encode("utf-8")
    for line in _body(index):
        yield line.encode("utf-8") + b"\n"
    yield b"</body>\n</html>\n"


def _body(index: Index) -> Iterator[str]:
    if index.plans:
        links = ", ".join(map(_link, index.plans))
        yield f'<p class="about">Văn bản kế hoạch: {links}</p>'
    for heading, entries in index.tasks:
        yield from _table(heading, entries, index)
    if not index.tasks:
        yield "<p>Không có tài liệu nào trong phạm vi này.</p>"
    if index.alarms:
        yield from _alarms(index.alarms, index)
    if index.simulated:
        yield '<section class="simulated">'
        yield from _table(rows.SIMULATED, index.simulated, index)
        yield "</section>"


def _beginning(index: Index, about: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Danh mục tài liệu kiểm chứng – {escape(index.station)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{rows.TITLE}</h1>
{about}
"""


def _table(heading: str, entries: list[Entry], index: Index) -> Iterator[str]:
    yield _head(heading, rows.COLUMNS)
    for number, entry in enumerate(entries, 1):
        yield _line(number, entry, index)
    yield "</table>"


def _alarms(alarms: list[Finding], index: Index) -> Iterator[str]:
    yield _head(rows.ALARMS, rows.ALARM_COLUMNS)
    for number, alarm in enumerate(alarms, 1):
        cells = rows.alarm_cells(number, alarm, index)
        yield f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in cells)}</tr>"
    yield "</table>"


def _head(heading: str, columns: tuple[str, ...]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    return f"<h2>{escape(heading)}</h2>\n<table><tr>{head}</tr>"


def _line(number: int, entry: Entry, index: Index) -> str:
    texts = list(map(escape, rows.cells(number, entry, index)))
    links = [_link(link) for link in entry.links]
    address = entry.item.permalink or ""
    if address.startswith(("http://", "https://")):
        links.insert(0, f'<a href="{escape(address, quote=True)}">bài trên mạng</a>')
    texts[-2] = "\n".join(links)
    return f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"


def _link(link: Link) -> str:
    if link.path is None:
        return f'<span class="gone">{escape(link.label)} (tệp không còn)</span>'
    return f'<a href="{quote(link.path)}">{escape(link.label)}</a>'
