"""The AWS SDK for JavaScript (v3) as a client: commands, paginators, waiters and typed errors of @aws-sdk/client-ecs."""
import json
import shutil
import subprocess
import unittest

from harness import SLOW, DaemonCase

APP = """
const ecs = require('@aws-sdk/client-ecs');
const client = new ecs.ECSClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
const send = (name, input = {}) => client.send(new ecs[name + 'Command'](input));
const wait = { client, minDelay: 1, maxDelay: 2, maxWaitTime: 120 * SLOW };
const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
const told = {};

async function pages(name, input, key) {
  const all = [];
  let count = 0;
  for await (const page of ecs['paginate' + name]({ client, pageSize: 1 }, input)) {
    all.push(...page[key]);
    count += 1;
  }
  return { count, items: all.length };
}

(async () => {
  told.cluster = (await send('CreateCluster', { clusterName: 'js', tags: [{ key: 'a', value: 'b' }] })).cluster.status;
  const app = { name: 'app', image: 'drydock/example:latest', essential: true, stopTimeout: 5,
    command: ['sh', '-c', "trap 'exit 0' TERM; sleep 1000 & wait"] };
  for (const family of ['one', 'two'])
    told.registered = (await send('RegisterTaskDefinition', { family, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'],
      cpu: '256', memory: '512', containerDefinitions: [app] })).taskDefinition.registeredAt instanceof Date;
  told.families = await pages('ListTaskDefinitionFamilies', { status: 'ACTIVE' }, 'families');
  told.definitions = await pages('ListTaskDefinitions', {}, 'taskDefinitionArns');

  const ran = await send('RunTask', { cluster: 'js', taskDefinition: 'one', launchType: 'FARGATE', networkConfiguration: network });
  const tasks = ran.tasks.map((t) => t.taskArn);
  told.running = (await ecs.waitUntilTasksRunning(wait, { cluster: 'js', tasks })).state;
  const shown = (await send('DescribeTasks', { cluster: 'js', tasks, include: ['TAGS'] })).tasks[0];
  told.startedAt = shown.startedAt instanceof Date && shown.startedAt.getFullYear() > 2020;
  told.listed = (await send('ListTasks', { cluster: 'js', family: 'one' })).taskArns.length;
  await send('StopTask', { cluster: 'js', task: tasks[0] });
  told.stopped = (await ecs.waitUntilTasksStopped(wait, { cluster: 'js', tasks })).state;

  for (const serviceName of ['a', 'b'])
    await send('CreateService', { cluster: 'js', serviceName, taskDefinition: 'two', desiredCount: 0, launchType: 'FARGATE',
      networkConfiguration: network });
  told.stable = (await ecs.waitUntilServicesStable(wait, { cluster: 'js', services: ['a', 'b'] })).state;
  told.services = await pages('ListServices', { cluster: 'js' }, 'serviceArns');
  for (const service of ['a', 'b']) await send('DeleteService', { cluster: 'js', service });
  told.inactive = (await ecs.waitUntilServicesInactive(wait, { cluster: 'js', services: ['a', 'b'] })).state;

  try {
    await send('DescribeServices', { cluster: 'nowhere', services: ['x'] });
  } catch (error) {
    told.error = [error instanceof ecs.ClusterNotFoundException, error.message, error.$metadata.httpStatusCode, error.$metadata.attempts];
  }
  told.deleted = (await send('DeleteCluster', { cluster: 'js' })).cluster.status;
  console.log(JSON.stringify(told));
})();
"""


class JavaScriptClient(DaemonCase):
    kernel = False
    config = {"images": {"offline": True}}

    @unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "no node and npm here")
    def test_commands_waiters_paginators_and_errors(self):
        folder = self.daemon.base / "app"
        folder.mkdir()
        got = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--fetch-retries=1", "--fetch-timeout=60000",
                              "@aws-sdk/client-ecs@3"], cwd=folder, capture_output=True, text=True)
        if got.returncode != 0:
            self.skipTest("npm gives no packages here: " + got.stderr[-200:])
        (folder / "app.js").write_text(APP.replace("SLOW", str(SLOW)))
        done = subprocess.run(["node", "app.js"], cwd=folder, env=self.daemon.env(), capture_output=True, text=True, timeout=300 * SLOW)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        for pages in ("families", "definitions", "services"):
            self.assertEqual(told.pop(pages), {"count": 2, "items": 2}, pages)
        self.assertEqual(told, {
            "cluster": "ACTIVE", "registered": True, "running": "SUCCESS", "startedAt": True, "listed": 1, "stopped": "SUCCESS",
            "stable": "SUCCESS", "inactive": "SUCCESS", "error": [True, "Cluster not found.", 400, 1], "deleted": "INACTIVE"})
