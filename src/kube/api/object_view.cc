#include "irsa/kube/api/object_view.h"

#include <string>

#include <nlohmann/json.hpp>

#include "irsa/base/text.h"

namespace irsa::kube {

using base::Json;

std::string_view MetadataText(const Json& object, std::string_view key) {
  return base::TextAt(object, {"metadata", key});
}

Result<ObjectView> ViewObject(const Json& object) {
  const ObjectView view{.namespace_name = MetadataText(object, "namespace"),
                        .name = MetadataText(object, "name"),
                        .resource_version = MetadataText(object, "resourceVersion"),
                        .json = &object};
  if (view.name.empty()) return Error{ErrorCode::kInvalid, "an object without metadata.name"};
  if (view.resource_version.empty()) {
    return Error{ErrorCode::kInvalid, "object " + std::string(view.name) + " has no metadata.resourceVersion"};
  }
  return view;
}

std::optional<uint64_t> VersionNumber(std::string_view resource_version) { return base::ParseNumber(resource_version); }

}  // namespace irsa::kube
