#!/bin/sh
# Runs a Compose file as one task, then makes a service of it.
set -eu
cd "$(dirname "$0")"
drydock validate docker-compose.yml
drydock run -q --rm -c docker-compose.yml 2>/dev/null | grep visitor
drydock compose -q -p shop service create
drydock compose -q -p shop service ps
drydock compose -q -p shop service rm
