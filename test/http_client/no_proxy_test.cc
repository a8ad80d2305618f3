// The cases of golang.org/x/net/http/httpproxy's own tests, and more of the kind.
#include <vector>

#include <gtest/gtest.h>

#include "irsa/http/client/proxy.h"

namespace irsa::http {
namespace {

struct Case {
  const char* no_proxy;
  const char* url;
  bool bypasses;
};

TEST(BypassesProxy, FollowsGosRules) {
  const std::vector<Case> cases = {
      // This machine, whatever the list says.
      {"", "https://localhost:6443", true},
      {"", "http://localhost", true},
      {"", "https://127.0.0.1", true},
      {"", "https://127.0.0.2:6443", true},
      {"", "https://[::1]", true},
      {"", "https://[::ffff:127.0.0.1]", true},
      {"", "https://[::2]", false},
      {"", "https://localhost.example", false},
      {"", "https://api.example", false},
      {"*", "https://api.example", true},
      {"other, * ,", "https://10.0.0.1", true},
      {"*x", "https://x", false},
      // Names.
      {"foobar.com", "https://foobar.com", true},
      {"foobar.com", "https://www.foobar.com", true},
      {"foobar.com", "https://a.b.foobar.com:6443", true},
      {"foobar.com", "https://foofoobar.com", false},
      {"foobar.com", "https://foobar.com.example", false},
      {"FooBar.COM", "https://www.foobar.com", true},
      {".foobar.com", "https://foobar.com", false},
      {".foobar.com", "https://www.foobar.com", true},
      {"*.foobar.com", "https://foobar.com", false},
      {"*.foobar.com", "https://www.foobar.com", true},
      {"barbaz.net, foobar.com", "https://foobar.com", true},
      {" \tfoobar.com ,barbaz.net", "https://barbaz.net", true},
      {",,foobar.com", "https://foobar.com", true},
      {"com", "https://foobar.com", true},
      // Ports.
      {"foobar.com:443", "https://foobar.com", true},
      {"foobar.com:80", "http://foobar.com", true},
      {"foobar.com:443", "https://foobar.com:6443", false},
      {"foobar.com:6443", "https://www.foobar.com:6443", true},
      {".foobar.com:6443", "https://www.foobar.com:6443", true},
      {"*.foobar.com:6443", "https://www.foobar.com", false},
      {"foobar.com:", "https://foobar.com:6443", true},
      {":443", "https://foobar.com", false},
      // Addresses.
      {"10.0.0.1", "https://10.0.0.1", true},
      {"10.0.0.1", "https://10.0.0.2", false},
      {"10.0.0.1", "https://10.0.0.1:6443", true},
      {"10.0.0.1:6443", "https://10.0.0.1:6443", true},
      {"10.0.0.1:6443", "https://10.0.0.1", false},
      {"0.0.1", "https://10.0.0.1", false},
      {".0.0.1", "https://10.0.0.1", false},
      {"2001:db8::1", "https://[2001:db8::1]", true},
      {"2001:DB8:0:0::1", "https://[2001:db8::1]:6443", true},
      {"[2001:db8::1]:6443", "https://[2001:db8::1]:6443", true},
      {"[2001:db8::1]:6443", "https://[2001:db8::1]", false},
      {"::ffff:10.0.0.1", "https://10.0.0.1", true},
      // Blocks.
      {"10.0.0.0/8", "https://10.255.0.1:6443", true},
      {"10.0.0.0/8", "https://11.0.0.1", false},
      {"192.168.1.128/25", "https://192.168.1.200", true},
      {"192.168.1.128/25", "https://192.168.1.100", false},
      {"10.1.2.3/32", "https://10.1.2.3", true},
      {"10.1.2.3/32", "https://10.1.2.2", false},
      {"0.0.0.0/0", "https://10.1.2.3", true},
      {"0.0.0.0/0", "https://[2001:db8::1]", false},
      {"::/0", "https://10.1.2.3", false},
      {"2001:db8::/33", "https://[2001:db8:7fff::1]", true},
      {"2001:db8::/33", "https://[2001:db8:8000::1]", false},
      {"10.0.0.0/33", "https://10.0.0.0", false},
      {"10.0.0.0/", "https://10.0.0.0", false},
      {"10.0.0.0/8", "https://host-in-10.example", false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(BypassesProxy(base::ParseUrl(each.url).value(), each.no_proxy), each.bypasses)
        << each.no_proxy << " for " << each.url;
  }
}

}  // namespace
}  // namespace irsa::http
