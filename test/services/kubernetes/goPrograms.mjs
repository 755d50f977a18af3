/** Versions that belong together; a new one is built anew. */
export const VERSIONS = {
  kubernetes: '1.36.3',
  etcd: '3.6.16',
  gatewayApi: '1.6.1',
  traefik: '3.7.15',
  prometheusOperator: '0.85.0',
};

const kubernetes = name => ({
  version: VERSIONS.kubernetes,
  package: `k8s.io/kubernetes/cmd/${name}`,
});

/** A program of another project by a `main` of ours, with no more in it than tests need. */
const own = (version, main) => ({ version, main });

/** What is built, all in one module, so that what they share is compiled once. */
export const PROGRAMS = {
  etcd: own(
    VERSIONS.etcd,
    `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
  ),
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
};

/** Of the module that all are built in. */
export const REQUIREMENTS = {
  'k8s.io/kubernetes': VERSIONS.kubernetes,
  'go.etcd.io/etcd/server/v3': VERSIONS.etcd,
};

/** Programs of each level; a level has those of the levels before it. */
export const LEVELS = {
  api: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  node: ['kubelet', 'kube-proxy'],
};

/** @returns names of all programs that a level needs */
export function programsOf(level) {
  const levels = Object.keys(LEVELS);
  if (!levels.includes(level))
    throw new Error(
      `There is no cluster of level '${level}'; there are: ${levels.join(
        ', ',
      )}`,
    );
  return levels
    .slice(0, levels.indexOf(level) + 1)
    .flatMap(name => LEVELS[name]);
}
