#include "irsa/kube/api/object_view.h"

#include <charconv>
#include <string>

#include <nlohmann/json.hpp>

namespace irsa::kube {

using base::Json;

std::string_view MetadataText(const Json& object, std::string_view key) {
  const Json* metadata = base::FindMember(object, "metadata");
  if (metadata == nullptr) return {};
  const Json* member = base::FindMember(*metadata, key);
  return member != nullptr && member->is_string() ? std::string_view(member->get_ref<const std::string&>())
                                                  : std::string_view();
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

std::optional<uint64_t> VersionNumber(std::string_view resource_version) {
  uint64_t number = 0;
  const char* end = resource_version.data() + resource_version.size();
  const auto [stopped, error] = std::from_chars(resource_version.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace irsa::kube
