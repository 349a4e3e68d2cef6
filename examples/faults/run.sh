#!/bin/sh
# Runs a task that breaks its own network, as AWS Fault Injection Service would, and looks.
set -eu
here=$(dirname "$0")
drydock run --rm "$here/task-definition.json" 2>/dev/null | grep '^app'
