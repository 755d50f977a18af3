/** Versions that belong together; a new one is built anew. */
export const VERSIONS = {
  kubernetes: '1.36.3',
  etcd: '3.6.16',
  gatewayApi: '1.6.1',
  kwok: '0.8.0',
  prometheusOperator: '0.85.0',
};

const kubernetes = name => ({
  module: 'k8s.io/kubernetes',
  version: VERSIONS.kubernetes,
  package: `k8s.io/kubernetes/cmd/${name}`,
  // Else it takes itself for a version that it is not.
  ldflags: `-X k8s.io/component-base/version.gitVersion=v${VERSIONS.kubernetes}`,
  // Of its own parts it has what lies beside it in its repository: they are modules, too.
  replace(goMod) {
    const parts = [...goMod.matchAll(/^\s*(k8s\.io\/[\w-]+) => \.\/staging/gm)];
    const version = VERSIONS.kubernetes.replace(/^1\./, 'v0.');
    return parts.map(([, part]) => `${part} => ${part} ${version}`);
  },
});

/** What is built of which Go module. */
export const PROGRAMS = {
  etcd: {
    module: 'go.etcd.io/etcd/server/v3',
    version: VERSIONS.etcd,
    package: 'go.etcd.io/etcd/server/v3',
  },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kwok: {
    module: 'sigs.k8s.io/kwok',
    version: VERSIONS.kwok,
    package: 'sigs.k8s.io/kwok/cmd/kwok',
  },
};

/** Programs of each level; a level has those of the levels before it. */
export const LEVELS = {
  api: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  fake: ['kwok'],
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
