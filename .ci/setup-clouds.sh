#!/usr/bin/env bash
# The clouds tier puts real API servers behind the stand-ins: the same programs as the kube tier.
exec bash "$(dirname "$0")/setup-kube.sh" "$@"
