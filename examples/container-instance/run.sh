#!/bin/sh
# This machine as a container instance: seen, named by an attribute, given a task, asked in a constraint, drained.
set -eu
here=$(dirname "$0")
endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4590}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=
ecs() { aws --endpoint-url "$endpoint" --output text ecs "$@"; }
instances() { ecs list-container-instances --cluster workshop --query 'containerInstanceArns' "$@"; }
shown() { ecs describe-container-instances --cluster workshop --container-instances "$instance" --query "containerInstances[0].[$1]"; }

ecs create-cluster --cluster-name workshop >/dev/null
instance=$(instances)
echo "the instance: $(shown "status, agentConnected, attributes[?name=='ecs.os-type'].value | [0]")"

ecs put-attributes --cluster workshop --attributes "name=shift,value=night,targetId=$instance" >/dev/null
[ "$(instances --filter 'attribute:shift == night and attribute:ecs.os-type == linux')" = "$instance" ]
echo "attributes: $(ecs list-attributes --cluster workshop --target-type container-instance --attribute-name shift --query 'attributes[0].[name, value]')"

ecs register-task-definition --cli-input-json "file://$here/task-definition.json" >/dev/null
before=$(shown "remainingResources[?name=='CPU'].integerValue | [0]")
task=$(ecs start-task --cluster workshop --task-definition clock --container-instances "$instance" --query 'tasks[0].taskArn')
ecs wait tasks-running --cluster workshop --tasks "$task"
after=$(shown "remainingResources[?name=='CPU'].integerValue | [0]")
echo "a task was started: $(shown runningTasksCount) runs, $((before - after)) CPU units less remain"
until drydock logs "${task##*/}" | grep -q "$instance"; do sleep 1; done
echo "inside, the agent names the same instance"

run() { ecs run-task --cluster workshop --launch-type EC2 --task-definition clock "$@" --query '[length(tasks), failures[0].reason]' 2>&1; }
echo "a constraint: $(run --placement-constraints 'type=memberOf,expression=attribute:shift == day')"

ecs update-container-instances-state --cluster workshop --container-instances "$instance" --status DRAINING >/dev/null
echo "it drains: $(run | sed -n 's/.*operation: //p')"

ecs stop-task --cluster workshop --task "$task" >/dev/null
ecs wait tasks-stopped --cluster workshop --tasks "$task"
ecs delete-cluster --cluster workshop >/dev/null
