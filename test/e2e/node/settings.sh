# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts: the names and addresses of the node, all inside its own namespaces, and its cgroups.
node=irsa-node
node_ip=10.77.0.1        # of the interface node0: kube-apiserver and the kubelet listen here
pod_cidr=10.244.0.0/16
service_cidr=10.96.0.0/16
service_ip=10.96.0.1     # of the Service "kubernetes": the first of service_cidr
dns_ip=10.96.0.10
issuer=https://oidc.irsa-node.example/id/NODE # a name that IAM would register; the keys are at /openid/v1/jwks of the apiserver
cni_plugins=/usr/lib/cni # Debian's containernetworking-plugins

# Version 2 has one hierarchy; version 1 has one for each controller.
cgroup_root=/sys/fs/cgroup
if [ -e "$cgroup_root/cgroup.controllers" ]; then
  cgroup_version=2 hierarchies=("$cgroup_root")
else
  cgroup_version=1 hierarchies=("$cgroup_root"/{cpu,cpuacct,cpuset,memory,devices,freezer,blkio,pids,systemd})
fi

# make_cgroups NAME: the node's group, and in it "daemons" for what is not a pod. Prints why when that is impossible.
make_cgroups() {
  local hierarchy group controller
  for hierarchy in "${hierarchies[@]}"; do
    mkdir -p "$hierarchy$1/daemons" 2>/dev/null || { echo "no group can be made in $hierarchy"; return 1; }
  done
  if [ "$cgroup_version" = 1 ]; then
    for group in "$1" "$1/daemons"; do # a new cpuset is empty, and an empty one takes no process
      cat "$cgroup_root/cpuset/cpuset.cpus" >"$cgroup_root/cpuset$group/cpuset.cpus"
      cat "$cgroup_root/cpuset/cpuset.mems" >"$cgroup_root/cpuset$group/cpuset.mems"
    done
    return
  fi
  for group in "" "$1"; do
    for controller in cpu cpuset memory pids; do
      grep -qw "$controller" "$cgroup_root$group/cgroup.subtree_control" ||
        { echo "+$controller" >"$cgroup_root$group/cgroup.subtree_control"; } 2>/dev/null ||
        { echo "cgroup v2 does not delegate the controller $controller to ${group:-this machine}"; return 1; }
    done
  done
}

# enter_cgroups NAME: moves this shell into the node's "daemons".
enter_cgroups() {
  local hierarchy
  for hierarchy in "${hierarchies[@]}"; do echo $BASHPID >"$hierarchy$1/daemons/cgroup.procs"; done
}

# remove_cgroups NAME: fails while one of them is in use.
remove_cgroups() {
  local hierarchy left
  for _ in $(seq 100); do
    left=0
    # unified: with version 1, runc creates its groups in the empty hierarchy of version 2 too, where there is one.
    for hierarchy in "${hierarchies[@]}" "$cgroup_root/unified"; do
      [ -d "$hierarchy$1" ] || continue
      find "$hierarchy$1" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
    done
    [ "$left" = 1 ] || return 0
    sleep 0.1
  done
  return 1
}
