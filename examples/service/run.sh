#!/bin/sh
# A service of two tasks: one is stopped and replaced, a broken image is rolled back, and all is deleted. With the AWS CLI alone.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
ecs() { aws --endpoint-url "$endpoint" --output text ecs "$@"; }
shown() { ecs describe-services --cluster demo --services shop --query "services[0].[$1]"; }

# Waits until there is one deployment, as many tasks as there should be, and nothing to do.
steady() {
  until [ "$(shown 'length(deployments),deployments[0].rolloutState,runningCount,pendingCount,events[0].message')" = \
    "$(printf '1\tCOMPLETED\t2\t0\t(service shop) has reached a steady state.')" ]; do sleep 1; done
  ecs wait services-stable --cluster demo --services shop
  echo "$1: $(shown runningCount) tasks of $(shown taskDefinition | sed 's/.*\///')"
}
register() { ecs register-task-definition --cli-input-json "file://$1" --query taskDefinition.taskDefinitionArn; }

ecs create-cluster --cluster-name demo >/dev/null
first=$(register "$here/task-definition.json")
ecs create-service --cluster demo --service-name shop --task-definition "$first" --desired-count 2 --launch-type FARGATE \
  --network-configuration 'awsvpcConfiguration={subnets=[subnet-1]}' \
  --deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true}' >/dev/null
steady "created"

one=$(ecs list-tasks --cluster demo --service-name shop --query 'taskArns[0]')
ecs stop-task --cluster demo --task "$one" >/dev/null
steady "one was stopped"

# An image that nobody has: after three failures the circuit breaker takes the deployment back.
broken=$(mktemp)
sed 's|drydock/example:latest|127.0.0.1:9/broken:1|' "$here/task-definition.json" >"$broken"
ecs update-service --cluster demo --service shop --task-definition "$(register "$broken")" >/dev/null
rm "$broken"
until [ "$(shown taskDefinition)" = "$first" ]; do sleep 1; done
steady "a broken image"
shown 'join(`\n`, events[].message)' | grep -o 'deployment failed.*'

ecs delete-service --cluster demo --service shop --force >/dev/null
ecs wait services-inactive --cluster demo --services shop
echo "deleted: $(shown status)"
ecs delete-cluster --cluster demo >/dev/null
