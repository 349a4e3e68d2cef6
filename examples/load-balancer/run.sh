#!/bin/sh
# A service behind a target group: its address is asked without a pause while the service is updated. With the AWS CLI and curl.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
ecs() { aws --endpoint-url "$endpoint" --output text ecs "$@"; }
group=arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/store/0123456789abcdef
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

register() { ecs register-task-definition --cli-input-json "file://$1" --query taskDefinition.taskDefinitionArn; }
stable() { ecs wait services-stable --cluster demo --services store; }

ecs create-cluster --cluster-name demo >/dev/null
first=$(register "$here/task-definition.json")
ecs create-service --cluster demo --service-name store --task-definition "$first" --desired-count 2 --launch-type FARGATE \
  --network-configuration 'awsvpcConfiguration={subnets=[subnet-1]}' \
  --load-balancers "targetGroupArn=$group,containerName=web,containerPort=80" >/dev/null
stable
# Where target groups are on this machine: there is one.
address=$(curl -fsS "$endpoint/_drydock/v1/target-groups" | grep -o '"endpoint":"[^"]*"' | cut -d '"' -f 4)
echo "asked before: $(curl -fsS "http://$address/")"

while [ ! -e "$work/enough" ]; do curl -fsS "http://$address/" >>"$work/answers" || echo lost >>"$work/answers"; done &
sed 's/version one/version two/' "$here/task-definition.json" >"$work/second.json"
ecs update-service --cluster demo --service store --task-definition "$(register "$work/second.json")" >/dev/null
stable
touch "$work/enough"
wait
echo "asked after: $(curl -fsS "http://$address/")"
echo "answers during the update: $(sort -u "$work/answers" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
ecs describe-services --cluster demo --services store --query 'join(`\n`, services[0].events[].message)' |
  grep -o ' registered [0-9] targets\|begun draining connections' | sed "s/^ //; s/[0-9]/N/" | sort -u

ecs delete-service --cluster demo --service store --force >/dev/null
ecs wait services-inactive --cluster demo --services store
ecs delete-cluster --cluster demo >/dev/null
