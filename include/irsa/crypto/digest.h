// SHA-256 and HMAC, as bytes.
#pragma once

#include <string>
#include <string_view>

namespace irsa::crypto {

std::string Sha256(std::string_view bytes);
std::string HmacSha256(std::string_view key, std::string_view bytes);

// In lower case.
std::string Hex(std::string_view bytes);

}  // namespace irsa::crypto
