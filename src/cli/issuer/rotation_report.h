// `irsa issuer rotate`, and what it says: the plan of a rotation, and where a cluster is in it; for people and as JSON.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "irsa/oidc/jwks.h"
#include "irsa/oidc/key_rotation.h"

#include "issuer_keys.h"

namespace CLI {
class App;
}

namespace irsa::cli {

// Declares `rotate` below `issuer`.
void AddRotate(CLI::App& issuer, std::function<int()>& run);

struct RotationKeys {
  std::vector<IssuerKey> current;  // the first one signs
  IssuerKey next;
};

struct RotationPlan {
  const RotationKeys& keys;
  oidc::RotationSettings settings;
  std::string publish_directory;  // of `irsa issuer publish`; empty: how it is published is not known
  std::string issuer;
  // Whether the dates count: they do not in a check that was told no start.
  bool has_dates = true;
};

// The steps with their dates, what to publish and the flags of kube-apiserver.
std::string PlanText(const RotationPlan& plan);

// {"keys": {"current": [key…], "next": key}, "rolloutSeconds", "cacheLifetimeSeconds", "tokenLifetimeSeconds",
// "steps": [{"stage", "notBefore", "instruction", "published": [kid…], "publishCommand", "apiserverFlags": [flag…]}]}
// notBefore is null without dates, publishCommand where nothing is published or how is not known.
std::string PlanJson(const RotationPlan& plan);

// The keys that are published, which step that makes, and the steps that are under way and next.
std::string PositionText(const RotationPlan& plan, const oidc::RotationPosition& position,
                         const oidc::JwkSet& published);

// {"stage" (null when something is wrong), "detail", "published": [{"kid", "id", "role": "old"|"new"|"other"}],
// "unusable": [text…], "step", "nextStep"}. `id` is kube-apiserver's kid; the steps are as in PlanJson, or null.
std::string PositionJson(const RotationPlan& plan, const oidc::RotationPosition& position,
                         const oidc::JwkSet& published);

}  // namespace irsa::cli
