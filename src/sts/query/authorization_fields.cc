#include "authorization_fields.h"

#include <utility>

#include "irsa/base/result.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::sts {

std::vector<std::string_view> HeaderValues(const http::Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [other, value] : request.headers) {
    if (base::EqualsIgnoringCase(other, name)) values.push_back(value);
  }
  return values;
}

std::optional<base::SystemTime> ParseTimestamp(std::string_view text) {
  constexpr size_t kLength = 16;
  if (text.size() != kLength || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string extended(text);
  for (const auto& [at, separator] : {std::pair(13, ':'), {11, ':'}, {6, '-'}, {4, '-'}}) {
    extended.insert(static_cast<size_t>(at), 1, separator);
  }
  const base::Result<base::SystemTime> time = base::ParseRfc3339(extended);
  return time.ok() ? std::optional(*time) : std::nullopt;
}

std::string FormatTimestamp(base::SystemTime time) {
  std::string text = base::FormatRfc3339(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace irsa::sts
