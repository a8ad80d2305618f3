#include "quoted.h"

namespace irsa::oidc {

std::string Quoted(std::string_view text) {
  constexpr size_t kMaxBytes = 128;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out.push_back(c);
    } else {
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 0xf]);
    }
  }
  return out.append(text.size() > kMaxBytes ? "…\"" : "\"");
}

}  // namespace irsa::oidc
