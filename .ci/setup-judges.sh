#!/usr/bin/env bash
# Everything that the judges tier needs: the control planes of the kube tier, and the judges themselves: kubeconform,
# kube-score and kompose built from Go modules, checkov in a Python environment of its own, @monokle/validation from its
# lock file. All pinned, all cached outside the repository, keyed by version. Safe to run again: then quick.
set -euo pipefail
cd "$(dirname "$0")/.."

KUBECONFORM=0.8.0
KUBE_SCORE=1.20.0
KOMPOSE=1.38.0
CHECKOV=3.3.30
MONOKLE=0.33.0
CACHE="${STORMPORT_CACHE:-$HOME/.cache/stormport}/judges"
FILES=test/judges

fail() { echo "setup-judges: $*" >&2; exit 1; }

build() { # name, version, Go package, linker flags
  local target="$CACHE/$1-v$2/$1"
  [ -x "$target" ] && return
  command -v go >/dev/null || fail "Go is needed to build $1"
  mkdir -p "$(dirname "$target")"
  echo "setup-judges: building $1 (a minute when the Go cache is cold)"
  (cd "$FILES/modules/$1" && CGO_ENABLED=0 nice -n 19 go build -p 2 -trimpath -ldflags "-s -w ${4:-}" -o "$target.part" "$3")
  mv "$target.part" "$target"
}

install_checkov() {
  local target="$CACHE/checkov-v$CHECKOV"
  [ -e "$target/ready" ] && return
  command -v python3 >/dev/null || fail "Python 3 is needed to install checkov"
  echo "setup-judges: installing checkov"
  rm -rf "$target"
  python3 -m venv "$target"
  "$target/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$FILES/checkov/requirements.txt"
  touch "$target/ready"
}

install_monokle() {
  local target="$CACHE/monokle-v$MONOKLE"
  [ -e "$target/ready" ] && return
  echo "setup-judges: installing @monokle/validation"
  rm -rf "$target"
  mkdir -p "$target"
  cp "$FILES/monokle/package.json" "$FILES/monokle/package-lock.json" "$target/"
  # No script of a package runs: the judge is plain JavaScript.
  npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error
  touch "$target/ready"
}

bash .ci/setup-kube.sh
build kubeconform "$KUBECONFORM" github.com/yannh/kubeconform/cmd/kubeconform
build kube-score "$KUBE_SCORE" github.com/zegl/kube-score/cmd/kube-score "-X main.version=$KUBE_SCORE"
build kompose "$KOMPOSE" github.com/kubernetes/kompose
install_checkov
install_monokle
echo "setup-judges: ready ($CACHE)"
