#include "condition_value.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::iam {

using base::EqualsIgnoringCase;
using base::IsDigit;

std::optional<double> ParseNumber(std::string_view text) {
  const bool has_sign = text.starts_with('+') || text.starts_with('-');
  const std::string_view unsigned_text = text.substr(has_sign ? 1 : 0);
  // from_chars also reads "inf" and "nan", and no plus sign.
  if (unsigned_text.empty() || (!IsDigit(unsigned_text.front()) && unsigned_text.front() != '.')) return std::nullopt;
  double value = 0;
  const char* const last = unsigned_text.data() + unsigned_text.size();
  const auto [end, error] = std::from_chars(unsigned_text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return text.starts_with('-') ? -value : value;
}

std::optional<bool> ParseBool(std::string_view text) {
  if (EqualsIgnoringCase(text, "true")) return true;
  if (EqualsIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

std::optional<Instant> ParseDate(std::string_view text) {
  constexpr size_t kYearDigits = 4;
  constexpr size_t kMaxEpochDigits = 12;  // past the year 9999, far from the limits of the type
  if (std::ranges::all_of(text, IsDigit) && text.size() != kYearDigits) {
    if (text.empty() || text.size() > kMaxEpochDigits) return std::nullopt;
    int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return Instant(std::chrono::seconds(seconds));
  }
  return base::ParseW3cDate(text);
}

std::optional<IpRange> ParseIpRange(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  if (address.find('\0') != std::string::npos) return std::nullopt;  // inet_pton would stop there
  IpRange range;
  if (::inet_pton(AF_INET, address.c_str(), range.address.data()) != 1) {
    if (::inet_pton(AF_INET6, address.c_str(), range.address.data()) != 1) return std::nullopt;
    range.size = 16;
  }
  const size_t bits = range.size * 8;
  const auto prefix = slash == std::string_view::npos ? bits : base::ParseNumber(text.substr(slash + 1));
  if (!prefix || *prefix > bits) return std::nullopt;
  range.prefix = static_cast<int>(*prefix);
  return range;
}

bool Contains(const IpRange& range, const IpRange& address) {
  if (range.size != address.size) return false;
  const auto whole_bytes = static_cast<size_t>(range.prefix / 8);
  if (!std::equal(range.address.begin(), range.address.begin() + whole_bytes, address.address.begin())) return false;
  const int rest = range.prefix % 8;
  if (rest == 0) return true;
  const unsigned different = static_cast<unsigned>(range.address[whole_bytes] ^ address.address[whole_bytes]);
  return (different >> (8 - rest)) == 0;
}

}  // namespace irsa::iam
