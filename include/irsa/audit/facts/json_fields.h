// Fields of foreign objects, by the chain of keys that leads to them.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/json.h"

namespace irsa::audit {

using base::At;
using base::Json;
using base::TextAt;
using Keys = std::initializer_list<std::string_view>;

// The list there; an empty one when it is missing or no list.
const Json& ListAt(const Json& object, Keys keys);

// Whether it is true; false when it is missing or no boolean.
bool IsTrueAt(const Json& object, Keys keys);

// Nothing when it is missing or no time.
std::optional<base::SystemTime> TimeAt(const Json& object, Keys keys);

}  // namespace irsa::audit
