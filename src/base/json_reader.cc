#include <functional>
#include <optional>
#include <simdjson.h>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"

namespace irsa::base {
namespace {

// False when it has a key twice in an object, or more levels than are left; then `out` is of no use.
bool Convert(simdjson::dom::element element, int levels_left, Json& out) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT: {
      if (levels_left == 0) return false;
      out = Json::object();
      auto& members = out.get_ref<Json::object_t&>();
      for (const auto [key, value] : simdjson::dom::object(element)) {
        const auto [member, is_new] = members.try_emplace(std::string(key));
        if (!is_new || !Convert(value, levels_left - 1, member->second)) return false;
      }
      return true;
    }
    case element_type::ARRAY: {
      if (levels_left == 0) return false;
      const simdjson::dom::array array(element);
      out = Json::array();
      auto& items = out.get_ref<Json::array_t&>();
      items.reserve(array.size());
      for (const auto item : array) {
        if (!Convert(item, levels_left - 1, items.emplace_back())) return false;
      }
      return true;
    }
    case element_type::STRING:
      out = std::string_view(element);
      return true;
    case element_type::INT64: {
      const int64_t number(element);
      // As Json::parse has it, which tells the two apart by their sign.
      if (number < 0)
        out = number;
      else
        out = static_cast<uint64_t>(number);
      return true;
    }
    case element_type::UINT64:
      out = uint64_t(element);
      return true;
    case element_type::DOUBLE:
      out = double(element);
      return true;
    case element_type::BOOL:
      out = bool(element);
      return true;
    case element_type::NULL_VALUE:
      out = nullptr;
      return true;
  }
  return false;
}

// Several times as fast as Json::parse; nothing for what it does not accept, whatever the reason.
std::optional<Json> ReadFast(std::string_view text, int max_depth) {
  simdjson::dom::parser parser;
  // simdjson counts the document itself as a level, and an empty container for none; Convert is exact.
  if (parser.allocate(text.size(), static_cast<size_t>(max_depth) + 1) != simdjson::SUCCESS) return std::nullopt;
  simdjson::dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  std::optional<Json> json(std::in_place);
  if (!Convert(root, max_depth, *json)) json.reset();
  return json;
}

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

// What simdjson refuses is read a second time by the parser that says where it is wrong, and takes numbers of any size.
Result<Json> ReadThoroughly(std::string_view text, int max_depth) {
  // The parser takes a NUL for the end of the text, whatever follows it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error{ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(nul + 1)};
  }
  try {
    Guard guard(max_depth);
    return Json::parse(text, std::ref(guard));
  } catch (const Refused& refused) {
    return Error{ErrorCode::kMalformed, "not acceptable JSON: " + refused.reason};
  } catch (const Json::parse_error& error) {
    return Error{ErrorCode::kMalformed, "not valid JSON at byte " + std::to_string(error.byte)};
  } catch (const Json::exception&) {  // a number out of range
    return Error{ErrorCode::kMalformed, "not acceptable JSON: a number is out of range"};
  }
}

}  // namespace

Result<Json> ReadJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kTooLarge, std::to_string(text.size()) + " bytes of JSON, more than the limit of " +
                                           std::to_string(limits.max_bytes)};
  }
  if (std::optional<Json> json = ReadFast(text, limits.max_depth)) return *std::move(json);
  return ReadThoroughly(text, limits.max_depth);
}

}  // namespace irsa::base
