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
 * | `node` | and a node with containerd, kubelet, kube-proxy and CoreDNS: pods are real |
 * | `gateway` | and Traefik in front, which the Gateway API's routes lead through |
 *
 * @returns the programs, or why there are none
 */
export function ensureKubernetes(level = 'api') {
  if (!building.has(level)) building.set(level, ensure(level));
  return building.get(level);
}

async function ensure(level) {
  if (level === 'api') return await buildPrograms(level);
  const lacking = await ensureNodePrograms();
  if (lacking) return { unavailable: lacking };
  const built = await buildPrograms('node');
  if (built.unavailable || level === 'node') return built;
  return { ...built, traefik: await ensureTraefik() };
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
