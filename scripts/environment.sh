# Sourced by ./try and ./check, in the project's folder: a virtual environment in .venv, made where it is missing.

say() { printf '%s\n' "$*" >&2; }

stop() { say "$@"; exit 2; }

find_python() {
  for python in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      return 0
    fi
  done
  stop "Python 3.11 or newer is missing. On Debian 12: apt-get install python3"
}

missing=

# need PROGRAM PACKAGE: notes the distribution's package that has a program, if that is missing.
need() {
  command -v "$1" >/dev/null || missing="$missing $2"
}

# Stops if packages are missing that only somebody else can install.
check_packages() {
  [ -z "$missing" ] || { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || lack_packages
}

lack_packages() { stop "Packages are missing. Install them as root: apt-get install$missing"; }

# Installs all packages that are missing.
install_packages() {
  check_packages
  [ -n "$missing" ] || return 0
  say "Installing$missing ..."
  # shellcheck disable=SC2086 # several packages
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null || lack_packages
}

# keep_off SERVICE UNITS...: installing a service's package then starts nothing and opens no port.
keep_off() {
  if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then
    service=$1
    shift
    systemctl mask --quiet "$@"
    say "The service $service stays off; to use it: systemctl unmask $*"
  fi
}

# The SSH server that tests start with a configuration of their own.
need_ssh_server() {
  [ -x /usr/sbin/sshd ] && return 0
  keep_off ssh ssh.service ssh.socket
  missing="$missing openssh-server"
}

# The server of PostgreSQL of which tests make a cluster of their own. The package's own cluster is not made.
need_postgresql() {
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && return 0
  if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  fi
  missing="$missing postgresql"
}

# The pooler that tests start with a configuration of their own.
need_pgbouncer() {
  [ -x /usr/sbin/pgbouncer ] && return 0
  keep_off pgbouncer pgbouncer.service
  missing="$missing pgbouncer"
}

# The browser in which tests look at reports and pages.
need_chromium() {
  need chromium chromium
}

make_environment() {
  if [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    return 0
  fi
  find_python
  # Debian keeps the part of venv that brings pip in a package of its own. All others that are missing come with it.
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    missing="$missing python3-venv"
    install_packages
    missing=
  fi
  "$python" -m venv --clear .venv
}

# install WHAT FILES... -- ARGUMENTS...: pip install with these arguments, unless the files are as they were then.
install() {
  stamp=.venv/installed-$1
  shift
  files=
  while [ "$1" != -- ]; do
    files="$files $1"
    shift
  done
  shift
  # shellcheck disable=SC2086 # several files
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(cksum $files)" ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" >&2
    # shellcheck disable=SC2086
    cksum $files > "$stamp"
  fi
}
