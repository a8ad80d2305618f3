// The variables of irsa's policies that correspond to flags of `irsa serve`: their values, and whether they match the
// flags. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/audit/facts/policy_facts.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::audit {

// A variable whose expression is a constant.
struct FlagVariable {
  std::string_view name;
  std::string_view flag;
  // The expression that a setting comes to.
  std::string (*expression)(const identity::Settings& settings);
  // Whether `constant` is a value of the setting, which it then becomes.
  bool (*take)(std::string_view constant, identity::Settings& settings);
};

// Those of the identity policy: annotationPrefix, tokenAudience, tokenMountPath, tokenExpiration, awsDefaultRegion
// and stsRegionalEndpoint.
std::span<const FlagVariable> IdentityVariables();
// Those of the guard: annotationPrefix and tokenMountPath.
std::span<const FlagVariable> GuardVariables();
// Those of the policy that labels accounts: annotationPrefix.
std::span<const FlagVariable> AccountLabelVariables();

// The value of a CEL expression that is one string in single quotes: without them. Nothing for any other.
std::optional<std::string> ConstantOf(std::string_view expression);

// How the variables differ from the settings, a phrase each: "its variable tokenAudience is 'x', but --token-audience
// makes it 'sts.amazonaws.com'". Empty: they say the same.
std::vector<std::string> CompareVariables(const PolicyVariables& variables, std::span<const FlagVariable> wanted,
                                          const identity::Settings& settings);

// The settings that the identity policy's variables say. One that is missing or no constant leaves the default.
identity::Settings SettingsOf(const PolicyVariables& variables);

}  // namespace irsa::audit
