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

enum class TimeForm {
  kRfc3339,  // all of it, of a year that SystemTime has
  kW3c,      // month, day, time and seconds may be left out from the end; a leap second
};

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

  // The nanoseconds of at least one digit. Of the digits after the ninth, which count for nothing, kRfc3339 has none.
  std::optional<std::chrono::nanoseconds> Fraction(TimeForm form) {
    int64_t nanoseconds = 0;
    int64_t unit = 100'000'000;
    const size_t before = rest_.size();
    for (int digit = 0; (unit > 0 || form == TimeForm::kW3c) && (digit = Number(1, 9)) >= 0; unit /= 10) {
      nanoseconds += digit * unit;
    }
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

// The time of day as it is in UTC, which may then be on the day before or after.
std::optional<std::chrono::nanoseconds> ReadTimeOfDay(Reader& reader, TimeForm form) {
  const bool is_w3c = form == TimeForm::kW3c;
  const int hours = reader.Number(2, 23);
  if (hours < 0 || !reader.Skip(':')) return std::nullopt;
  const int minutes = reader.Number(2, 59);
  const bool has_seconds = reader.Skip(':');
  const int seconds = has_seconds ? reader.Number(2, is_w3c ? 60 : 59) : 0;
  if (minutes < 0 || seconds < 0 || (!has_seconds && !is_w3c)) return std::nullopt;
  const auto fraction = has_seconds && reader.Skip('.') ? reader.Fraction(form) : std::chrono::nanoseconds(0);
  const auto offset = reader.Zone();
  if (!fraction || !offset) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds) + *fraction -
         *offset;
}

// A day, and the time since it began: in days and nanoseconds, for all years.
std::optional<std::pair<std::chrono::sys_days, std::chrono::nanoseconds>> ReadTime(std::string_view text,
                                                                                   TimeForm form) {
  const bool is_w3c = form == TimeForm::kW3c;
  const int first_year = is_w3c ? 0 : 1970;
  const int last_year = is_w3c ? 9999 : 2261;  // SystemTime ends within the next
  Reader reader(text);
  const int y = reader.Number(4, last_year);
  const bool has_month = reader.Skip('-');
  const int m = has_month ? reader.Number(2, 12) : 1;
  const bool has_day = has_month && reader.Skip('-');
  const int d = has_day ? reader.Number(2, 31) : 1;
  if (y < first_year || m < 0 || d < 0) return std::nullopt;
  const std::chrono::year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  const bool has_time = has_day && reader.Skip('T');
  const auto time = has_time ? ReadTimeOfDay(reader, form) : std::chrono::nanoseconds(0);
  if (!date.ok() || !time || !reader.AtEnd() || (!has_time && !is_w3c)) return std::nullopt;
  return std::pair(std::chrono::sys_days(date), *time);
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
  const auto read = ReadTime(text, TimeForm::kRfc3339);
  if (read) return SystemTime(read->first) + read->second;
  return Error{ErrorCode::kInvalid, "\"" + std::string(text) + "\" is not a time such as 2026-08-01T12:00:00Z"};
}

std::optional<std::chrono::sys_time<std::chrono::microseconds>> ParseW3cDate(std::string_view text) {
  const auto read = ReadTime(text, TimeForm::kW3c);
  if (!read) return std::nullopt;
  return read->first + std::chrono::floor<std::chrono::microseconds>(read->second);
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
