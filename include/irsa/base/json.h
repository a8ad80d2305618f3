// The one way untrusted JSON is read into nlohmann/json's values: bounded in size and depth, no duplicate keys, no
// exceptions. (The admission review, which is hot, has its own reader in admission.)
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "irsa/base/clock.h"
#include "irsa/base/result.h"

namespace irsa::base {

using Json = nlohmann::json;
using Keys = std::initializer_list<std::string_view>;

struct JsonLimits {
  size_t max_bytes = 1 << 20;
  // Far below the depth at which nlohmann/json's copying and dump() exhaust the stack (between 10,000 and 100,000).
  int max_depth = 64;
};

// Wholly valid JSON or an error: kTooLarge over max_bytes, else kMalformed with the byte offset and what is wrong
// there; the text itself is not quoted.
Result<Json> ReadJson(std::string_view text, const JsonLimits& limits = {});

// Appends `text` as a JSON string literal, quotes included. Control characters, quotes and backslashes are escaped, and
// so are no others: `text` must be UTF-8.
void AppendJsonString(std::string_view text, std::string& out);

// The member of `object` with that key; null when `object` is no object, has no such member, or its value is null.
const Json* FindMember(const Json& object, std::string_view key);

// The same along a chain of keys: {"metadata", "annotations"}.
const Json* At(const Json& object, Keys keys);

// The string there; empty when it is missing or no string.
std::string_view TextAt(const Json& object, Keys keys);

// The list there; an empty one when it is missing or no list.
const Json& ListAt(const Json& object, Keys keys);

// Whether it is true; false when it is missing or no boolean.
bool IsTrueAt(const Json& object, Keys keys);

// Nothing when it is missing or no time of RFC 3339.
std::optional<SystemTime> TimeAt(const Json& object, Keys keys);

// kInvalid: "WHAT is not WANTED but of type …", for a value of another type.
Error WrongType(std::string_view what, std::string_view wanted, const Json& value);

// The string member with that key; kInvalid, naming the key and the type found, when it is absent or no string.
Result<std::string> StringMember(const Json& object, std::string_view key);

}  // namespace irsa::base
