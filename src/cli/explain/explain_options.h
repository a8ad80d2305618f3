// What `irsa explain` was told on its command line.
#pragma once

#include <string>
#include <vector>

#include "irsa/identity/rules/settings.h"

#include "cli/options/cluster_options.h"
#include "cli/options/key_set_options.h"

namespace irsa::cli {

struct ExplainOptions {
  // The token: from a file, or asked for as the kubelet would.
  std::string token_file;
  std::string namespace_name;
  std::string service_account;
  kube::ClusterOptions cluster;
  identity::Settings settings;  // prefix, audience, expiration and composition, as the webhook has them

  // The role and the provider: one by one, or from a configuration of `irsa sts`.
  std::string role_arn;  // empty: the service account's
  KeySetOptions key_set;
  std::vector<std::string> client_ids;
  std::string trust_policy_file;
  std::string provider_file;
  std::vector<std::string> condition_keys;  // KEY=VALUE

  std::string at;
  std::string output = "text";
  bool quiet = false;

  bool IsLive() const { return token_file.empty(); }
};

}  // namespace irsa::cli
