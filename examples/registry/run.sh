#!/bin/sh
# Pushes an image into a registry of its own and runs it by name: run.sh ARCHIVE (an OCI archive).
set -eu
archive=$1
here=$(dirname "$0")
work=$(mktemp -d)
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
image=localhost:$port/shop/app:1

cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/data}}
http: {addr: "127.0.0.1:$port"}
END
docker-registry serve "$work/registry.yml" >"$work/log" 2>&1 &
registry=$!
trap 'kill "$registry"; wait "$registry" 2>/dev/null || true; rm -rf "$work"; drydock rmi "$image" >/dev/null 2>&1 || true' EXIT
/usr/bin/curl -sf --retry 50 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/v2/" >/dev/null

skopeo copy -q --dest-tls-verify=false "oci-archive:$archive" "docker://$image"
echo "pull:"
drydock pull -q "$image"
echo "run:"
drydock run --rm --image "app=$image" "$here/task-definition.json" 2>/dev/null
echo "save:"
drydock save "$image" -o "$work/app.tar"
tar -tf "$work/app.tar" | grep -v blobs
