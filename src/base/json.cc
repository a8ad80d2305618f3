#include "irsa/base/json.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "irsa/base/time_text.h"

namespace irsa::base {
namespace {

constexpr std::array<bool, 256> kIsEscaped = [] {
  std::array<bool, 256> is_escaped{};
  for (size_t c = 0; c < 0x20; ++c) is_escaped[c] = true;
  is_escaped['"'] = is_escaped['\\'] = true;
  return is_escaped;
}();

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto is_escaped = [](char c) { return kIsEscaped[static_cast<unsigned char>(c)]; };
  out.push_back('"');
  while (true) {
    const auto next = std::ranges::find_if(text, is_escaped);
    out.append(text.data(), static_cast<size_t>(next - text.begin()));
    if (next == text.end()) break;
    const auto byte = static_cast<unsigned char>(*next);
    out.push_back('\\');
    if (byte < 0x20) {
      out.append("u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0xf]);
    } else {
      out.push_back(*next);
    }
    text = {next + 1, text.end()};
  }
  out.push_back('"');
}

const Json* FindMember(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

const Json* At(const Json& object, Keys keys) {
  const Json* at = &object;
  for (const std::string_view key : keys) {
    at = FindMember(*at, key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string_view TextAt(const Json& object, Keys keys) {
  const Json* text = At(object, keys);
  return text != nullptr && text->is_string() ? std::string_view(text->get_ref<const std::string&>())
                                              : std::string_view();
}

const Json& ListAt(const Json& object, Keys keys) {
  static const Json kEmpty = Json::array();
  const Json* list = At(object, keys);
  return list != nullptr && list->is_array() ? *list : kEmpty;
}

bool IsTrueAt(const Json& object, Keys keys) {
  const Json* value = At(object, keys);
  return value != nullptr && *value == true;
}

std::optional<SystemTime> TimeAt(const Json& object, Keys keys) {
  const Result<SystemTime> time = ParseRfc3339(TextAt(object, keys));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

Error WrongType(std::string_view what, std::string_view wanted, const Json& value) {
  return {ErrorCode::kInvalid,
          std::string(what).append(" is not ").append(wanted).append(" but of type ").append(value.type_name())};
}

Result<std::string> StringMember(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  if (member == nullptr) return Error{ErrorCode::kInvalid, std::string(key) + " is missing"};
  if (!member->is_string()) return WrongType(key, "a string", *member);
  return member->get<std::string>();
}

}  // namespace irsa::base
