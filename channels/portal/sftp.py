"""The section over SFTP: a known host only, written under another name, then renamed."""

from __future__ import annotations

import io
import posixpath
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from channels.base import NOT_REACHED, ChannelError, ErrorKind, Health, OutcomeUnknown
from channels.portal.settings import PortalSettings

if TYPE_CHECKING:
    from paramiko import SFTPClient, SSHClient


class SftpPlace:
    """One connection for each publication; the password never leaves this process's memory."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        parts = urlsplit(settings.server)
        self._host = parts.hostname or ""
        self._port = parts.port or 22
        self._user = settings.user or unquote(parts.username or "")
        self._root = unquote(parts.path) or "."

    @contextmanager
    def open(self) -> Iterator[_Folder]:
        """Connect, check the host's key, log in."""
        import paramiko

        with paramiko.SSHClient() as client:
            self._connect(client)
            try:
                with client.open_sftp() as sftp:
                    sftp.get_channel().settimeout(self._settings.timeout[1])  # type: ignore[union-attr]
                    yield _Folder(sftp, self._root)
            except (paramiko.SSHException, EOFError):
                lost = OutcomeUnknown("Mất kết nối SFTP với cổng thông tin khi đang gửi.")
            else:
                return
        raise lost

    def check(self) -> Health:
        """Connect, write a hidden file and remove it."""
        try:
            with self.open() as folder:
                folder.probe()
        except (ChannelError, OutcomeUnknown) as error:
            return Health("SFTP", ok=False, message=error.message)
        return Health("SFTP", ok=True, message=f"Ghi được vào {self._host}:{self._root}.")

    def _connect(self, client: SSHClient) -> None:
        import paramiko

        known = self._settings.known_hosts
        if known is not None and known.is_file():
            client.load_host_keys(str(known))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        connect, read = self._settings.timeout
        key = self._settings.key_file
        try:
            client.connect(
                self._host,
                self._port,
                self._user,
                password=self._settings.password or None,
                key_filename=str(key) if key else None,
                timeout=connect,
                banner_timeout=read,
                auth_timeout=read,
                allow_agent=False,
                look_for_keys=False,
            )
        except (paramiko.BadHostKeyException, paramiko.AuthenticationException) as error:
            fault = self._not_trusted(isinstance(error, paramiko.BadHostKeyException))
        except paramiko.SSHException as error:
            unknown = "not found in known_hosts" in str(error)
            fault = self._not_known() if unknown else _not_reached("máy chủ SFTP không trả lời")
        except (OSError, EOFError) as error:
            fault = _not_reached(getattr(error, "strerror", None) or "không kết nối được")
        except ValueError:
            fault = ChannelError(
                ErrorKind.REAUTHORISE, "Không đọc được tệp khóa SFTP (key_file).", code="key"
            )
        else:
            return
        raise fault

    def _not_trusted(self, host_key: bool) -> ChannelError:
        if not host_key:
            message = "Máy chủ SFTP không nhận tài khoản, mật khẩu hoặc khóa; hãy xem lại [portal]."
            return ChannelError(ErrorKind.REAUTHORISE, message, code="login")
        message = (
            f"Khóa của máy chủ {self._host} đã đổi so với known_hosts. Đừng đăng nhập; "
            "hãy hỏi người quản trị cổng rồi mới sửa known_hosts."
        )
        return ChannelError(ErrorKind.STOP, message, code="host_key")

    def _not_known(self) -> ChannelError:
        message = (
            f"Chưa biết khóa của máy chủ {self._host}. Hãy chạy: ssh-keyscan -p {self._port} "
            f"{self._host} >> {self._settings.known_hosts}, rồi đối chiếu với người quản trị cổng."
        )
        return ChannelError(ErrorKind.STOP, message, code="host_key")


class _Folder:
    """The section's folder on the other side."""

    def __init__(self, sftp: SFTPClient, root: str) -> None:
        self._sftp = sftp
        self._root = root

    def read(self, name: str) -> bytes | None:
        """See `SiteFiles`."""
        try:
            with self._sftp.open(self._place(name), "rb") as file:
                file.prefetch()
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            fault = _fault(error)
        raise fault

    def exists(self, name: str) -> bool:
        """See `SiteFiles`."""
        try:
            self._sftp.stat(self._place(name))
        except FileNotFoundError:
            return False
        except OSError as error:
            fault = _fault(error)
        else:
            return True
        raise fault

    def write(self, name: str, data: bytes) -> None:
        """See `SiteFiles`. Only the rename can be seen, so only the rename can be unknown."""
        place = self._place(name)
        folder, last = posixpath.split(place)
        hidden = posixpath.join(folder, f".{last}.part")
        try:
            self._make_folders(folder)
            self._sftp.putfo(io.BytesIO(data), hidden, len(data))
        except OSError as error:
            raise _fault(error) from None
        try:
            self._sftp.posix_rename(hidden, place)
        except (PermissionError, FileNotFoundError) as error:
            fault: Exception = _fault(error)
        except OSError:
            fault = OutcomeUnknown("Máy chủ SFTP chưa trả lời rõ; có thể bài đã lên cổng.")
        else:
            return
        raise fault

    def remove(self, name: str) -> None:
        """See `SiteFiles`."""
        try:
            self._sftp.remove(self._place(name))
        except FileNotFoundError:
            return
        except OSError as error:
            raise _fault(error) from None

    def probe(self) -> None:
        """Write a hidden file and remove it."""
        hidden, shown = self._place(".probe.part"), self._place(".probe")
        try:
            self._make_folders(self._root)
            self._sftp.putfo(io.BytesIO(b""), hidden, 0)
            self._sftp.posix_rename(hidden, shown)  # not every server can replace a file
            self._sftp.remove(shown)
        except OSError as error:
            raise _fault(error) from None

    def _make_folders(self, folder: str) -> None:
        try:
            self._sftp.stat(folder or ".")
        except FileNotFoundError:
            parent = posixpath.dirname(folder)
            if parent != folder:
                self._make_folders(parent)
            self._sftp.mkdir(folder)

    def _place(self, name: str) -> str:
        return posixpath.join(self._root, name)


def _not_reached(reason: str) -> ChannelError:
    return ChannelError(
        ErrorKind.RETRY, f"Chưa kết nối được máy chủ SFTP: {reason}.", code=NOT_REACHED
    )


def _fault(error: OSError) -> ChannelError:
    """Nothing that a visitor sees has changed yet."""
    if isinstance(error, TimeoutError | socket.timeout):
        return ChannelError(ErrorKind.RETRY, "Máy chủ SFTP trả lời quá chậm; sẽ thử lại.")
    if isinstance(error, PermissionError):
        message = "Tài khoản SFTP không có quyền ghi vào thư mục của cổng; hãy xem lại quyền."
        return ChannelError(ErrorKind.REAUTHORISE, message, code="permission")
    reason = error.strerror or "lỗi đọc ghi"
    return ChannelError(ErrorKind.RETRY, f"Máy chủ SFTP báo lỗi ({reason}); sẽ thử lại.")
