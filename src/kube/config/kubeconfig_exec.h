// The exec plug-in that a kubeconfig's user names.
#pragma once

#include <string>

#include "irsa/kube/config/exec_credential.h"

#include "kubeconfig_entry.h"

namespace irsa::kube {

// `user` has a section exec. What is wrong with it is remembered in `user`.
ExecPlugin ReadExecPlugin(KubeconfigEntry& user);

// The cluster's extension client.authentication.k8s.io/exec, as JSON; "" when it has none.
std::string ReadExecClusterConfig(const KubeconfigEntry& cluster);

}  // namespace irsa::kube
