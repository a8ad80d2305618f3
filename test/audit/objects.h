// The objects that an audit's tests begin with: all is well with them, and a test spoils what it is about. And what was
// found then, in short.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/audit/facts/finding.h"

#include "test/audit/fake_cluster.h"

namespace irsa::audit {

using Names = std::vector<std::string>;

// The names of the kinds found, in order.
Names Kinds(const std::vector<Finding>& findings);

inline constexpr const char* kRole = "arn:aws:iam::111122223333:role/app";
inline constexpr const char* kOtherRole = "arn:aws:iam::111122223333:role/other";
inline constexpr const char* kTokenFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";

// One container "app" with everything irsa adds; service account team-a/app.
Json IdentifiedPod();
// The same as if irsa had never seen it.
Json BarePod();
Json Container(const std::string& name);

// With kRole, set at 2026-01-01T00:00:00Z. The pods above are a day younger.
Json AnnotatedAccount();

// One entry for pods of all namespaces but irsa-system, failing closed; with the caBundle (base64), if any.
Json PodWebhook(const std::string& ca_bundle);

// Policy and binding as deploy/ has them, denying; for the mode that is named.
Json PolicyOfGuard(const std::string& mode = "webhook");
Json BindingOfGuard();

// The identity policy for the same pods as PodWebhook's, and its binding.
Json PolicyOfIdentities();
Json BindingOfIdentities();

// paramRef.selector by the label of irsa-account-label.
Json AccountLabelSelector();

}  // namespace irsa::audit
