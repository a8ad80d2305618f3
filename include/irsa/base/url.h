// URLs: how they are taken apart (RFC 3986), and those that a client is given: http and https, absolute (RFC 9110,
// section 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/result.h"

namespace irsa::base {

// The parts of a URL's text, as they stand there; none is checked. Without a scheme the text begins with its authority,
// as issuers do in IAM.
struct UrlParts {
  std::string_view scheme;     // before "://"
  std::string_view authority;  // user information, host and port
  std::string_view user;       // before the authority's last "@", which belongs to it
  std::string_view host;       // with the brackets around an IPv6 address
  std::string_view port;       // with its colon: all that follows the host; empty without one
  std::string_view path;       // empty, or begins with a slash
  std::string_view query;      // with its "?"
  std::string_view fragment;   // with its "#"
};

UrlParts SplitUrl(std::string_view text);

// "oidc.example.test/id/ABC" of "https://oidc.example.test/id/ABC"; a text without a scheme is returned as it is.
std::string_view WithoutScheme(std::string_view url);

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // a name, in lower case, or an address; IPv6 without its brackets
  uint16_t port = 0;   // the scheme's own when the text named none
  std::string target;  // path and query, as sent: never empty, printable ASCII

  bool operator==(const Url&) const = default;
};

// kInvalid, naming the URL and what is wrong with it. User information is refused (the text is then not quoted), and so
// are fragments and anything that would have to be encoded first.
Result<Url> ParseUrl(std::string_view text);

// host[:port], the port only when it is not the scheme's own: what the Host header says.
std::string Authority(const Url& url);

// scheme://host[:port]: what messages name, since a path or query may hold more than should be seen.
std::string Origin(const Url& url);

// Whether the host is an IPv4 or IPv6 address.
bool IsAddress(std::string_view host);

// `url` with `suffix` ("/api/v1?limit=1") behind its own path, whose slash at the end and query are dropped.
Url Join(const Url& url, std::string_view suffix);

// Percent-encodes what may not stand in a query's value or a path's segment as it is (all but RFC 3986's unreserved).
std::string EncodeComponent(std::string_view text);

// The reverse; nullopt for a % without two hexadecimal digits.
std::optional<std::string> DecodeComponent(std::string_view text);

}  // namespace irsa::base
