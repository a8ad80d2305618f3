#include "irsa/base/time_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace irsa::base {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

// Reads a text from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `digits` digits, at most `max`; -1 without them.
  int Number(size_t digits, int max) {
    if (rest_.size() < digits) return -1;
    int number = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return -1;
      number = number * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return number <= max ? number : -1;
  }

  // The nanoseconds of one to nine digits.
  std::optional<std::chrono::nanoseconds> Fraction() {
    int64_t nanoseconds = 0;
    int64_t unit = 100'000'000;
    const size_t before = rest_.size();
    for (int digit = 0; unit > 0 && (digit = Number(1, 9)) >= 0; unit /= 10) nanoseconds += digit * unit;
    if (rest_.size() == before) return std::nullopt;
    return std::chrono::nanoseconds(nanoseconds);
  }

  // Z, or the offset from UTC.
  std::optional<std::chrono::minutes> Zone() {
    if (Skip('Z')) return std::chrono::minutes(0);
    const bool ahead = Skip('+');
    if (!ahead && !Skip('-')) return std::nullopt;
    const int hours = Number(2, 23);
    if (!Skip(':')) return std::nullopt;
    const int minutes = Number(2, 59);
    if (hours < 0 || minutes < 0) return std::nullopt;
    return std::chrono::minutes((ahead ? 1 : -1) * (hours * 60 + minutes));
  }

  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> ReadDate(Reader& reader) {
  constexpr int kFirstYear = 1970;
  constexpr int kLastYear = 2261;  // SystemTime ends within the next
  const int y = reader.Number(4, kLastYear);
  if (y < kFirstYear || !reader.Skip('-')) return std::nullopt;
  const int m = reader.Number(2, 12);
  if (m < 0 || !reader.Skip('-')) return std::nullopt;
  const int d = reader.Number(2, 31);
  if (d < 0) return std::nullopt;
  const std::chrono::year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> ReadTimeOfDay(Reader& reader) {
  const int hours = reader.Number(2, 23);
  if (hours < 0 || !reader.Skip(':')) return std::nullopt;
  const int minutes = reader.Number(2, 59);
  if (minutes < 0 || !reader.Skip(':')) return std::nullopt;
  const int seconds = reader.Number(2, 59);
  if (seconds < 0) return std::nullopt;
  const auto fraction = reader.Skip('.') ? reader.Fraction() : std::chrono::nanoseconds(0);
  if (!fraction) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds) + *fraction;
}

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

std::string FormatRfc3339Micro(SystemTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = std::chrono::floor<std::chrono::microseconds>(time - second).count();
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%06dZ", static_cast<int>(fraction));
  std::string text = FormatRfc3339(time);
  text.pop_back();  // the Z
  return text + digits;
}

Result<SystemTime> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  const auto date = ReadDate(reader);
  const auto time = date && reader.Skip('T') ? ReadTimeOfDay(reader) : std::nullopt;
  const auto offset = time ? reader.Zone() : std::nullopt;
  if (!offset || !reader.AtEnd()) {
    return Error{ErrorCode::kInvalid, "\"" + std::string(text) + "\" is not a time such as 2026-08-01T12:00:00Z"};
  }
  return SystemTime(*date) + *time - *offset;
}

std::string FormatRfc3339(SystemTime time) {
  // In seconds first: the day that the clock's earliest time is in begins before what its nanoseconds can express.
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

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
