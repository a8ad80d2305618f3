// What the variable NO_PROXY means: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
#pragma once

#include <string_view>

#include "irsa/base/url.h"

namespace irsa::http {

// Whether the URL's host is reached without the environment's proxy: because it is this machine (localhost or a
// loopback address), or because an entry of the list, separated by commas, matches it. An entry is
//   *                          every host
//   10.0.0.0/8                 addresses in that block
//   10.0.0.1, 10.0.0.1:6443    an address; with a port, that port only
//   example.com                the host of that name and those below it; with a port, that port only
//   .example.com, *.example.com    the hosts below it only
// Names match names and addresses match addresses: nothing is looked up.
bool BypassesProxy(const base::Url& url, std::string_view no_proxy);

}  // namespace irsa::http
