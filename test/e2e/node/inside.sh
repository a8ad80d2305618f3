#!/usr/bin/env bash
# The part of the node that runs in its own namespaces.
#
# usage: inside.sh init STATE            process 1 of the node: mounts, network, then reaping
#        inside.sh start STATE NAME...   starts components, each in a session of its own
#        inside.sh stop STATE NAME...    stops them by their pid files
set -euo pipefail
. "$(dirname "$(realpath "$0")")/settings.sh"
verb=$1 state=$2
shift 2
export PATH=$state/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mounts() {
  mount -t proc proc /proc
  # A sysfs of this network namespace, with the machine's cgroups where they were.
  mount --rbind /sys/fs/cgroup "$state/cgroup"
  mount -t sysfs sysfs /sys
  mount --rbind "$state/cgroup" /sys/fs/cgroup
  umount -R -l "$state/cgroup"
  # The default paths of all components, none of which shows on the machine.
  mount --bind "$state/var-lib" /var/lib
  mount --bind "$state/var-log" /var/log
  mount -t tmpfs -o mode=755 tmpfs /run
  # The kubelet sets these, and no namespace holds them: it writes to files instead.
  local name value
  while read -r name value; do
    echo "$value" >"$state/tunables/${name##*/}"
    mount --bind "$state/tunables/${name##*/}" "/proc/sys/$name"
  done <<'TUNABLES'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
TUNABLES
  mount --make-rshared /
}

network() {
  hostname "$node"
  ip link set lo up
  # A veth pair whose other end is unused, since not every kernel has the dummy device.
  ip link add node0 type veth peer name nowhere
  ip address add "$node_ip/24" dev node0
  ip link set node0 up
  ip link set nowhere up
  # Without a route, packets to a Service's address are refused before kube-proxy's rules see them.
  ip route add default dev node0
  echo 1 >/proc/sys/net/ipv4/ip_forward
}

start() {
  local name=$1 words
  # nsenter leaves a process in its caller's cgroup.
  enter_cgroups "$(cat "$state/cgroup-name")"
  case $name in
    etcd) words=(k8s-testbed etcd --name "$node" --data-dir /var/lib/etcd --unsafe-no-fsync --log-level warn
      --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379
      --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380
      --initial-cluster "$node=http://127.0.0.1:2380") ;;
    kube-apiserver) words=(k8s-testbed kube-apiserver --etcd-servers=http://127.0.0.1:2379
      --bind-address=0.0.0.0 --advertise-address="$node_ip" --secure-port=6443
      --tls-cert-file="$state/pki/apiserver.crt" --tls-private-key-file="$state/pki/apiserver.key" --client-ca-file="$state/pki/ca.crt"
      --kubelet-client-certificate="$state/pki/admin.crt" --kubelet-client-key="$state/pki/admin.key"
      --kubelet-preferred-address-types=InternalIP
      --service-account-key-file="$state/pki/sa.pub" --service-account-signing-key-file="$state/pki/sa.key"
      --service-account-issuer="$issuer" --service-account-jwks-uri="$issuer/openid/v1/jwks" --service-cluster-ip-range="$service_cidr"
      '--authorization-mode=Node,RBAC' --enable-admission-plugins=NodeRestriction --profiling=false) ;;
    kube-controller-manager) words=(k8s-testbed kube-controller-manager --kubeconfig="$state/etc/controller-manager.kubeconfig"
      --leader-elect=false --bind-address=127.0.0.1 --use-service-account-credentials
      --root-ca-file="$state/pki/ca.crt" --service-account-private-key-file="$state/pki/sa.key") ;;
    kube-scheduler) words=(k8s-testbed kube-scheduler --kubeconfig="$state/etc/scheduler.kubeconfig" --leader-elect=false --bind-address=127.0.0.1) ;;
    kube-proxy) words=(k8s-testbed kube-proxy --config="$state/etc/kube-proxy.yaml") ;;
    kubelet) words=(k8s-testbed kubelet --config="$state/etc/kubelet.yaml" --kubeconfig="$state/etc/kubelet.kubeconfig"
      --hostname-override="$node" --node-ip="$node_ip") ;;
    containerd) words=(containerd --config "$state/etc/containerd.toml") ;;
    # The firewall alone, which enforces NetworkPolicy.
    network-policy) words=(kube-router --run-firewall=true --run-router=false --run-service-proxy=false --enable-cni=false
      --kubeconfig="$state/etc/admin.kubeconfig" --hostname-override="$node" --service-cluster-ip-range="$service_cidr"
      --enable-ipv6=false) ;;
    *) echo "inside.sh: no component '$name'" >&2; exit 2 ;;
  esac
  # shellcheck disable=SC2016
  setsid bash -c 'echo $$ >"$0"; exec "$@"' "$state/pids/$name" "${words[@]}" </dev/null >>"$state/logs/$name.log" 2>&1 &
}

stop() {
  local pid
  [ -e "$state/pids/$1" ] || return 0
  pid=$(cat "$state/pids/$1")
  kill "$pid" 2>/dev/null || true
  timeout 15 tail --pid="$pid" --sleep-interval=0.05 -f /dev/null || true  # until it has ended
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$state/pids/$1"
}

case $verb in
  init)
    mounts
    network
    touch "$state/ready"
    # Orphans become children of this process; bash reaps them while it waits.
    trap 'exit 0' TERM
    while :; do
      sleep 3600 &
      wait $! || true
    done
    ;;
  start | stop) for name in "$@"; do "$verb" "$name"; done ;;
esac
