#!/bin/sh
# Runs a task whose log router sends to CloudWatch Logs in eu-west-1, and reads here what arrived there.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=
logs() { aws --endpoint-url "$endpoint" --region eu-west-1 logs "$@"; }
trap 'logs delete-log-group --log-group-name /examples/firelens-local' EXIT
drydock run --rm --firelens-local --firelens builtin "$here/task-definition.json" >/dev/null 2>&1
logs filter-log-events --log-group-name /examples/firelens-local --query 'events[].[logStreamName,message]' --output text |
  sed -E 's/[0-9a-f]{32}/TASK-ID/'
