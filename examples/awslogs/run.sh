#!/bin/sh
# A task with the awslogs driver; its events are read with the AWS CLI, from this machine's CloudWatch Logs.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
case $(aws --version) in aws-cli/1*) PATH=/usr/bin:$PATH ;; esac # `tail` came with version 2
logs() { aws --endpoint-url "$endpoint" logs "$@"; }
trap 'logs delete-log-group --log-group-name /examples/shop' EXIT
task=$(drydock run -d "$here/task-definition.json" 2>/dev/null)
drydock wait "$task" --for stopped >/dev/null 2>&1 || true
echo "streams:"
logs describe-log-streams --log-group-name /examples/shop --query 'logStreams[].logStreamName' --output text |
  sed "s/$task/TASK/"
echo "tail:"
logs tail /examples/shop --format short | sed 's/^[0-9T:-]* //'
echo "errors slower than 100 ms:"
logs filter-log-events --log-group-name /examples/shop --filter-pattern '{ $.level = "error" && $.ms > 100 }' \
  --query 'events[].message' --output text
