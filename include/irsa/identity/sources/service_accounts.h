// Service accounts, and namespaces with a default role, among the objects of a manifest.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "irsa/base/result.h"
#include "irsa/identity/rules/settings.h"
#include "irsa/identity/sources/identity_index.h"
#include "irsa/manifest/manifest.h"

namespace irsa::identity {

// For an annotation under the prefix that `helm --set` took apart at its dots ({eks: {amazonaws: {com/role-arn: …}}}):
// its key as it has to be given, quoted. Empty for any other.
std::string NestedAnnotation(std::string_view key, const manifest::Value& value, std::string_view prefix);

// Whether it is a ServiceAccount of Kubernetes's own; one without an apiVersion is taken for that.
bool IsServiceAccount(const manifest::Object& object);

// The service accounts among the objects; all else is passed over. One without a namespace is in `default_namespace`.
// Namespaces count where the settings use default roles. kInvalid, naming the place and the account or namespace, for a
// name or namespace that is missing or none by Kubernetes's rules, for annotations that are not a map of strings (null
// is "", as the API has it), and for one that occurs twice.
Result<IdentityIndex> IndexServiceAccounts(std::span<const manifest::Object> objects,
                                           std::string_view default_namespace, const Settings& settings);

}  // namespace irsa::identity
