# Shared by install.sh and upgrade.sh; not run by itself.

PREFIX=/opt/broadcaster
HOME_DIR=/var/lib/broadcaster
CREDENTIALS=/etc/broadcaster/credentials
USER_NAME=broadcaster
UNIT=broadcaster.service
HERE=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*"; }
fail() { printf 'Lỗi: %s\n' "$*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || fail "hãy chạy bằng quyền root (sudo)."; }

# Nothing here may depend on systemd running: a container or a chroot has none.
has_systemd() { [ -d /run/systemd/system ]; }

# As the service's user, in the station's home. Administrators act as themselves (--as).
as_station() {
  program=$1; shift
  runuser -u "$USER_NAME" -- env BROADCASTER_HOME="$HOME_DIR" \
    BROADCASTER_USER="${BROADCASTER_USER:-${SUDO_USER:-root}}" "$program" "$@"
}

# A new release in a folder of its own: RELEASE is its path, nothing else is touched.
build_release() {
  wheel=$1
  [ -f "$wheel" ] || fail "không thấy tệp chương trình “$wheel” (đuôi .whl)."
  RELEASE=$PREFIX/releases/$(basename "$wheel" .whl)-$(date -u +%Y%m%dT%H%M%SZ)
  mkdir -p "$PREFIX/releases"
  say "Cài vào $RELEASE …"
  ${PYTHON:-python3} -m venv "$RELEASE.part"
  constraints=
  [ -f "$HERE/../constraints.txt" ] && constraints="-c $HERE/../constraints.txt"
  # shellcheck disable=SC2086 - two words or none
  if ! "$RELEASE.part/bin/python" -m pip install --quiet --disable-pip-version-check \
      --no-cache-dir $constraints "$wheel"; then
    rm -rf "$RELEASE.part"
    fail "không cài được các gói; chưa đổi gì cả."
  fi
  # A virtual environment knows its own path: it is made anew under the final name's scripts.
  grep -rlI "$RELEASE.part" "$RELEASE.part/bin" "$RELEASE.part/pyvenv.cfg" |
    xargs -r sed -i "s#$RELEASE.part#$RELEASE#g"
  mv "$RELEASE.part" "$RELEASE"
  if ! "$RELEASE/bin/broadcaster" --help >/dev/null; then
    rm -rf "$RELEASE"
    fail "bản mới không chạy được; chưa đổi gì cả."
  fi
}

# The link changes by a rename: there is always a whole release behind it.
point_to() {
  ln -sfn "$1" "$PREFIX/current.new"
  mv -T "$PREFIX/current.new" "$PREFIX/current"
}

install_unit() {
  install -D -m 0644 "$HERE/$UNIT" "/etc/systemd/system/$UNIT"
  install -D -m 0755 "$HERE/broadcaster-command" /usr/local/bin/broadcaster
  if has_systemd; then systemctl daemon-reload; fi
}
