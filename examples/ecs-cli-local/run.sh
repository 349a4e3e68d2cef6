#!/bin/sh
# ecs-cli's way of running a task definition, by a link to drydock.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
ln -s "$(command -v drydock)" ecs-cli
trap './ecs-cli -q local down; rm -r "$work"' EXIT
cp "$here/task-definition.json" "$here/mode.yml" .
./ecs-cli local create 2>&1 | sed 's/INFO\[....\]/INFO[0000]/'
cat docker-compose.ecs-local.override.yml
./ecs-cli local up --force --override mode.yml 2>/dev/null
./ecs-cli local ps | sed -E 's/^[0-9a-f]{12}/ID          /; s/127.0.0.1:[0-9]+/127.0.0.1:N/; s/Up .* seconds? +/Up  /; s/-[0-9a-f]{12} /-ID /' |
  awk '{ print $1, $2, $3, $NF }' | sed "s,$work,FOLDER,"
drydock exec local-web -- sh -c 'echo mode $MODE'
