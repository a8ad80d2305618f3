#include "scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <variant>

#include "irsa/base/text.h"

namespace irsa::manifest {
namespace {

using base::IsDigit;

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

constexpr std::array kTrue = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array kFalse = {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array kNoNumber = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",  ".INF",
                                  "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"};

template <size_t kSize>
bool Contains(const std::array<const char*, kSize>& words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

bool TakeSign(std::string_view& text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  return is_negative;
}

// Takes the prefix that tells the base: 0x, 0o, 0b, or the 0 before further digits.
int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits.front() != '0') return 10;
  const char letter = digits[1];
  const int base = letter == 'x' || letter == 'X'   ? 16
                   : letter == 'o' || letter == 'O' ? 8
                   : letter == 'b' || letter == 'B' ? 2
                                                    : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

struct NoInteger {};
struct OutOfRange {
  int base;
};
using Integer = std::variant<int64_t, uint64_t, NoInteger, OutOfRange>;

Integer ParseInteger(std::string_view text) {
  const bool is_negative = TakeSign(text);
  const int base = TakeBase(text);
  uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return NoInteger{};
  if (error == std::errc::result_out_of_range) return OutOfRange{base};
  if (!is_negative) return magnitude;
  constexpr uint64_t kLowest = uint64_t{1} << 63;
  if (magnitude > kLowest) return OutOfRange{base};
  return static_cast<int64_t>(0 - magnitude);  // -2^63 has no positive counterpart, but wraps to itself
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool IsFloat(std::string_view text) {
  const auto take_digits = [&text] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  TakeSign(text);
  const bool has_whole = take_digits();
  bool has_fraction = false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    has_fraction = take_digits();
  }
  if (!has_whole && !has_fraction) return false;
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    TakeSign(text);
    if (!take_digits()) return false;
  }
  return text.empty();
}

// Nothing for what is no float, and for one too large to be represented; one too small is 0.
std::optional<double> ParseFloat(const std::string& text) {
  if (!IsFloat(text)) return std::nullopt;
  const char* begin = text.data() + (text.front() == '+' ? 1 : 0);  // from_chars takes no plus
  double value = 0;
  const auto error = std::from_chars(begin, text.data() + text.size(), value).ec;
  if (error == std::errc::result_out_of_range) value = std::strtod(begin, nullptr);  // which tells large from small
  return std::isinf(value) ? std::nullopt : std::optional(value);
}

std::string WithoutUnderscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

// Go's rule for the numbers kubectl's parser does not strip of underscores first: those that begin with a dot.
bool HasUnderscoresBetweenDigitsOnly(std::string_view text) {
  for (size_t i = text.find('_'); i != text.npos; i = text.find('_', i + 1)) {
    if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) return false;
  }
  return true;
}

// `text` begins with a digit or a sign.
Result<Value> ResolveNumber(std::string_view text) {
  const std::string plain = WithoutUnderscores(text);
  const Integer integer = ParseInteger(plain);
  if (const auto* value = std::get_if<uint64_t>(&integer)) return Value(*value);
  if (const auto* value = std::get_if<int64_t>(&integer)) return Value(*value);
  if (const auto value = ParseFloat(plain)) return Value(*value);
  if (const auto* range = std::get_if<OutOfRange>(&integer); range != nullptr && range->base != 10) {
    return Error{ErrorCode::kInvalid, "an integer of more than 64 bits"};
  }
  return Value(text);
}

// Those of a type the scalar may be resolved to where the tag asks for that type.
bool IsOfType(const Value& value, std::string_view type) {
  if (type == "int") return value.is_number_integer();
  if (type == "float") return value.is_number();
  if (type == "bool") return value.is_boolean();
  return type == "null" && value.is_null();
}

}  // namespace

Result<Value> ResolvePlain(std::string_view text) {
  if (Contains(kNull, text)) return Value(nullptr);
  if (Contains(kTrue, text)) return Value(true);
  if (Contains(kFalse, text)) return Value(false);
  if (Contains(kNoNumber, text)) return Error{ErrorCode::kInvalid, "JSON cannot represent infinity or not-a-number"};
  if (IsDigit(text.front()) || text.front() == '-' || text.front() == '+') return ResolveNumber(text);
  if (text.front() == '.' && HasUnderscoresBetweenDigitsOnly(text)) {
    if (const auto value = ParseFloat(WithoutUnderscores(text))) return Value(*value);
  }
  return Value(text);
}

Result<Value> ResolveTagged(std::string_view tag, std::string_view text) {
  if (!tag.starts_with(kTagPrefix)) return Error{ErrorCode::kInvalid, "an unknown tag"};
  const std::string_view type = tag.substr(kTagPrefix.size());
  if (type == "str" || type == "timestamp") return Value(text);
  if (type == "binary") return Error{ErrorCode::kInvalid, "the tag !!binary: write base64 as a string without the tag"};
  if (type != "int" && type != "float" && type != "bool" && type != "null") {
    return Error{ErrorCode::kInvalid, "an unknown tag"};
  }
  Result<Value> value = ResolvePlain(text);
  if (!value) return value;
  if (!IsOfType(*value, type)) return Error{ErrorCode::kInvalid, "a value that does not match its tag"};
  if (type == "float") return Value(value->get<double>());
  return value;
}

std::optional<std::string> KeyText(const Value& scalar) {
  if (scalar.is_string()) return scalar.get<std::string>();
  if (scalar.is_boolean()) return scalar.get<bool>() ? "true" : "false";
  if (scalar.is_number_integer()) return scalar.dump();
  if (!scalar.is_number_float()) return std::nullopt;
  // kubectl gives keys the precision of a float.
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), scalar.get<float>(), std::chars_format::general);
  return std::string(text.data(), end.ptr);
}

std::string RepairEscapes(std::string_view scalar) {
  std::string repaired;
  repaired.reserve(scalar.size());
  while (!scalar.empty()) {
    size_t length = base::Utf8Length(scalar);
    if (length == 0) {
      repaired.push_back('\xc2');  // with which both are UTF-8
      length = 1;
    }
    repaired.append(scalar.substr(0, length));
    scalar.remove_prefix(length);
  }
  return repaired;
}

}  // namespace irsa::manifest
