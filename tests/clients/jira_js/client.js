// Submits, reads and deletes each kind with jira.js, against the host and with the token that it is given.
import { createAgileClient } from 'jira.js';

const { HOST, TOKEN, ENTITIES } = process.env;
const client = createAgileClient({ host: HOST, auth: { type: 'bearer', token: TOKEN } });
const entities = JSON.parse(ENTITIES);
const encoded = encodeURIComponent;

async function gone(read) {
  try {
    await read();
    return 'still there';
  } catch (error) {
    return error.status ?? error.response?.status ?? error.cause?.status ?? String(error);
  }
}

async function trip(submit, read, remove) {
  const receipt = await submit();
  const held = await read();
  await remove();
  return { receipt, held, gone: await gone(read) };
}

const { deployment, build, repository } = entities;
const place = {
  pipelineId: encoded(deployment.pipeline.id),
  environmentId: encoded(deployment.environment.id),
  deploymentSequenceNumber: deployment.deploymentSequenceNumber,
};
const run = { pipelineId: encoded(build.pipelineId), buildNumber: build.buildNumber };
const here = { repositoryId: repository.id };

const said = {
  deployment: await trip(
    () => client.deployments.submitDeployments({ deployments: [deployment], properties: { account: 'a' } }),
    () => client.deployments.getDeploymentByKey(place),
    () => client.deployments.deleteDeploymentByKey(place),
  ),
  build: await trip(
    () => client.builds.submitBuilds({ builds: [build] }),
    () => client.builds.getBuildByKey(run),
    () => client.builds.deleteBuildByKey(run),
  ),
  repository: await trip(
    () => client.developmentInformation.storeDevelopmentInformation({ repositories: [repository] }),
    () => client.developmentInformation.getRepository(here),
    async () => {
      for (const [entityType, name] of [['commit', 'commits'], ['branch', 'branches'], ['pull_request', 'pullRequests']]) {
        await client.developmentInformation.deleteEntity({ ...here, entityType, entityId: repository[name][0].id });
      }
      const emptied = await client.developmentInformation.getRepository(here);
      if (emptied.commits.length + emptied.branches.length + emptied.pullRequests.length) throw new Error('not empty');
      await client.developmentInformation.deleteRepository(here);
    },
  ),
};
console.log(JSON.stringify(said));
