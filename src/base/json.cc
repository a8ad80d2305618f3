#include "irsa/base/json.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

namespace irsa::base {
namespace {

// Thrown out of the parser's callback: its only way to stop early.
struct Refused {
  std::string reason;
};

// Called by the parser for each token; keeps the keys of the objects that are open.
class Guard {
 public:
  explicit Guard(int max_depth) : max_depth_(max_depth) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (depth >= max_depth_) throw Refused{"nested deeper than " + std::to_string(max_depth_)};
        if (event == Json::parse_event_t::object_start) open_objects_.emplace_back();
        break;
      case Json::parse_event_t::key:
        // The key is not quoted: it is foreign and may be anything.
        if (!open_objects_.back().insert(parsed.get<std::string>()).second)
          throw Refused{"a key occurs twice in an object"};
        break;
      case Json::parse_event_t::object_end:
        open_objects_.pop_back();
        break;
      default:
        break;
    }
    return true;
  }

 private:
  int max_depth_;
  std::vector<std::unordered_set<std::string>> open_objects_;
};

}  // namespace

Result<Json> ReadJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge, std::to_string(text.size()) + " bytes of JSON, more than the limit of " +
                                           std::to_string(limits.max_bytes)};
  }
  // The parser takes a NUL for the end of the text, whatever follows it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error{ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(nul + 1)};
  }
  try {
    Guard guard(limits.max_depth);
    return Json::parse(
        text, [&guard](int depth, Json::parse_event_t event, Json& parsed) { return guard(depth, event, parsed); });
  } catch (const Refused& refused) {
    return Error{ErrorCode::kMalformed, "not acceptable JSON: " + refused.reason};
  } catch (const Json::parse_error& error) {
    return Error{ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(error.byte)};
  } catch (const Json::exception&) {  // a number out of range
    return Error{ErrorCode::kMalformed, "not acceptable JSON: a number is out of range"};
  }
}

void AppendJsonString(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto is_escaped = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  out.push_back('"');
  while (true) {
    const auto next = std::ranges::find_if(text, is_escaped);
    out.append(text.begin(), next);
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

Result<std::string> StringMember(const Json& object, std::string_view key) {
  const Json* member = FindMember(object, key);
  if (member == nullptr) return Error{ErrorCode::kInvalid, std::string(key) + " is missing"};
  if (!member->is_string()) {
    return Error{ErrorCode::kInvalid, std::string(key) + " is not a string but of type " + member->type_name()};
  }
  return member->get<std::string>();
}

}  // namespace irsa::base
