"""Makes a home: folder, `broadcaster.toml`, database, key, and the first administrator."""

from __future__ import annotations

import json
from pathlib import Path

from broadcaster.app import App, acting_person, open_app
from broadcaster.checkpoints import make_key
from broadcaster.settings import FILE_NAME
from channels.base import Clock
from content.files import make_folder, sync_folder, write_atomically
from content.people import Role, add_person, people
from content.station import Station

_TEMPLATE = """\
# Cài đặt của chương trình phát. Sửa xong, chạy: broadcaster status
# Bí mật (mã truy cập, khóa ứng dụng) KHÔNG để ở đây mà để trong biến môi trường,
# ví dụ BROADCASTER_FACEBOOK__PAGE_TOKEN. Khóa nào cũng đặt được bằng BROADCASTER_MỤC__KHÓA.

[station]
name = {name}            # tên đơn vị như trên tiêu đề văn bản
parent = {parent}        # cơ quan cấp trên
place = {place}          # địa danh ghi trước ngày tháng
timezone = "Asia/Ho_Chi_Minh"

[broadcast]
quiet_hours = ["21:00-05:00"]   # loa không bao giờ kêu trong giờ này
sessions_per_day = 3            # số buổi phát loa mỗi ngày
minutes_per_session = 60        # số phút tối đa một buổi, kể cả tiếp âm
grace = 7200                    # được trễ tối đa (giây)
retry = [30, 120, 600]          # thử lại sau (giây)
settle = [10, 60, 300, 600]     # kiểm tra kết quả chưa rõ sau (giây)

[approval]
two_person = true               # người duyệt phải khác người soạn

[radio]
engines = ["piper", "gtts", "espeak"]   # giọng đọc, thử lần lượt
loudness = -16.0                        # LUFS
items_per_session = 6                   # số bản tin tối đa một buổi phát loa
signature_tune = "default"              # nhạc hiệu: "default", "none" hoặc đường dẫn tệp

[radio.zones.toan-xa]                   # mỗi cụm loa một mục
label = "Toàn xã"
outputs = ["file:air"]

[facebook]
mode = "sandbox"                # "live" khi đã có mã truy cập trang
page_id = ""
graph_version = "v26.0"

[zalo]
mode = "sandbox"                # "live" khi đã có mã truy cập OA
oa_id = ""
app_id = ""
audience = ["followers"]
night_hours = ["22:00-06:00"]

[portal]
mode = "sandbox"                # "live" khi đã có nơi đăng trên cổng thông tin
kind = "folder"                 # "folder", "webdav", "sftp" hoặc "wordpress"
url = ""                        # địa chỉ công khai của mục tin, ví dụ https://xa.gov.vn/cchc

[backup]
every = 24                      # tự sao lưu sau mỗi bao nhiêu giờ, 0 = không
keep = 7                        # giữ mấy bản gần nhất
folder = ""                     # nên là ổ đĩa khác hoặc USB; trống = thư mục backups

[alerts]
to = []                         # địa chỉ thư điện tử nhận cảnh báo; gửi thử: broadcaster alert test
smtp_host = ""                  # máy chủ gửi thư; mật khẩu đặt ở BROADCASTER_ALERTS__SMTP_PASSWORD

[papers]
signer = ""                     # người ký báo cáo, giấy mời; để trống: người ký kế hoạch
signer_title = ""               # "Chủ tịch" hoặc "Phó Chủ tịch"
to = ""                         # kính gửi; để trống: nơi nhận đầu tiên của kế hoạch
archive = ""                    # sau chữ "Lưu:", ví dụ "VT, VHXH"
"""


def make_home(
    home: Path,
    clock: Clock,
    *,
    name: str = "Ủy ban nhân dân xã",
    parent: str = "",
    place: str = "",
    person: str | None = None,
) -> App:
    """Make what is missing and leave alone what is there; running it again is harmless.

    In a new home the acting person becomes administrator. Raises UserError.
    """
    if not home.exists():
        make_folder(home)
        home.chmod(0o700)  # drafts, names, the key: nobody else's business
    path = home / FILE_NAME
    if not path.exists():
        text = _TEMPLATE.format(name=_quoted(name), parent=_quoted(parent), place=_quoted(place))
        write_atomically(path, text.encode("utf-8"))
    app = open_app(home, clock=clock, person=person)
    app.vault.make_key()
    make_key(app)
    sync_folder(home)
    _first_administrator(app, app.station, person or acting_person())
    return app


def _first_administrator(app: App, station: Station, person: str) -> None:
    now = app.clock.now()
    with app.database.writing() as session:
        if not people(session, station.id or 0):
            add_person(session, station.id or 0, person, Role.ADMIN, person, now)


def _quoted(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(value, ensure_ascii=False)
