#include "irsa/identity/rules/config_map_keys.h"

#include <algorithm>
#include <array>

#include "irsa/identity/rules/additions.h"
#include "irsa/identity/rules/profiles.h"
#include "irsa/identity/rules/provider_setup.h"
#include "irsa/identity/rules/session_name.h"

namespace irsa::identity {
namespace {

// All that additions.cc adds, provider_setup.cc takes for a rival, and pod_mutator.cc warns of.
constexpr std::array kVariables = {kStsRegionalEndpointsVariable,
                                   kDefaultRegionVariable,
                                   kRegionVariable,
                                   kUseFipsVariable,
                                   kSessionNameVariable,
                                   kPodNameVariable,
                                   kConfigFileVariable,
                                   kRoleArnVariable,
                                   kTokenFileVariable,
                                   kFullUriVariable,
                                   kRelativeUriVariable,
                                   kAuthorizationTokenFileVariable,
                                   kAccessKeyIdVariable,
                                   kProfileVariable};

}  // namespace

bool MattersAsVariable(std::string_view key) {
  return !key.empty() && std::any_of(kVariables.begin(), kVariables.end(),
                                     [key](std::string_view variable) { return variable.ends_with(key); });
}

}  // namespace irsa::identity
