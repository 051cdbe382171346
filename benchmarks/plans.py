"""Plans read: each kind of document, growth with the pages, memory; and how much of it is right."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from benchmarks.bench import ROOT, Bench, environment
from benchmarks.measure import Aim, Row, Sample, in_turns, timed
from schedules.plan_reader import read_plan, read_plan_bytes
from schedules.timeframe import read_timeframe
from tests.schedules.plan_truth import fields, plans_with_truth
from tests.schedules.test_timeframe import FIELDS, HELD_OUT, OWN, TIMEFRAMES, contexts_of
from tests.schedules.written_plans import as_docx, as_pdf
from tests.shared_data import PLANS

_CHARACTERS_OF_A_PAGE = 2_400
_GROWTH_SLACK = 1.3
"""Reading grows with the pages; so much more is allowed for what is not linear."""
_MEMORY = """
import resource, sys
from pathlib import Path
from schedules.plan_reader import read_plan_bytes
read_plan_bytes(Path(sys.argv[1]).read_bytes(), "plan")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
_ROUNDS = 1
"""After one to warm up: a document takes seconds, and the sizes themselves are the series."""
Write = Callable[[str], bytes]


def run(bench: Bench) -> Sequence[Row]:
    """Time and memory, then quality."""
    return [
        *_each_plan(bench),
        *_growth(bench, "txt", str.encode, bench.sizes.pages),
        *_growth(bench, "docx", as_docx, bench.sizes.pages[:2]),
        *_growth(bench, "pdf", as_pdf, bench.sizes.pdf_pages),
        *_memory(bench),
        *_fields_right(),
        *_phrases_right(),
    ]


def _each_plan(bench: Bench) -> Iterator[Row]:
    """The real plans where they are, else the bundled one; beside opening the file alone."""
    folder = files("broadcaster.samples")
    sample = next(f for f in folder.iterdir() if f.name.endswith(".md"))
    texts = {path.name[:3]: path.read_text("utf-8") for path in sorted(PLANS.glob("*.txt"))}
    for name, text in (texts or {"sample": sample.read_text("utf-8")}).items():
        pdf = as_pdf(text)
        ours, opened, plain = in_turns(
            _ROUNDS,
            lambda pdf=pdf: timed(lambda: read_plan_bytes(pdf, "plan.pdf")),
            lambda pdf=pdf: timed(lambda: _bare_pdf(pdf)),
            lambda text=text: timed(lambda: read_plan(text, "plan.txt")),
        )
        yield Row(f"plan {name}, pdf", ours, "s", "pdfminer on it", opened)
        yield Row(f"plan {name}, txt", plain, "s", "the same as pdf", ours)


def _bare_pdf(data: bytes) -> None:
    from pdfminer.high_level import extract_text

    if not extract_text(io.BytesIO(data)):
        raise RuntimeError("no text: there is nothing to compare with")


def _growth(bench: Bench, kind: str, write: Write, pages: Sequence[int]) -> Iterator[Row]:
    documents = [write(long_plan(count)) for count in pages]
    samples = in_turns(
        _ROUNDS,
        *(
            lambda data=data: timed(lambda: read_plan_bytes(data, f"plan.{kind}"))
            for data in documents
        ),
    )
    for (small, base), (large, cost) in pairwise(zip(pages, samples, strict=True)):
        aim = Aim(_GROWTH_SLACK * large / small, of_ratio=True)
        yield Row(f"{kind}, {large:,} pages", cost, "s", f"{small:,} pages", base, aim)


def long_plan(pages: int) -> str:
    """A plan of about so many printed pages: units with their duties, and a long annex."""
    head = "KẾ HOẠCH\nTuyên truyền cải cách hành chính năm 2026\n\nI. NỘI DUNG\n1. Một cửa.\n"
    head += "II. TỔ CHỨC THỰC HIỆN\n"
    duties, rows = [], ["STT\tNội dung\tHình thức\tThời gian\tChủ trì"]
    size = 0
    while size < pages * _CHARACTERS_OF_A_PAGE:
        i = len(duties) + 1
        duties.append(
            f"{i}. Thôn số {i}\n- Tuyên truyền dịch vụ công trực tuyến, thanh toán trực tuyến đến"
            " từng hộ dân; phối hợp với Tổ công nghệ số cộng đồng hướng dẫn người dân cài đặt"
            f" VNeID.\n- Tổng hợp, báo cáo Ủy ban nhân dân xã trước ngày {1 + i % 28:02}/6/2026."
        )
        rows.append(
            f"{i}\tTuyên truyền chuyên đề số {i} về một cửa\tLoa truyền thanh\tQuý I/2026\tThôn {i}"
        )
        size += len(duties[-1]) + len(rows[-1])
    return "\n".join([head, *duties, "", "PHỤ LỤC", *rows])


def _memory(bench: Bench) -> Iterator[Row]:
    """The most that a process of its own held while it read."""
    folder = bench.fresh("plans")
    small, large = bench.sizes.pdf_pages[0], bench.sizes.pdf_pages[-1]
    found = []
    for count in (small, large):
        path = folder / f"{count}.pdf"
        path.write_bytes(as_pdf(long_plan(count)))
        found.append(Sample.one(_peak(path)))
    yield Row(f"memory, {large:,} pages", found[1], "MB", f"{small:,} pages", found[0], Aim(500.0))


def _peak(path: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(path)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _fields_right() -> Iterator[Row]:
    """Against the hand-made truth, where it is."""
    for name in plans_with_truth():
        pairs = list(fields(name).values())
        right = sum(read == true for read, true in pairs)
        yield Row(
            f"plan {name}, right", Sample.one(right), "fields", "in its truth",
            Sample.one(len(pairs)),
        )  # fmt: skip


def _phrases_right() -> Iterator[Row]:
    for path in filter(Path.exists, (TIMEFRAMES, OWN, HELD_OUT)):
        data = json.loads(path.read_text("utf-8"))
        contexts = contexts_of(data)
        read = [
            (read_timeframe(one["phrase"], contexts[one["context"]]).to_json(), one)
            for one in data["phrases"]
        ]
        right = sum(all(mine.get(k) == true.get(k) for k in FIELDS) for mine, true in read)
        yield Row(
            f"{path.stem}, right", Sample.one(right), "phrases", "in the file",
            Sample.one(len(read)),
        )  # fmt: skip
