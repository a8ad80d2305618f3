// The exec plug-ins of kubeconfigs: client.authentication.k8s.io, v1 and v1beta1.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/program.h"
#include "irsa/base/result.h"

namespace irsa::kube {

// Whether a plug-in gets the terminal as its standard input, to ask for a password or a code.
enum class InteractiveMode {
  kNever,
  kIfAvailable,
  kAlways,  // without a terminal it is not run
};

// The exec section of a kubeconfig's user.
struct ExecPlugin {
  std::string api_version;               // "client.authentication.k8s.io/v1" or …/v1beta1
  std::string command;                   // a path with a slash, or a name to look up in PATH
  std::vector<std::string> arguments;    // may be secret
  std::vector<std::string> environment;  // "NAME=value"; may be secret
  std::string install_hint;
  InteractiveMode interactive_mode = InteractiveMode::kNever;
  bool provide_cluster_info = false;
  // JSON: the cluster's extension client.authentication.k8s.io/exec; empty when there is none.
  std::string cluster_config;

  bool operator==(const ExecPlugin&) const = default;
};

bool IsExecApiVersion(std::string_view text);

// What provideClusterInfo provides.
struct ExecCluster {
  std::string server;
  std::string tls_server_name;
  std::string ca_pem;
  std::string proxy_url;  // with any password
};

// Empty texts: the plug-in gave none. All but the time is secret.
struct ExecCredential {
  std::string token;
  std::string client_certificate;  // PEM, as the key; both or neither
  std::string client_key;
  std::optional<base::SystemTime> expires;

  bool operator==(const ExecCredential&) const = default;
};

inline constexpr size_t kMaxExecCredentialBytes = 1 << 20;

// The value of KUBERNETES_EXEC_INFO.
std::string WriteExecInfo(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_interactive);

// A plug-in's standard output. kMalformed or kInvalid for what is no ExecCredential of that version, or holds neither a
// token nor a certificate with its key. No value that may be secret is quoted.
Result<ExecCredential> ReadExecCredential(std::string_view text, std::string_view api_version);

// What a plug-in may have as its standard input.
enum class Terminal {
  kNone,       // there is none, or the command reads standard input itself
  kAvailable,  // standard input is one
};

// Runs plug-ins, for commands that a person runs: irsa serve, which runs unattended, does not use it. May be used from
// any thread.
class ExecPluginRunner {
 public:
  // `programs` outlives this object.
  ExecPluginRunner(const base::ProgramRunner& programs, Terminal terminal) : programs_(programs), terminal_(terminal) {}

  // Runs the plug-in anew, a minute at most, or five where it may ask the person at the terminal. Its standard error is
  // this process's. Errors name the plug-in's command and say what to do, with the installHint when there is no such
  // program; neither arguments, variables nor output are quoted. kDenied when the plug-in fails.
  Result<ExecCredential> Run(const ExecPlugin& plugin, const ExecCluster& cluster) const;

 private:
  const base::ProgramRunner& programs_;
  const Terminal terminal_;
};

}  // namespace irsa::kube
