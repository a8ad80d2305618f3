// Times and durations as people and programs write them: RFC 3339, the W3C's dates, and Go's "500ms", "1m30s", "1.5h".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::base {

// "2026-08-01T12:00:00Z", in UTC, rounded down to the second.
std::string FormatRfc3339(SystemTime time);

// The same with six digits behind the second, always: Kubernetes's MicroTime takes no other form.
std::string FormatRfc3339Micro(SystemTime time);

// With seconds, perhaps a fraction of up to nine digits, and Z or an offset; years 1970 to 2261. kInvalid, quoting the
// text, for anything else, leap seconds among it.
Result<SystemTime> ParseRfc3339(std::string_view text);

// One of the forms of https://www.w3.org/TR/NOTE-datetime, from "2024" to "2024-05-06T07:08:09.5+02:00", of the years 0
// to 9999, perhaps with a leap second. What is finer than a microsecond is cut off. Nothing for any other text.
std::optional<std::chrono::sys_time<std::chrono::microseconds>> ParseW3cDate(std::string_view text);

// Decimal numbers, each with a unit (ns, us, µs, ms, s, m, h), or "0"; no sign. Rounded down to a nanosecond. kInvalid,
// quoting the text, for anything else and for more than 292 years.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

}  // namespace irsa::base
