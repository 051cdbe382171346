"""The same targets under atheris, which follows the code's branches.

`python -m tests.fuzz.coverage_guided TARGET [libFuzzer options]`; needs the extra `fuzz`. It
begins with the same documents and answers as `python -m tests.fuzz`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("Skipped: atheris is not installed (pip install -e '.[fuzz]'; Linux, x86-64).")
    with atheris.instrument_imports(include=["broadcaster", "channels", "content", "schedules"]):
        from tests.fuzz.__main__ import tried
        from tests.fuzz.targets import TARGETS, seeds
    target = sys.argv.pop(1)
    if target not in TARGETS:
        sys.exit(f"One of: {', '.join(TARGETS)}")

    def one(data: bytes) -> None:
        if (what := tried(target, data)) is not None:
            raise RuntimeError(what)

    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-"))
    for number, seed in enumerate(seeds(target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], one)
    atheris.Fuzz()  # never returns


if __name__ == "__main__":
    main()
