// The name of a pod's STS session (AWS_ROLE_SESSION_NAME), which identifies the pod in CloudTrail.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/identity/rules/account_name.h"
#include "irsa/identity/rules/warning.h"

namespace irsa::identity {

// What STS takes: 2 to 64 characters of [\w+=,.@-].
inline constexpr size_t kMinSessionNameBytes = 2;
inline constexpr size_t kMaxSessionNameBytes = 64;

// An account's template: text of the characters that STS takes, with {namespace}, {service-account} and {pod}.
struct SessionName {
  std::string text = {};       // with namespace and account filled in, and "{pod}" where the pod's name stands
  std::string otherwise = {};  // for pods that the text does not fit: NAMESPACE.ACCOUNT, cut to what STS takes

  bool empty() const { return text.empty(); }
  bool operator==(const SessionName&) const = default;
};

// Nothing, with a warning, for what is no template; `key` is named in it.
std::optional<SessionName> ParseSessionName(const AccountName& account, std::string_view key, std::string_view value,
                                            std::vector<Warning>& warnings);

// The session name of one pod, as the value of an environment variable.
struct PodSessionName {
  std::string value;  // refers to the variable below where the pod's name stands
  bool needs_pod_name = false;
  bool does_not_fit = false;  // so that `value` is SessionName::otherwise

  bool operator==(const PodSessionName&) const = default;
};

// The variable, made of the pod's own name by the downward API, that the value refers to.
inline constexpr std::string_view kPodNameVariable = "IRSA_POD_NAME";

// `longest_pod_name` in bytes: the name of a pod that is generated is not known yet. 0: nothing is known, and it fits.
PodSessionName SessionNameFor(const SessionName& name, size_t longest_pod_name);

}  // namespace irsa::identity
