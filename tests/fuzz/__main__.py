"""The long form: `python -m tests.fuzz --minutes 10`. What fails is kept in tests/fuzz/corpus."""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.mutation import spoilt
from tests.fuzz.targets import PERMITTED, SECONDS, TARGETS, seeds

CORPUS = Path(__file__).parent / "corpus"


def tried(target: str, data: bytes) -> str | None:
    """None where all is well; otherwise what came out, one line a place in the code."""
    started = time.monotonic()
    try:
        TARGETS[target](data)
    except PERMITTED:
        pass
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "site-packages" not in f.filename and "fuzz" not in f.filename]
        place = ours[-1] if ours else frames[-1]
        return f"{type(error).__name__} {Path(place.filename).name}:{place.lineno} {error}"[:300]
    took = time.monotonic() - started
    return f"{took:.1f} s, longer than {SECONDS}" if took > SECONDS else None


def main() -> int:
    options = _options()
    draw = random.Random(options.seed)
    names = options.target or list(TARGETS)
    inputs, found = Counter[str](), dict[str, str]()
    pools = {name: list(seeds(name)) for name in names}
    ends = time.monotonic() + options.minutes * 60
    while time.monotonic() < ends:
        for name in names:
            data = spoilt(draw.choice(pools[name]), draw, pools[name])
            inputs[name] += 1
            if (what := tried(name, data)) is not None:
                place = f"{name} {what.split(' ', 2)[:2]}"
                if place not in found:
                    found[place] = what
                    _keep(name, data)
    for name in names:
        sys.stdout.write(f"{inputs[name]:8} {name}\n")
    sys.stdout.write(f"{sum(inputs.values()):8} inputs, {len(found)} failures\n")
    for place, what in found.items():
        sys.stdout.write(f"{place}: {what}\n")
    return 1 if found else 0


def _keep(name: str, data: bytes) -> None:
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=list(TARGETS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
