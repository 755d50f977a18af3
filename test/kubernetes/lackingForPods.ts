/** Why there can be no real pods, where there can't: the other tests run all the same. */
export async function lackingForPods(): Promise<string | undefined> {
  if (process.env.TEST_KUBECONFIG)
    return 'TEST_KUBECONFIG names a cluster without a node of the tests';
  const { ensureKubernetes } = await import('../services/kubernetes.mjs');
  return (await ensureKubernetes('gateway')).unavailable;
}
