// Base64 (RFC 4648): the standard alphabet with padding, and the URL-safe one without, as JOSE uses it.
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::base {

// Appends the standard encoding of `bytes`, padded, to `out`.
void AppendBase64(std::string_view bytes, std::string& out);
std::string EncodeBase64(std::string_view bytes);

// Standard alphabet; padding required, no line breaks. kMalformed for anything else, and for encodings whose unused
// bits are not zero (otherwise two different texts could encode the same bytes).
Result<std::string> DecodeBase64(std::string_view text);

// URL-safe alphabet (RFC 4648 section 5), never padded (RFC 7515 section 2).
std::string EncodeBase64Url(std::string_view bytes);
Result<std::string> DecodeBase64Url(std::string_view text);

}  // namespace irsa::base
