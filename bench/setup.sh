#!/usr/bin/env bash
# Builds docker compose from its Go module into the cache: the peer of bench/deploy.ts. Quick when it is there.
set -euo pipefail
cd "$(dirname "$0")/compose"
folder="${STORMPORT_CACHE:-$HOME/.cache/stormport}/compose-2.40.3"
[ -x "$folder/docker-compose" ] && exit 0
mkdir -p "$folder"
CGO_ENABLED=0 go build -ldflags "-X github.com/docker/compose/v2/internal.Version=v2.40.3" -o "$folder/docker-compose" github.com/docker/compose/v2/cmd
