// Replacing the key that signs a cluster's service-account tokens without a moment in which a token is refused.
//
// Verifiers of tokens (STS, the apiservers themselves) cache the key set, and tokens stay valid after they are signed.
// So the new key is published long enough before it signs, and the old one until its last token has expired.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/oidc/jwks.h"
#include "irsa/oidc/jwt.h"
#include "irsa/oidc/public_key.h"

namespace irsa::oidc {

// In the order in which they follow each other.
enum class RotationStage { kPublish, kWaitForCaches, kSwitch, kWaitForTokens, kRemove, kDone };

// "publish", "wait-for-caches", …
std::string_view RotationStageName(RotationStage stage);

// Where one key's halves are on the control plane.
struct KeyFiles {
  std::string public_file;
  std::string private_file;
};

struct RotationSettings {
  std::vector<KeyFiles> current;  // the first one signs
  KeyFiles next;
  base::SystemTime start;
  std::chrono::seconds rollout{};             // until every apiserver runs with changed flags
  std::chrono::seconds cache_lifetime{};      // until nobody has the key set from before a change
  std::chrono::seconds max_token_lifetime{};  // of any token the apiservers sign
};

struct RotationStep {
  RotationStage stage;
  base::SystemTime begin;  // not before
  // What is published and how every kube-apiserver runs from this step on; of a waiting step, as before.
  std::vector<std::string> published_files;  // public keys
  std::vector<std::string> flags;            // of kube-apiserver, in order

  bool operator==(const RotationStep&) const = default;
};

// The steps from kPublish to kRemove. `current` is not empty. Of several current keys only the first, which signs, is
// removed in the end.
std::vector<RotationStep> PlanRotation(const RotationSettings& settings);

struct RotationPosition {
  std::optional<RotationStage> stage;  // that is next or under way; null when something is wrong
  std::string detail;                  // what was found and what is to be done
};

// Which step a cluster is at, from the key set that is published now and a token that it signed just now (null: not
// known). `current` is not empty; its first key signs before the rotation. Keys are told by their numbers, not by their
// `kid`; a `kid` that is not kube-apiserver's is wrong, since its tokens could not be verified.
RotationPosition FindRotationPosition(std::span<const PublicKey* const> current, const PublicKey& next,
                                      const JwkSet& published, const Jwt* token);

}  // namespace irsa::oidc
