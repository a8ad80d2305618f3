#include "irsa/audit/facts/json_fields.h"

#include <string>

#include <nlohmann/json.hpp>

#include "irsa/base/time_text.h"

namespace irsa::audit {

const Json* At(const Json& object, Keys keys) {
  const Json* at = &object;
  for (const std::string_view key : keys) {
    at = base::FindMember(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string_view TextAt(const Json& object, Keys keys) {
  const Json* value = At(object, keys);
  return value != nullptr && value->is_string() ? std::string_view(value->get_ref<const std::string&>())
                                                : std::string_view();
}

const Json& ListAt(const Json& object, Keys keys) {
  static const Json kEmpty = Json::array();
  const Json* value = At(object, keys);
  return value != nullptr && value->is_array() ? *value : kEmpty;
}

bool IsTrueAt(const Json& object, Keys keys) {
  const Json* value = At(object, keys);
  return value != nullptr && *value == true;
}

std::optional<base::SystemTime> TimeAt(const Json& object, Keys keys) {
  const auto time = base::ParseRfc3339(TextAt(object, keys));
  if (!time.ok()) return std::nullopt;
  return *time;
}

}  // namespace irsa::audit
