#include "irsa/sts/query/form.h"

#include <algorithm>
#include <optional>

#include "irsa/base/text.h"

namespace irsa::sts {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c <= ' ' || c >= 0x7f) return std::nullopt;
    if (c != '%') {
      decoded += c == '+' ? ' ' : c;
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

}  // namespace

Result<Parameters> ParseForm(std::string_view text, const FormLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge, "the form has more than " + std::to_string(limits.max_bytes) + " bytes"};
  }
  Parameters parameters;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    if (parameters.size() == limits.max_parameters) {
      return Error{ErrorCode::kTooLarge,
                   "the form has more than " + std::to_string(limits.max_parameters) + " parameters"};
    }
    const size_t equals = std::min(piece.find('='), piece.size());
    std::optional<std::string> name = Decode(piece.substr(0, equals));
    std::optional<std::string> value = Decode(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value) {
      return Error{ErrorCode::kMalformed,
                   "parameter " + std::to_string(parameters.size() + 1) + " of the form is not percent-encoded"};
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

const std::string* FindParameter(const Parameters& parameters, std::string_view name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [name](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

Status CheckUnique(const Parameters& parameters) {
  std::vector<std::string_view> names;
  names.reserve(parameters.size());
  for (const auto& [name, value] : parameters) names.push_back(name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return Error{ErrorCode::kInvalid, "parameter " + base::Quoted(*twice) + " is given twice"};
}

}  // namespace irsa::sts
