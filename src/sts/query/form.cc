#include "irsa/sts/query/form.h"

#include <algorithm>
#include <optional>

#include "irsa/base/text.h"
#include "irsa/base/url.h"

namespace irsa::sts {
namespace {

std::optional<std::string> Decode(std::string_view text) {
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; })) return std::nullopt;
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return base::DecodeComponent(spaced);
}

}  // namespace

Result<Parameters> ParseForm(std::string_view text) {
  if (text.size() > kMaxFormBytes) {
    return Error{ErrorCode::kTooLarge, "the form has more than " + std::to_string(kMaxFormBytes) + " bytes"};
  }
  Parameters parameters;
  while (!text.empty()) {
    std::string_view rest = base::TakeUntil('&', text);
    if (rest.empty()) continue;
    if (parameters.size() == kMaxFormParameters) {
      return Error{ErrorCode::kTooLarge,
                   "the form has more than " + std::to_string(kMaxFormParameters) + " parameters"};
    }
    std::optional<std::string> name = Decode(base::TakeUntil('=', rest));
    std::optional<std::string> value = Decode(rest);
    if (!name || !value) {
      return Error{ErrorCode::kMalformed,
                   "parameter " + std::to_string(parameters.size() + 1) + " of the form is not percent-encoded"};
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

const std::string* FindParameter(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
  return found == parameters.end() ? nullptr : &found->second;
}

Status CheckUnique(const Parameters& parameters) {
  std::vector<std::string_view> names;
  names.reserve(parameters.size());
  for (const auto& [name, value] : parameters) names.push_back(name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return {};
  return Error{ErrorCode::kInvalid, "parameter " + base::Quoted(*twice) + " is given twice"};
}

}  // namespace irsa::sts
