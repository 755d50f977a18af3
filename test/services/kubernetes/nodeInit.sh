#!/bin/bash
# The first process of a node: when it ends, so do its pods.
# nodeInit.sh FOLDER KUBELET KUBE_PROXY ADDRESS
set -e
folder=$1
hostname node
mount --make-rshared /
# Nothing of the machine's /run is the node's.
mount -t tmpfs none /run
mkdir -p /run/containerd /run/netns "$folder/logs"

# NAME PROGRAM …: as a machine's services are. A kubelet that is faster than containerd ends.
keep() {
  name=$1
  shift
  while true; do
    "$@" || echo "$name ended with $?"
    sleep 0.5
  done >> "$folder/logs/$name.log" 2>&1
}

keep containerd containerd --config "$folder/containerd.toml" &
keep kubelet "$2" --config "$folder/kubelet.json" --kubeconfig "$folder/../system:node:node.kubeconfig" --hostname-override node --node-ip "$4" --root-dir "$folder/kubelet" --cert-dir "$folder/kubelet-certificates" &
keep kube-proxy "$3" --config "$folder/kube-proxy.json" &
wait
