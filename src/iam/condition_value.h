// The values that condition operators compare, read from text.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace irsa::iam {

// An integer or a decimal fraction, with an optional sign and exponent; no infinities.
std::optional<double> ParseNumber(std::string_view text);

// "true" or "false" in any case.
std::optional<bool> ParseBool(std::string_view text);

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// A date as base::ParseW3cDate reads it, or seconds since 1970. Four digits are a year.
std::optional<Instant> ParseDate(std::string_view text);

struct IpRange {
  std::array<uint8_t, 16> address{};  // the first 4 for IPv4
  size_t size = 4;                    // of the address: 4 or 16
  int prefix = 32;                    // leading bits that count
};

// An IPv4 or IPv6 address, or a range in CIDR format. Without a prefix it is that address alone.
std::optional<IpRange> ParseIpRange(std::string_view text);

// Whether `address`, its prefix aside, lies in `range`. IPv4 addresses lie in no IPv6 range.
bool Contains(const IpRange& range, const IpRange& address);

}  // namespace irsa::iam
