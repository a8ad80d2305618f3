#include "irsa/base/duration.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace irsa::base {
namespace {

// Longest first where one begins another.
constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1},   {"us", 1e3}, {"µs", 1e3},     {"μs", 1e3},
                                                          {"ms", 1e6}, {"s", 1e9},  {"m", 60 * 1e9}, {"h", 3600 * 1e9}};
constexpr double kMaxNanoseconds = 9.2e18;  // just below what 63 bits hold

// Takes one number with its unit from the front of `text`: its nanoseconds.
std::optional<double> TakePart(std::string_view& text) {
  const size_t digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return number * nanoseconds;
  }
  return std::nullopt;
}

}  // namespace

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const Error invalid{ErrorCode::kInvalid,
                      "\"" + std::string(text.substr(0, 40)) + "\" is not a duration such as 500ms, 5s or 1m30s"};
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return invalid;
  double total = 0;
  while (!text.empty()) {
    const std::optional<double> part = TakePart(text);
    if (!part) return invalid;
    total += *part;
  }
  if (total > kMaxNanoseconds) return invalid;
  return std::chrono::nanoseconds(static_cast<int64_t>(total));
}

}  // namespace irsa::base
