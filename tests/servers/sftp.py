"""An SFTP server on a folder of the test, with a host key of its own and faults on demand."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paramiko

USER = "bientap"
PASSWORD = "sftpMARKERpassword"


class SftpServer:
    """`with SftpServer(folder) as server: server.url, server.known_hosts_line`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = paramiko.ECDSAKey.generate()
        self.drop_on_rename: list[tuple[str, bool]] = []
        """(a name's ending, whether the rename is carried out): the connection is then cut."""
        self.renamed: list[str] = []
        self.logins = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}/cong/cchc"

    @property
    def known_hosts_line(self) -> str:
        return f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._transports:
            transport.close()
        self._thread.join(5)

    def cut(self) -> None:
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, owner=self)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Login(self))
            except (paramiko.SSHException, EOFError):
                transport.close()


class _Login(paramiko.ServerInterface):
    def __init__(self, owner: SftpServer) -> None:
        self._owner = owner

    def check_auth_password(self, username: str, password: str) -> int:
        if (username, password) == (USER, PASSWORD):
            self._owner.logins += 1
            return paramiko.AUTH_SUCCESSFUL
        return paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, *args: Any, owner: SftpServer) -> None:
        super().__init__(server)
        self._owner = owner

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._place(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        place = self._place(path)
        try:
            mode = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
            if flags & os.O_CREAT and (flags & os.O_TRUNC or not place.exists()):
                place.write_bytes(b"")
            file = place.open(mode)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = handle.writefile = file  # type: ignore[attr-defined]
        handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(file.fileno()))  # type: ignore[method-assign]
        return handle

    def mkdir(self, path: str, attr: Any) -> int:
        return self._do(lambda: self._place(path).mkdir())

    def remove(self, path: str) -> int:
        return self._do(lambda: self._place(path).unlink())

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        owner = self._owner
        fault = next((f for f in owner.drop_on_rename if newpath.endswith(f[0])), None)
        if fault is None or fault[1]:
            self._place(oldpath).replace(self._place(newpath))
            owner.renamed.append(newpath.rsplit("/", 1)[-1])
        if fault is not None:
            owner.drop_on_rename.remove(fault)
            owner.cut()
        return paramiko.SFTP_OK

    def _do(self, act: Any) -> int:
        try:
            act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTP_OK

    def _place(self, path: str) -> Path:
        return self._owner.folder / self.canonicalize(path).lstrip("/")
