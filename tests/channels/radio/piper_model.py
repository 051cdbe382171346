"""A tiny Piper voice for tests: eight ONNX nodes that hum for as long as the text is long.

Written as protobuf bytes by hand, so that the tests need no `onnx` package. The contract is that
of piper-tts 1.8: inputs input[1,n] int64, input_lengths[1] int64, scales[3] float (noise, length,
noise_w); output float samples.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

_INT64, _FLOAT = 7, 1
_SAMPLES_A_PHONEME = 600.0


def write_voice(folder: Path, name: str = "vi_test") -> Path:
    """The model's path; its .json is beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / f"{name}.onnx"
    model.write_bytes(model_bytes())
    config = {
        "audio": {"sample_rate": 16_000},
        "espeak": {"voice": "vi"},
        "phoneme_type": "text",
        "num_symbols": 256,
        "num_speakers": 1,
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": {letter: [4] for letter in map(chr, range(0x20, 0x400))}
        | {"_": [0], "^": [1], "$": [2]},
    }
    (folder / f"{name}.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return model


def model_bytes() -> bytes:
    """sin(0.1 · [0, 1, 2 … n · length_scale · 600])."""
    nodes = [
        _node("Gather", ["scales", "one_index"], "pace"),
        _node("Cast", ["input_lengths"], "count_1", to=_FLOAT),
        _node("Squeeze", ["count_1"], "count"),
        _node("Mul", ["pace", "count"], "paced"),
        _node("Mul", ["paced", "hop"], "end"),
        _node("Range", ["zero", "end", "one"], "steps"),
        _node("Mul", ["steps", "pitch"], "phase"),
        _node("Sin", ["phase"], "output"),
    ]
    floats = {"hop": _SAMPLES_A_PHONEME, "zero": 0.0, "one": 1.0, "pitch": 0.1}
    initialisers = [_scalar(name, _FLOAT, struct.pack("<f", x)) for name, x in floats.items()]
    initialisers.append(_scalar("one_index", _INT64, struct.pack("<q", 1)))
    graph = b"".join(
        [
            *(_field(1, node) for node in nodes),
            _field(2, b"hum"),
            *(_field(5, tensor) for tensor in initialisers),
            _field(11, _value("input", _INT64, [1, "n"])),
            _field(11, _value("input_lengths", _INT64, [1])),
            _field(11, _value("scales", _FLOAT, [3])),
            _field(12, _value("output", _FLOAT, ["samples"])),
        ]
    )
    return _number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13))


def _node(operation: str, inputs: list[str], output: str, *, to: int | None = None) -> bytes:
    parts = [_field(1, name.encode()) for name in inputs]
    parts += [_field(2, output.encode()), _field(3, output.encode()), _field(4, operation.encode())]
    if to is not None:
        parts.append(_field(5, _field(1, b"to") + _number(3, to) + _number(20, 2)))
    return b"".join(parts)


def _scalar(name: str, kind: int, raw: bytes) -> bytes:
    return _number(2, kind) + _field(8, name.encode()) + _field(9, raw)


def _value(name: str, kind: int, shape: list[int | str]) -> bytes:
    dimensions = [
        _number(1, each) if isinstance(each, int) else _field(2, each.encode()) for each in shape
    ]
    tensor = _number(1, kind) + _field(2, b"".join(_field(1, each) for each in dimensions))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])
