#!/usr/bin/env bash
# Builds the peers of the benches from their Go modules into the cache: docker compose for bench/deploy.ts, helm for
# bench/kube.ts (its kubectl is built by .ci/setup-kube.sh). Quick when they are there.
set -euo pipefail
cd "$(dirname "$0")"
cache="${STORMPORT_CACHE:-$HOME/.cache/stormport}"

build() { # wrapper module, Go package, output file, linker flags
  [ -x "$3" ] && return
  mkdir -p "$(dirname "$3")"
  (cd "$1" && CGO_ENABLED=0 go build -trimpath -ldflags "$4" -o "$3.part" "$2")
  mv "$3.part" "$3"
}

build compose github.com/docker/compose/v2/cmd "$cache/compose-2.40.3/docker-compose" \
  '-X github.com/docker/compose/v2/internal.Version=v2.40.3'
build helm helm.sh/helm/v3/cmd/helm "$cache/helm-3.22.0/helm" '-s -w -X helm.sh/helm/v3/internal/version.version=v3.22.0'
