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
containerd --config "$folder/containerd.toml" > "$folder/logs/containerd.log" 2>&1 &
"$2" --config "$folder/kubelet.json" --kubeconfig "$folder/../system:node:node.kubeconfig" --hostname-override node --node-ip "$4" --root-dir "$folder/kubelet" --cert-dir "$folder/kubelet-certificates" > "$folder/logs/kubelet.log" 2>&1 &
"$3" --config "$folder/kube-proxy.json" > "$folder/logs/kube-proxy.log" 2>&1 &
wait
