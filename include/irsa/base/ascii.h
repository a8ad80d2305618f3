// Characters and words of protocols, whose letters are ASCII's; other bytes are neither letters nor digits here, and
// have no case.
#pragma once

#include <string>
#include <string_view>

namespace irsa::base {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLowerOrDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); }
constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool IsAlphanumeric(char c) { return IsLowerOrDigit(ToLower(c)); }

std::string LowerCase(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace irsa::base
