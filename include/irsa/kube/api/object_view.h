// An object of the Kubernetes API as lists and events carry it, down to what is needed of each kind alike.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "irsa/base/json.h"
#include "irsa/base/result.h"

namespace irsa::kube {

// Points into the JSON it was read from.
struct ObjectView {
  std::string_view namespace_name;  // empty for what is in no namespace
  std::string_view name;
  std::string_view resource_version;
  const base::Json* json = nullptr;  // the whole object
};

// kInvalid when it is no object with a metadata that has a name and a resourceVersion.
Result<ObjectView> ViewObject(const base::Json& object);

// The string member of metadata with that key; empty when there is none.
std::string_view MetadataText(const base::Json& object, std::string_view key);

// A resource version as a number: they grow with each change within a kind. Nothing for one that is no number below
// 2^64 (versions are opaque for servers that are no kube-apiserver): such can only be compared for equality.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
std::optional<uint64_t> VersionNumber(std::string_view resource_version);

}  // namespace irsa::kube
