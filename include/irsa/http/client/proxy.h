// Which proxy a request goes through: the one that a kubeconfig names, or the environment's, by the rules of Go's
// golang.org/x/net/http/httpproxy, which kubectl follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/program.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"

namespace irsa::http {

struct Proxy {
  base::Url url;              // its path does not count
  std::string authorization;  // what Proxy-Authorization says; empty: nothing. Secret.
  std::string text;           // the URL as it was given, with any password. Secret.

  bool operator==(const Proxy&) const = default;
};

// http or https, perhaps with a user name and password, percent-encoded. kInvalid for anything else; socks5 is named as
// what is not supported. The text is not quoted.
Result<Proxy> ParseProxyUrl(std::string_view text);

// What the variable NO_PROXY means (https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config): whether the URL's host
// is reached without the environment's proxy: because it is this machine (localhost or a loopback address), or because
// an entry of the list, separated by commas, matches it. An entry is
//   *                          every host
//   10.0.0.0/8                 addresses in that block
//   10.0.0.1, 10.0.0.1:6443    an address; with a port, that port only
//   example.com                the host of that name and those below it; with a port, that port only
//   .example.com, *.example.com    the hosts below it only
// Names match names and addresses match addresses: nothing is looked up.
bool BypassesProxy(const base::Url& url, std::string_view no_proxy);

class ProxyChoice {
 public:
  // Every request connects directly.
  ProxyChoice() = default;
  // Every request goes through the same proxy, wherever it goes to.
  explicit ProxyChoice(Proxy proxy);
  // HTTPS_PROXY for https, HTTP_PROXY for http, except for what NO_PROXY names and for this machine itself; each in
  // lower case, too, where the variable in upper case is not set. A proxy without a scheme is http.
  static ProxyChoice FromEnvironment(const base::Environment& environment);

  // nullopt: connect directly. kInvalid, naming the variable, when the proxy to use has no usable URL.
  Result<std::optional<Proxy>> For(const base::Url& url) const;

  bool operator==(const ProxyChoice&) const = default;

 private:
  struct Variable {
    std::string name;
    std::string value;

    bool operator==(const Variable&) const = default;
  };

  static Variable FirstSet(const base::Environment& environment, const char* upper, const char* lower);

  std::optional<Proxy> fixed_;
  Variable https_;
  Variable http_;
  std::string no_proxy_;
};

}  // namespace irsa::http
