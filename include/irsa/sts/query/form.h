// The parameters of a Query API request: application/x-www-form-urlencoded, from the body or the URL.
// https://url.spec.whatwg.org/#application/x-www-form-urlencoded
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "irsa/base/result.h"

namespace irsa::sts {

// Decoded names and values, in the order given.
using Parameters = std::vector<std::pair<std::string, std::string>>;

// Of the encoded text: a token of 20,000 characters with each one encoded, and more.
inline constexpr size_t kMaxFormBytes = 128 << 10;
inline constexpr size_t kMaxFormParameters = 256;  // AssumeRole may have 50 tags, 50 transitive keys and 10 policies

// kTooLarge over the limits. kMalformed, without quoting the text, when a % is not followed by two hexadecimal digits,
// and for bytes that are not printable ASCII: whoever encodes a form encodes those. Empty pieces between two & are
// skipped.
Result<Parameters> ParseForm(std::string_view text);

// The value of that name; null when there is none.
const std::string* FindParameter(const Parameters& parameters, std::string_view name);

// kInvalid, naming it, when a name occurs twice: which of the values counts would be anybody's guess.
Status CheckUnique(const Parameters& parameters);

}  // namespace irsa::sts
