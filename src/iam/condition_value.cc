#include "condition_value.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

using base::EqualsIgnoringCase;
using base::IsDigit;

// Reads a date from left to right; every step says whether the text still fits.
class DateScanner {
 public:
  explicit DateScanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `digits` digits, with a value in [low, high].
  bool Number(size_t digits, int low, int high, int& value) {
    if (rest_.size() < digits || !std::all_of(rest_.begin(), rest_.begin() + digits, IsDigit)) return false;
    std::from_chars(rest_.data(), rest_.data() + digits, value);
    rest_.remove_prefix(digits);
    return value >= low && value <= high;
  }

  // One or more digits of a fraction of a second.
  bool Fraction(std::chrono::microseconds& fraction) {
    if (rest_.empty() || !IsDigit(rest_.front())) return false;
    int64_t unit = 100000;
    for (; !rest_.empty() && IsDigit(rest_.front()); rest_.remove_prefix(1), unit /= 10) {
      fraction += std::chrono::microseconds((rest_.front() - '0') * unit);
    }
    return true;
  }

  // Z, or the offset from UTC as ±hh:mm.
  bool Zone(std::chrono::minutes& offset) {
    if (Skip('Z')) return true;
    const bool east = rest_.starts_with('+');
    if (!east && !rest_.starts_with('-')) return false;
    rest_.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!Number(2, 0, 23, hours) || !Skip(':') || !Number(2, 0, 59, minutes)) return false;
    offset = (east ? 1 : -1) * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
    return true;
  }

 private:
  std::string_view rest_;
};

bool ScanTime(DateScanner& scanner, Instant& instant) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::chrono::microseconds fraction{0};
  std::chrono::minutes offset{0};
  if (!scanner.Number(2, 0, 23, hour) || !scanner.Skip(':') || !scanner.Number(2, 0, 59, minute)) return false;
  if (scanner.Skip(':')) {
    if (!scanner.Number(2, 0, 60, second)) return false;  // 60: a leap second
    if (scanner.Skip('.') && !scanner.Fraction(fraction)) return false;
  }
  if (!scanner.Zone(offset)) return false;
  instant += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) + fraction - offset;
  return true;
}

std::optional<Instant> ParseCalendarDate(std::string_view text) {
  DateScanner scanner(text);
  int year = 0;
  int month = 1;
  int day = 1;
  if (!scanner.Number(4, 0, 9999, year)) return std::nullopt;
  const bool with_month = scanner.Skip('-');
  if (with_month && !scanner.Number(2, 1, 12, month)) return std::nullopt;
  const bool with_day = with_month && scanner.Skip('-');
  if (with_day && !scanner.Number(2, 1, 31, day)) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  Instant instant = std::chrono::sys_days(date);
  if (with_day && scanner.Skip('T') && !ScanTime(scanner, instant)) return std::nullopt;
  return scanner.AtEnd() ? std::optional(instant) : std::nullopt;
}

}  // namespace

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
  return ParseCalendarDate(text);
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
