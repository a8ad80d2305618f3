#include "irsa/crypto/server_name.h"

#include <algorithm>
#include <array>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "irsa/base/text.h"

namespace irsa::crypto {
namespace {

using base::IsAlphanumeric;
using base::IsDigit;

constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxName = 253;
constexpr size_t kMaxQuoted = 300;  // over kMaxName: what is too long can still be recognized

bool IsLetterDigitOrHyphen(char c) { return IsAlphanumeric(c) || c == '-'; }

std::optional<std::string> CanonicalAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, text.c_str(), bytes.data()) != 1) continue;
    return ::inet_ntop(family, bytes.data(), canonical.data(), canonical.size());
  }
  return std::nullopt;
}

// What is wrong with a label; empty when nothing is.
std::string LabelFault(std::string_view label) {
  if (label.empty()) return "a label is empty";
  if (label.size() > kMaxLabel) return "a label is longer than 63 characters";
  if (!std::all_of(label.begin(), label.end(), IsLetterDigitOrHyphen)) {
    return "a label may hold letters, digits and hyphens only";
  }
  if (label.front() == '-' || label.back() == '-') return "a label may not begin or end with a hyphen";
  return {};
}

// What is wrong with a DNS name; empty when nothing is.
std::string DnsFault(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxName) return "it is longer than 253 characters";
  if (name.starts_with("*.")) name.remove_prefix(2);
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (std::string fault = LabelFault(label); !fault.empty()) return fault;
    if (dot != std::string_view::npos) {
      name.remove_prefix(dot + 1);
      continue;
    }
    if (std::all_of(label.begin(), label.end(), IsDigit)) return "the last label is a number";
    return {};
  }
}

}  // namespace

base::Result<ServerName> ParseServerName(std::string_view text) {
  std::string name(text);
  // inet_pton would read up to a null character only; no DNS name holds one either.
  if (text.find('\0') == std::string_view::npos) {
    if (auto address = CanonicalAddress(name)) return ServerName{ServerName::Kind::kIp, *std::move(address)};
  }
  if (const std::string fault = DnsFault(text); !fault.empty()) {
    return base::Error{base::ErrorCode::kInvalid,
                       "\"" + name.substr(0, kMaxQuoted) + "\" is neither an IP address nor a DNS name: " + fault};
  }
  return ServerName{ServerName::Kind::kDns, base::LowerCase(name)};
}

}  // namespace irsa::crypto
