"""Liquidsoap's command server, over its unix socket or telnet port."""

from __future__ import annotations

import re
import socket
from types import TracebackType

from channels.radio.outputs.base import failure, network_failure

_TIME_LIMIT = 2.0
_LONGEST_ANSWER = 1 << 20
_TRACE_LINE = re.compile(r"\[.*?\]\s*")
UNKNOWN = "No such request."


class LiquidsoapServer:
    """One connection, one command at a time. Every method raises OSError."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        """A unix socket's path, or host and port."""
        self._where = "Liquidsoap"
        try:
            self._socket = _connect(address)
        except OSError as error:
            raise network_failure(error, self._where) from None
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> LiquidsoapServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, command: str) -> list[str]:
        """The lines of the answer, without the END."""
        if any(ord(character) < 32 for character in command):
            raise failure("tên tệp có ký tự điều khiển")
        try:
            self._socket.sendall(command.encode() + b"\n")
            return self._answer()
        except OSError as error:
            raise network_failure(error, self._where) from None

    def queues(self) -> list[str]:
        """The names of all request queues."""
        found = (re.match(r"\| (\S+)\.push <", line) for line in self.ask("help"))
        return [match[1] for match in found if match]

    def push(self, queue: str, uri: str) -> str:
        """The request's number. It says nothing of whether it can be, or will be, played."""
        answer = " ".join(self.ask(f"{queue}.push {uri}")).strip()
        if not answer.isdigit():
            raise failure(f"Liquidsoap không nhận tệp: {answer[:100]}")
        return answer

    def is_on_air(self, request: str) -> bool:
        """Whether a source that an output is playing has begun this request and not ended it."""
        return request in " ".join(self.ask("request.on_air")).split()

    def why_not(self, request: str) -> str:
        """The last line of the request's own history."""
        lines = [line for line in self.ask(f"request.trace {request}") if line.strip()]
        last = _TRACE_LINE.sub("", lines[-1]) if lines else UNKNOWN
        return "không đọc được tệp" if last == UNKNOWN else last[:120]

    def skip(self, queue: str) -> None:
        """End what the queue is playing and forget what waits in it."""
        self.ask(f"{queue}.flush_and_skip")

    def _answer(self) -> list[str]:
        lines: list[str] = []
        size = 0
        while size < _LONGEST_ANSWER:
            line = self._lines.readline(_LONGEST_ANSWER)
            if not line:
                raise ConnectionResetError
            size += len(line)
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if text == "END":
                return lines
            lines.append(text)
        raise failure("câu trả lời của Liquidsoap quá dài")


def _connect(address: str | tuple[str, int]) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=_TIME_LIMIT)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(_TIME_LIMIT)
    try:
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made
