#!/bin/sh
# A task fails; a rule of EventBridge runs another one after it, which is told what happened. With the AWS CLI and drydock.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
aws() { command aws --endpoint-url "$endpoint" --output text "$@"; }

aws ecs create-cluster --cluster-name nightly >/dev/null
definition=$(aws ecs register-task-definition --cli-input-json "file://$here/task-definition.json" \
  --query taskDefinition.taskDefinitionArn)
aws events put-rule --name failed --event-pattern '{
  "source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
  "detail": {"lastStatus": ["STOPPED"], "clusterArn": [{"suffix": "/nightly"}], "containers": {"exitCode": [{"anything-but": 0}]}}
}' >/dev/null
aws events put-targets --rule failed --targets "[{
  \"Id\": \"cleanup\", \"Arn\": \"arn:aws:ecs:us-east-1:123456789012:cluster/nightly\",
  \"EcsParameters\": {\"TaskDefinitionArn\": \"$definition\", \"LaunchType\": \"FARGATE\",
    \"NetworkConfiguration\": {\"awsvpcConfiguration\": {\"Subnets\": [\"subnet-1\"]}}},
  \"InputTransformer\": {\"InputPathsMap\": {\"group\": \"\$.detail.group\", \"code\": \"\$.detail.containers[0].exitCode\"},
    \"InputTemplate\": \"{\\\"containerOverrides\\\": [{\\\"name\\\": \\\"app\\\", \\\"environment\\\": [{\\\"name\\\": \\\"AFTER\\\", \\\"value\\\": \\\"<group>, which ended with <code>\\\"}]}]}\"}
}]" >/dev/null

drydock run -q --cluster nightly --name import "$here/failing.json" || echo "the import ended with $?"
task=
until [ -n "$task" ] && [ "$task" != None ]; do
  task=$(aws ecs list-tasks --cluster nightly --started-by events-rule/failed --desired-status STOPPED --query 'taskArns[0]')
done
drydock wait "${task##*/}"
drydock logs --no-prefix "${task##*/}"

aws events remove-targets --rule failed --ids cleanup >/dev/null
aws events delete-rule --name failed
echo "tasks that stopped: $(drydock events --cluster nightly | grep -c '"lastStatus":"STOPPED","pullStartedAt"')"
