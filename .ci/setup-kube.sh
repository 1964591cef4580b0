#!/usr/bin/env bash
# Everything that the kube tier needs: control planes of two Kubernetes minors, etcd, kwok and CoreDNS built from Go
# modules (cached outside the repository, keyed by version), a pause image made by hand, and the packages that a real
# kubelet wants. Safe to run again: then quick. A binary that a broken build left out is built on the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

KUBERNETES=1.36.3
KUBERNETES_OLD=1.34.4
ETCD=3.6.13
KWOK=0.8.0
COREDNS=1.15.0
METRICS_SERVER=0.9.0
PAUSE=1
CACHE="${STORMPORT_CACHE:-$HOME/.cache/stormport}/kube"
MODULES=test/clusters/modules

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

install_packages() {
  local missing=()
  for package in containerd runc iptables iproute2 conntrack containernetworking-plugins docker-registry busybox-static openssl procps mount ca-certificates gcc libc6-dev; do
    installed "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" = 0 ] && return
  as_root apt-get update -q
  # RUNLEVEL=1 keeps the packages from starting services: the tests start their own.
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "${missing[@]}"
}

build() { # wrapper module, Go package, output file, linker flags
  [ -x "$3" ] && return
  command -v go >/dev/null || { echo "setup-kube: Go is needed to build $(basename "$3")" >&2; exit 1; }
  mkdir -p "$(dirname "$3")"
  echo "setup-kube: building $(basename "$(dirname "$3")")/$(basename "$3") (minutes when the Go cache is cold)"
  (cd "$MODULES/$1" && CGO_ENABLED=0 nice -n 19 go build -trimpath -buildvcs=false -ldflags "-s -w $4" -o "$3.part" "$2")
  mv "$3.part" "$3"
}

# Without its stamp a server reports v0.0.0-master, and clients that look at the version go wrong.
stamp() { # version
  local minor=${1#*.} place
  minor=${minor%%.*}
  for place in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- '-X %s.gitVersion=v%s -X %s.gitMajor=1 -X %s.gitMinor=%s ' $place "$1" $place $place "$minor"
  done
}

kubernetes() { # version, commands…
  local version=$1 command; shift
  for command in "$@"; do
    build "kubernetes-${version%.*}" "k8s.io/kubernetes/cmd/$command" "$CACHE/kubernetes-v$version/$command" "$(stamp "$version")"
  done
}

copy_stages() {
  local target="$CACHE/kwok-v$KWOK/stages" source
  [ -e "$target/usage-from-annotation.yaml" ] && return
  source="$(cd "$MODULES/kwok" && go mod download sigs.k8s.io/kwok && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize"
  mkdir -p "$target"
  install -m 0644 "$source"/stage/node/fast/node-initialize.yaml "$source"/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml \
    "$source"/stage/pod/fast/pod-{ready,complete,delete}.yaml "$source"/metrics/resource/metrics-resource.yaml "$target/"
  install -m 0644 "$source"/metrics/usage/usage-from-annotation.yaml "$target/"
}

# The image of a pod's sandbox: no engine and no registry is needed to make it.
make_pause() {
  local target="$CACHE/pause-$PAUSE/pause.tar" work config
  [ -e "$target" ] && return
  work=$(mktemp -d)
  gcc -Os -static -s -o "$work/pause" test/clusters/pause.c
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work" -cf "$work/layer.tar" pause
  printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/pause"],"User":"65535:65535"},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)" > "$work/config.json"
  config="$(sha256sum "$work/config.json" | cut -d ' ' -f 1).json"
  mv "$work/config.json" "$work/$config"
  printf '[{"Config":"%s","RepoTags":["stormport.test/pause:%s"],"Layers":["layer.tar"]}]' "$config" "$PAUSE" > "$work/manifest.json"
  mkdir -p "$(dirname "$target")"
  tar --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work" -cf "$target.part" manifest.json "$config" layer.tar
  mv "$target.part" "$target"
  rm -rf "$work"
}

install_packages
copy_stages
make_pause
build etcd go.etcd.io/etcd/server/v3 "$CACHE/etcd-v$ETCD/etcd" ''
kubernetes "$KUBERNETES" kube-apiserver kube-controller-manager kube-scheduler
build kwok sigs.k8s.io/kwok/cmd/kwok "$CACHE/kwok-v$KWOK/kwok" ''
kubernetes "$KUBERNETES" kubectl kubelet kube-proxy
build coredns . "$CACHE/coredns-v$COREDNS/coredns" ''
kubernetes "$KUBERNETES_OLD" kube-apiserver kube-controller-manager kube-scheduler
build metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server "$CACHE/metrics-server-v$METRICS_SERVER/metrics-server" ''
echo "setup-kube: ready ($CACHE)"
