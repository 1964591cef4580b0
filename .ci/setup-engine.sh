#!/usr/bin/env bash
# Everything that the engine tier needs: Debian's engine, a current engine built from Go modules (cached outside the
# repository, keyed by versions), and the packages from which the tests make their images. Safe to run again: then quick.
set -euo pipefail
cd "$(dirname "$0")/.."

MOBY=v2.0.0-beta.24
RUNC=v1.5.2
CACHE="${STORMPORT_CACHE:-$HOME/.cache/stormport}"
ENGINE="$CACHE/engine/moby-$MOBY-runc-$RUNC"
PACKAGES="$CACHE/engine/packages"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

install_packages() {
  local missing=()
  for package in docker.io containerd runc iptables iproute2 busybox-static docker-registry libseccomp-dev pkg-config gcc libc6-dev; do
    installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" = 0 ] && return
  as_root apt-get update -q
  # RUNLEVEL=1 keeps the packages from starting services: the tests start engines of their own.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# Redis is never installed on the machine: its package is unpacked into an image.
fetch_redis() {
  [ -n "$(ls "$PACKAGES"/redis-server_*.deb "$PACKAGES"/redis-tools_*.deb 2>/dev/null)" ] && return
  mkdir -p "$PACKAGES"
  (cd "$PACKAGES" && apt-get download -q redis-server redis-tools liblua5.1-0 libjemalloc2 liblzf1 lua-bitop lua-cjson libatomic1)
}

build_engine() {
  [ -e "$ENGINE/done" ] && return
  command -v go >/dev/null || { echo "setup-engine: Go is needed to build the current engine" >&2; exit 1; }
  mkdir -p "$ENGINE"
  echo "setup-engine: building dockerd $MOBY and runc $RUNC (minutes when the Go cache is cold)"
  (cd test/engines/moby && CGO_ENABLED=0 go build -buildvcs=false -o "$ENGINE/" github.com/moby/moby/v2/cmd/dockerd github.com/moby/moby/v2/cmd/docker-proxy)
  GOBIN="$ENGINE" go install -tags seccomp "github.com/opencontainers/runc@$RUNC"
  touch "$ENGINE/done"
}

install_packages
fetch_redis
build_engine
echo "setup-engine: ready ($ENGINE)"
