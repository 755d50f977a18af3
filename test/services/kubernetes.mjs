import { buildPrograms } from './kubernetes/buildPrograms.mjs';
import { Cluster } from './kubernetes/Cluster.mjs';
import {
  ensureNodePrograms,
  ensureTraefik,
} from './kubernetes/nodePrograms.mjs';

const building = new Map();

/**
 * What a cluster of a level is made of, built where it was not before; that
 * takes minutes.
 *
 * | level | is |
 * |---|---|
 * | `api` | etcd, API server, controller manager, scheduler, the Gateway API's kinds |
 * | `node` | and a node with containerd, kubelet and kube-proxy: pods are real |
 * | `gateway` | and Traefik in front, which the Gateway API's routes lead through |
 *
 * @returns the programs, or why there are none
 */
export function ensureKubernetes(level = 'api') {
  if (!building.has(level)) building.set(level, ensure(level));
  return building.get(level);
}

async function ensure(level) {
  const lacking = level === 'api' ? undefined : await ensureNodePrograms();
  if (lacking) return { unavailable: lacking };
  try {
    const built = await buildPrograms(level === 'api' ? level : 'node');
    if (built.unavailable || level !== 'gateway') return built;
    return { ...built, traefik: await ensureTraefik() };
  } catch (error) {
    return {
      unavailable: `the Kubernetes cluster of the tests could not be built: ${error.message}`,
    };
  }
}

/**
 * A real cluster, with free ports, networks and a folder of its own; or the
 * one that TEST_KUBECONFIG names, whose API server is not restarted by tests.
 *
 * @returns the cluster, with its administrator's kubeconfig, or why there is none
 */
export async function startKubernetes(level = 'api') {
  if (process.env.TEST_KUBECONFIG && level === 'api')
    return {
      kubeconfig: process.env.TEST_KUBECONFIG,
      async stop() {},
    };
  const built = await ensureKubernetes(level);
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
