// What a client may call a server by: the names a serving certificate is made for.
#pragma once

#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::crypto {

struct ServerName {
  enum class Kind { kDns, kIp };
  Kind kind = Kind::kDns;
  std::string text;  // a DNS name in lower case, an IP address in its canonical form

  bool operator==(const ServerName&) const = default;
};

// An IPv4 or IPv6 address (no zone, no port), or a DNS name by RFC 1123: labels of 1 to 63 letters, digits and inner
// hyphens, 253 characters in all, no dot at the end, the last label not of digits only (a mistyped address); the first
// of several labels may be "*". kInvalid, quoting the text and saying what is wrong with it, for anything else.
base::Result<ServerName> ParseServerName(std::string_view text);

}  // namespace irsa::crypto
