#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the identity of the audit and prints a kubeconfig for it, with a token that ends by itself.
# Run it where kubectl is an administrator: see README.md beside this file.
set -eu
umask 077

usage() {
    cat >&2 <<END
usage: make-kubeconfig.sh [-k KUBECTL] [-s SERVER] [-d DURATION] > FILE
  -k  command that talks to the cluster as administrator, default: kubectl
      k0s: -k "k0s kubectl"    k3s: -k "k3s kubectl"
  -s  URL of the API server as the machine of the audit reaches it, such as https://192.0.2.10:6443
      default: that of the administrator's kubeconfig
  -d  how long the token is valid, default: 8760h (a year); the API server may shorten it
END
    exit 2
}

fail() {
    echo "make-kubeconfig.sh: $1" >&2
    exit 1
}

kubectl=kubectl
server=
duration=8760h
while getopts k:s:d: option; do
    case $option in
        k) kubectl=$OPTARG ;;
        s) server=$OPTARG ;;
        d) duration=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || usage

folder=$(cd "$(dirname "$0")" && pwd)
account=homelab-audit

# $kubectl may be two words.
# shellcheck disable=SC2086
run() { $kubectl "$@"; }

own() { run config view --raw --minify --flatten -o "jsonpath={.clusters[0].cluster.$1}"; }

if [ -z "$server" ]; then
    server=$(own server) || fail "cannot read the administrator's kubeconfig; is '$kubectl' the right command (-k)?"
    case $server in
        https://localhost | https://localhost[:/]* | https://127.* | https://\[::1\]*)
            fail "the server of the administrator's kubeconfig is $server; say with -s how the audit reaches it" ;;
    esac
fi
ca=$(own certificate-authority-data) || fail "cannot read the administrator's kubeconfig; is '$kubectl' the right command (-k)?"
[ -n "$ca" ] || fail "the administrator's kubeconfig has no CA"

run apply -f "$folder/audit-identity.yml" >&2 || fail "cannot make the identity; is '$kubectl' an administrator?"
token=$(run create token "$account" --namespace "$account" --duration "$duration") || fail "cannot make a token"

cat <<END
apiVersion: v1
kind: Config
current-context: $account
contexts:
  - name: $account
    context:
      cluster: lab
      user: $account
clusters:
  - name: lab
    cluster:
      server: $server
      certificate-authority-data: $ca
users:
  - name: $account
    user:
      token: $token
END
