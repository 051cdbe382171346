#!/bin/sh
# Installs the station on a Debian or Ubuntu machine; running it again is harmless.
#   sudo deploy/install.sh broadcaster-0.1.0-py3-none-any.whl "Ủy ban nhân dân xã An Bình"
set -eu
. "$(dirname "$0")/common.sh"

need_root
[ $# -ge 1 ] || fail "cách dùng: install.sh TỆP.whl [\"TÊN ĐƠN VỊ\"]"
if [ -e "$PREFIX/current" ]; then
  say "Đã cài rồi: $(readlink "$PREFIX/current"). Muốn cập nhật: deploy/upgrade.sh."
else
  build_release "$1"
fi

if ! id "$USER_NAME" >/dev/null 2>&1; then
  adduser --system --group --home "$HOME_DIR" --no-create-home --quiet "$USER_NAME"
fi
if getent group audio >/dev/null; then adduser --quiet "$USER_NAME" audio; fi
install -d -m 0750 -o "$USER_NAME" -g "$USER_NAME" "$HOME_DIR"
install -d -m 0700 -o root -g root /etc/broadcaster "$CREDENTIALS"

if [ ! -e "$PREFIX/current" ]; then point_to "$RELEASE"; fi
if [ ! -e "$HOME_DIR/broadcaster.toml" ]; then
  as_station "$PREFIX/current/bin/broadcaster" init --name "${2:-Ủy ban nhân dân xã}"
fi
install_unit
if has_systemd; then
  systemctl enable --now "$UNIT"
  systemctl --no-pager --lines=3 status "$UNIT" || true
else
  say "Máy này không chạy systemd: hãy tự khởi động bằng: broadcaster run"
fi
say "Xong. Tiếp theo: sudo broadcaster doctor"
