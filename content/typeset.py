"""Pages set by Typst from a template of ours and plain data; the same bytes on every machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

PageForm = Literal["pdf", "png"]


def typeset(
    template: bytes | Mapping[str, bytes],
    form: PageForm,
    name: str,
    data: Mapping[str, Any],
    *,
    timestamp: int = 0,
    ppi: float | None = None,
) -> list[bytes]:
    """One PDF, or a PNG of each page.

    `template`: Typst source, or several files of which `main.typ` is the first. It finds `data` as
    JSON under `name` in its inputs: as data and not as markup, so that nothing in a text can be
    read as a command. `timestamp`: of the file's properties, in seconds since 1970. No font of the
    system is used, so every machine gives the same bytes.
    """
    import typst  # most commands set no page

    sources: Any = template if isinstance(template, bytes) else dict(template)
    made: Any = typst.compile(
        sources,
        format=form,
        ppi=ppi,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs={name: json.dumps(data, ensure_ascii=False)},
        timestamp=timestamp,
    )
    return made if isinstance(made, list) else [made]
