#!/usr/bin/env bash
# Starts a Kubernetes cluster of one real node: etcd, the control plane, kubelet, kube-proxy, containerd and kube-router's firewall.
# They run in namespaces of their own. On the machine, only the directory STATE and a cgroup show; nothing reaches the machine's
# network. down.sh ends all of it.
#
# usage: up.sh STATE BIN TESTBED IMAGE...
#        up.sh STATE              switches the node of `down.sh --keep` on again
#        up.sh --check DIRECTORY  says why no node can run here, with status 1; DIRECTORY: where STATE would be
#   STATE     a directory on a real disk, neither overlay nor tmpfs
#   BIN       the directory that build.sh filled; TESTBED: the program that test/e2e/testbed/build.sh made
#   IMAGE     archives that images.sh made
#
# Needs root, and Debian's runc, containernetworking-plugins, nftables, conntrack, iptables and ipset.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
. "$here/settings.sh"
usage="usage: up.sh STATE [BIN TESTBED IMAGE...]"
die() {
  echo "up.sh: $*" >&2
  exit 1
}

# check DIRECTORY: tries what the node needs of the kernel, in namespaces and a cgroup that end at once.
check() {
  local directory why probe=/$node-check-$$
  [ "$(id -u)" -eq 0 ] || { echo "a node needs root"; return 1; }
  directory=$(mktemp -d "$1/check.XXXXXX")
  mkdir "$directory"/{lower,upper,work,merged}
  why=$(make_cgroups "$probe") || { remove_cgroups "$probe"; rm -rf "$directory"; echo "$why"; return 1; }
  # shellcheck disable=SC2016  # for the shell in the namespaces
  why=$(unshare --mount --net --pid --uts --fork -- sh -ec '
    cd "$0"
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
    ip link add node0 type veth peer name nowhere
    printf "table ip t { chain c { type nat hook output priority -100; ct state new ip daddr 10.0.0.1 dnat to 10.0.0.2; }; }" | nft -f -
    iptables -t filter -N t
    ipset create t hash:ip' "$directory" 2>&1) || why="this kernel or sandbox does not allow it: ${why:-unshare failed}"
  remove_cgroups "$probe" || why="the cgroup $probe cannot be removed"
  rm -rf "$directory"
  [ -z "$why" ] || { echo "$why"; return 1; }
}
if [ "${1:-}" = --check ]; then check "${2:?$usage}"; exit; fi

state=$(realpath -m "${1:?$usage}")
shift
[ "$(id -u)" -eq 0 ] || die "not root"
if [ -e "$state" ]; then
  [ -e "$state/kept" ] || die "$state exists; down.sh removes it"
  [ $# -eq 0 ] || die "$state has its programs and images already"
else
  [ $# -ge 2 ] || die "$usage"
fi
programs=() images=()
if [ $# -ge 2 ]; then
  programs=("$(realpath "$1")"/* "$(realpath "$2")")
  shift 2
  for image in "$@"; do images+=("$(realpath "$image")"); done
fi
for program in runc nft conntrack iptables ipset unshare nsenter openssl "$cni_plugins/ptp"; do
  command -v "$program" >/dev/null || die "no $program"
done
cgroup=/$node-$(basename "$state")

begin=$(date +%s%3N)
figure() { printf '%-40s %6d ms\n' "$1" $(($(date +%s%3N) - begin)); }

make_keys() (
  cd "$state/pki"
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -subj /CN=node-ca -days 30 -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  certificate() { # NAME SUBJECT USAGE [SANS]
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl req -new -key "$1.key" -subj "$2" |
      openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" 2>/dev/null -extfile <(
        printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n' "$3"
        [ -z "${4:-}" ] || echo "subjectAltName=$4")
  }
  certificate apiserver /CN=kube-apiserver serverAuth \
    "IP:127.0.0.1,IP:$node_ip,IP:$service_ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate admin /O=system:masters/CN=admin clientAuth
  certificate controller-manager /CN=system:kube-controller-manager clientAuth
  certificate scheduler /CN=system:kube-scheduler clientAuth
  certificate proxy /CN=system:kube-proxy clientAuth
  certificate kubelet "/O=system:nodes/CN=system:node:$node" clientAuth
  openssl genrsa -out sa.key 2048 2>/dev/null # RS256, as on most clusters
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
)

make_configuration() {
  local name
  for name in admin controller-manager scheduler proxy kubelet; do
    cat >"$state/etc/$name.kubeconfig" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: node, cluster: {server: "https://$node_ip:6443", certificate-authority: $state/pki/ca.crt}}]
users: [{name: $name, user: {client-certificate: $state/pki/$name.crt, client-key: $state/pki/$name.key}}]
contexts: [{name: node, context: {cluster: node, user: $name}}]
current-context: node
KUBECONFIG
  done
  cat >"$state/etc/containerd.toml" <<TOML
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "/var/lib/containerd/opt"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "localhost/busybox:1"
[plugins."io.containerd.cri.v1.runtime"]
# Without CAP_SYS_RESOURCE, as in a container, no process may lower an oom_score_adj, and runc fails.
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["$cni_plugins"]
conf_dir = "$state/etc/cni"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false
TOML
  # ptp, not bridge: packets between pods are routed, so that kube-proxy's rules see the answers without br_netfilter.
  cat >"$state/etc/cni/10-node.conflist" <<CNI
{"cniVersion": "1.0.0", "name": "node", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
CNI
  : >"$state/etc/resolv.conf"
  cat >"$state/etc/kubelet.yaml" <<KUBELET
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_ip
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: $cgroup
failCgroupV1: false
failSwapOn: false
clusterDomain: cluster.local
clusterDNS: [$dns_ip]
resolvConf: $state/etc/resolv.conf
volumePluginDir: /var/lib/kubelet/volume-plugins
maxPods: 500
podPidsLimit: 1024
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%}
KUBELET
  cat >"$state/etc/kube-proxy.yaml" <<PROXY
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: $node
clusterCIDR: $pod_cidr
clientConnection: {kubeconfig: $state/etc/proxy.kubeconfig}
# The size of the conntrack table cannot be written from another network namespace.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
PROXY
}

if [ -e "$state/kept" ]; then
  rm -f "$state"/{kept,ready,init.pid} "$state"/pids/*
else
  mkdir -p "$state"/{bin,pki,etc/cni,logs,pids,tunables,cgroup,var-lib,var-log}
  mkdir -p "$state"/var-lib/{containerd,cni,kubelet} "$state"/var-log/{pods,containers}
  chmod 700 "$state/pki"
  for program in "${programs[@]}"; do ln -s "$program" "$state/bin/"; done
  ln -s k8s-testbed "$state/bin/kubectl"
  echo "$cgroup" >"$state/cgroup-name"
  make_keys
  make_configuration
  figure "keys and configuration"
fi

# --- the node's namespaces, below a cgroup of their own
why=$(make_cgroups "$cgroup") || die "$why"
(
  enter_cgroups "$cgroup"
  exec setsid unshare --mount --net --pid --uts --fork --kill-child -- "$here/inside.sh" init "$state" </dev/null >"$state/logs/init.log" 2>&1
) &
unshare_pid=$!
for _ in $(seq 100); do
  [ ! -e "$state/ready" ] || break
  kill -0 "$unshare_pid" 2>/dev/null || die "the namespaces failed: $(cat "$state/logs/init.log")"
  sleep 0.05
done
[ -e "$state/ready" ] || die "the namespaces are not ready: $(cat "$state/logs/init.log")"
tr -d " " <"/proc/$unshare_pid/task/$unshare_pid/children" >"$state/init.pid"
figure "namespaces"

inside() { "$here/in-node" "$state" "$here/inside.sh" "$1" "$state" "${@:2}"; }
kubectl() { "$here/in-node" "$state" kubectl "$@"; }
wait_for() { # WHAT SECONDS COMMAND...
  local what=$1 end=$(($(date +%s) + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || die "not in time: $what; see $state/logs"
    sleep 0.2
  done
  figure "$what"
}

inside start etcd kube-apiserver containerd
wait_for "containerd answers" 60 "$here/in-node" "$state" ctr version
for image in "${images[@]}"; do "$here/in-node" "$state" ctr images import "$image" >/dev/null 2>&1 || die "no image: $image"; done
figure "images imported"
wait_for "kube-apiserver is ready" 120 kubectl get --raw /readyz
inside start kube-controller-manager kube-scheduler kube-proxy kubelet
wait_for "the node is Ready" 120 kubectl wait --for=condition=Ready "node/$node" --timeout=1s
inside start network-policy # needs the node's object
wait_for "the default service account is there" 60 kubectl get serviceaccount default
