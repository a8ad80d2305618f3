#include "irsa/audit/facts/json_fields.h"

#include <nlohmann/json.hpp>

#include "irsa/base/time_text.h"

namespace irsa::audit {

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
