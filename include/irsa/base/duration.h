// Durations as Kubernetes and Go programs write them: "500ms", "1m30s", "1.5h".
#pragma once

#include <chrono>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::base {

// Decimal numbers, each with a unit (ns, us, µs, ms, s, m, h), or "0"; no sign. Rounded down to a nanosecond. kInvalid,
// quoting the text, for anything else and for more than 292 years.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

}  // namespace irsa::base
