#include <string_view>
#include <utility>

#include "irsa/manifest/manifest.h"

#include "reader.h"

namespace irsa::manifest {
namespace {

constexpr std::string_view kListSuffix = "List";

// Sets `out` to a member that is there. What is no string is refused, as by kubectl: in YAML, an unquoted `no` is a
// boolean, and the object would be taken for one of the default namespace.
Status TakeString(const Value& map, std::string_view key, std::string_view path, std::string& out) {
  const auto member = map.find(key);
  if (member == map.end() || member->is_null()) return {};
  if (!member->is_string()) {
    return Error{ErrorCode::kInvalid, std::string(path).append(key) + " is not a string but of type " +
                                          member->type_name() + (member->is_structured() ? "" : ": quote it")};
  }
  out = member->get<std::string>();
  return {};
}

Status TakeNames(Object& object) {
  const Value& value = *object.value;
  if (Status status = TakeString(value, "kind", "", object.kind); !status) return status;
  if (Status status = TakeString(value, "apiVersion", "", object.api_version); !status) return status;
  const auto metadata = value.find("metadata");
  if (metadata == value.end() || !metadata->is_object()) return {};
  if (Status status = TakeString(*metadata, "name", "metadata.", object.name); !status) return status;
  return TakeString(*metadata, "namespace", "metadata.", object.namespace_name);
}

// What an item of a list is when it does not say so itself.
struct Implied {
  std::string kind;
  std::string api_version;
};

Status Collect(Value& value, std::string place, const Implied& implied, std::vector<Object>& objects) {
  if (!value.is_object()) {
    return Error{ErrorCode::kInvalid, place + ": not an object but of type " + value.type_name()};
  }
  Object object{.value = &value, .place = std::move(place)};
  if (Status status = TakeNames(object); !status) return base::WithContext(std::move(status).error(), object.place);
  if (object.kind.empty()) object.kind = implied.kind;
  if (object.api_version.empty()) object.api_version = implied.api_version;
  if (object.kind.empty()) return Error{ErrorCode::kInvalid, object.place + ": an object without kind"};

  const auto items = value.find("items");
  if (!object.kind.ends_with(kListSuffix) || items == value.end() || !items->is_array()) {
    objects.push_back(std::move(object));
    return {};
  }
  const std::string item_kind = object.kind.substr(0, object.kind.size() - kListSuffix.size());
  const Implied item_implied = item_kind.empty() ? Implied{} : Implied{item_kind, object.api_version};
  for (size_t i = 0; i < items->size(); ++i) {
    const std::string item_place = object.place + ", item " + std::to_string(i + 1);
    if (Status status = Collect((*items)[i], item_place, item_implied, objects); !status) return status;
  }
  return {};
}

}  // namespace

Result<std::vector<Object>> ObjectsIn(std::span<Document> documents) {
  std::vector<Object> objects;
  for (Document& document : documents) {
    Status status = Collect(document.value, PlaceName(document.number, document.line), {}, objects);
    if (!status) return std::move(status).error();
  }
  return objects;
}

}  // namespace irsa::manifest
