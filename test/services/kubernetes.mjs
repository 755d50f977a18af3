import { buildPrograms } from './kubernetes/buildPrograms.mjs';
import { Cluster } from './kubernetes/Cluster.mjs';

const building = new Map();

/**
 * What a cluster of a level is made of, built where it was not before; that
 * takes a quarter of an hour.
 *
 * | level | is |
 * |---|---|
 * | `api` | etcd, API server, controller manager, scheduler, the Gateway API's kinds |
 * | `fake` | and kwok, whose nodes say of all pods that they run |
 *
 * @returns the programs, or why there are none
 */
export function ensureKubernetes(level = 'api') {
  if (!building.has(level)) building.set(level, buildPrograms(level));
  return building.get(level);
}

/**
 * A real cluster on loopback, with free ports and a folder of its own; or the
 * one that TEST_KUBECONFIG names, whose API server is not restarted by tests.
 *
 * @returns the cluster, with its administrator's kubeconfig, or why there is none
 */
export async function startKubernetes() {
  if (process.env.TEST_KUBECONFIG)
    return {
      kubeconfig: process.env.TEST_KUBECONFIG,
      async stop() {},
    };
  const built = await ensureKubernetes('api');
  if (built.unavailable) return built;
  const cluster = new Cluster(built);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}
