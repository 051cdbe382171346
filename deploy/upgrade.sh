#!/bin/sh
# Puts a new release in; a backup first, and back to the old one when anything fails.
#   sudo deploy/upgrade.sh broadcaster-0.2.0-py3-none-any.whl
set -eu
. "$(dirname "$0")/common.sh"

need_root
[ $# -eq 1 ] || fail "cách dùng: upgrade.sh TỆP.whl"
OLD=$(readlink -e "$PREFIX/current") || fail "chưa cài; hãy dùng deploy/install.sh."
build_release "$1"

SAVED=$HOME_DIR/backups/before-upgrade-$(date -u +%Y%m%dT%H%M%SZ).zip
if ! as_station "$OLD/bin/broadcaster" backup "$SAVED"; then
  rm -rf "$RELEASE"
  fail "không sao lưu được nên không cập nhật; bản cũ vẫn chạy."
fi

WAS_RUNNING=no
if has_systemd && systemctl is-active --quiet "$UNIT"; then WAS_RUNNING=yes; fi
stop() { if [ "$WAS_RUNNING" = yes ]; then systemctl stop "$UNIT"; fi; }
start() { if [ "$WAS_RUNNING" = yes ]; then systemctl start "$UNIT"; fi; }

roll_back() {
  say "Bản mới không chạy được. Quay lại bản cũ …" >&2
  stop || true
  point_to "$OLD"
  # The old program opens its own database, unless the new one has already changed it.
  if ! as_station "$OLD/bin/broadcaster" status >/dev/null 2>&1; then
    as_station "$OLD/bin/broadcaster" restore "$SAVED" || fail "hãy khôi phục bằng tay: $SAVED"
  fi
  start || true
  rm -rf "$RELEASE"
  fail "đã quay lại bản cũ; dữ liệu như trước khi cập nhật. Bản sao: $SAVED"
}

stop
point_to "$RELEASE"
# The first command of a new release brings the database up to date, in one transaction.
as_station "$RELEASE/bin/broadcaster" status >/dev/null || roll_back
as_station "$RELEASE/bin/broadcaster" evidence verify || roll_back
install_unit
start || roll_back
say "Đã cập nhật: $(basename "$RELEASE"). Bản cũ còn ở $OLD"

# The release before stays for a quick way back; older ones go.
for old in "$PREFIX"/releases/*; do
  case $old in "$RELEASE"|"$OLD") ;; *) rm -rf "$old" ;; esac
done
