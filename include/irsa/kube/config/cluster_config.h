// Where a cluster's apiserver is and how to log in to it: from a kubeconfig, or from what the kubelet gives every pod.
// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
// https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/files.h"
#include "irsa/base/program.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"
#include "irsa/http/client/proxy.h"
#include "irsa/kube/config/exec_plugin.h"

namespace irsa::kube {

// A text that was given as it is, or that stands in a file and may change while irsa runs.
struct TextSource {
  std::string text;
  std::string path;  // not empty: the file's content is meant

  bool empty() const { return text.empty() && path.empty(); }
  bool operator==(const TextSource&) const = default;
};

struct ClusterConfig {
  base::Url server;             // may have a path, below which the API is
  TextSource ca;                // PEM; empty: the operating system's CAs
  std::string tls_server_name;  // in place of the server's host, when not empty
  TextSource client_certificate;
  TextSource client_key;  // both or neither, PEM
  TextSource token;
  std::optional<ExecPlugin> exec;  // gives the token or client certificate; there is no token above then
  http::ProxyChoice proxies;
  std::string proxy_url;  // the kubeconfig's proxy-url, with any password; empty: proxies are not its choice
  std::string namespace_name = "default";  // where the context, or the pod, is
  std::string origin;                      // for messages: "kubeconfig FILE, context NAME"; empty: a URL alone

  bool operator==(const ClusterConfig&) const = default;
};

inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// Whether this process runs in a pod: KUBERNETES_SERVICE_HOST is set.
bool IsInCluster(const base::Environment& environment);

// From KUBERNETES_SERVICE_HOST (an IPv6 address has no brackets) and _PORT, and the files token, ca.crt and namespace
// in `folder`. The namespace is "default" when there is no such file. kInvalid for variables that make no URL; errors
// of files name them.
Result<ClusterConfig> InClusterConfig(const base::Environment& environment, const base::FileReader& files,
                                      const std::string& folder = kServiceAccountFolder);

// Whether a kubeconfig may have irsa run a program for its credentials.
enum class ExecPlugins {
  kRefused,  // for what runs unattended: nobody would notice what the program wants
  kAllowed,
};

// `paths` is a kubeconfig's path, or several separated by colons as KUBECONFIG has them: the first file that has an
// entry or a current-context decides. Empty entries of such a list and files that do not exist are passed over, and an
// empty file is a kubeconfig without entries. `context` is a name, or empty for the current context. A relative path in
// a file is resolved against that file's folder. Data given in the file win over a path for the same, tokenFile over
// token, and either over exec.
//
// kInvalid, naming the file, the entry and what to do instead, for a context, cluster or user that does not exist and
// for what is not supported: exec with kRefused, auth-provider, username and password, impersonation,
// insecure-skip-tls-verify, proxies other than http and https. No value that may be secret is quoted.
Result<ClusterConfig> ReadKubeconfig(const base::FileReader& files, const std::string& paths,
                                     const std::string& context = "", ExecPlugins exec_plugins = ExecPlugins::kRefused);

// What a command's user said.
struct ClusterOptions {
  std::string kubeconfig;  // paths as for ReadKubeconfig
  std::string context;
  std::string server;  // a URL, http or https, in place of the one found
  ExecPlugins exec_plugins = ExecPlugins::kRefused;
};

// The kubeconfig's, if one is given; else the cluster that the process runs in; else the server alone, without
// credentials. kNotFound when there is none of them.
Result<ClusterConfig> FindCluster(const ClusterOptions& options, const base::Environment& environment,
                                  const base::FileReader& files);

}  // namespace irsa::kube
