#include "irsa/http/client/proxy.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/base64.h"

namespace irsa::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

base::Environment Environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto variable = variables.find(name);
    return variable == variables.end() ? nullptr : variable->second.c_str();
  };
}

TEST(ParseProxyUrl, ReadsSchemeHostPortAndCredentials) {
  struct Case {
    const char* text;
    const char* origin;
    const char* credentials;
  };
  for (const Case& each :
       std::initializer_list<Case>{{"http://proxy", "http://proxy", ""},
                                   {"HTTP://Proxy:3128/", "http://proxy:3128", ""},
                                   {"https://proxy:8443/path?a#b", "https://proxy:8443", ""},
                                   {"https://[::1]:1", "https://[::1]:1", ""},
                                   {"http://joe:sesame@proxy:3128", "http://proxy:3128", "joe:sesame"},
                                   {"http://joe@proxy", "http://proxy", "joe:"},
                                   {"http://joe:@proxy", "http://proxy", "joe:"},
                                   {"http://@proxy", "http://proxy", ":"},
                                   {"http://a:b:c@proxy", "http://proxy", "a:b:c"},
                                   {"http://a@b:c@proxy", "http://proxy", "a@b:c"},
                                   {"http://jo%40e:s%2Fe%25%3a@proxy", "http://proxy", "jo@e:s/e%:"}}) {
    const auto proxy = ParseProxyUrl(each.text);
    ASSERT_TRUE(proxy.ok()) << each.text << ": " << proxy.error().message;
    EXPECT_EQ(Origin(proxy->url), each.origin) << each.text;
    const std::string credentials = each.credentials;
    EXPECT_EQ(proxy->authorization, credentials.empty() ? "" : "Basic " + base::EncodeBase64(credentials)) << each.text;
    EXPECT_EQ(proxy->text, each.text);
  }
}

TEST(ParseProxyUrl, RefusesWhatItCannotUseAndQuotesNothing) {
  const std::string usable = "must be SCHEME://[USER:PASSWORD@]HOST[:PORT]";
  const std::map<std::string, std::string> cases = {
      {"socks5://sesame@proxy:1080", "socks5 proxies are not supported: use an http or https proxy"},
      {"SOCKS5H://proxy", "socks5 proxies are not supported"},
      {"ftp://sesame:sesame@proxy", "does not begin with http:// or https://"},
      {"sesame:3128", "does not begin with http:// or https://"},
      {"", "does not begin with http:// or https://"},
      {"http://", usable},
      {"http://joe:sesame@", usable},
      {"http://joe:sesame/x@proxy", usable},
      {"http://joe:sesame#x@proxy", usable},
      {"http://joe:sesame@pro xy", usable},
      {"http://joe:sesame@proxy:port", usable},
      {"http://joe:sesame@proxy:0", usable},
      {"http://joe:sesame%@proxy", "is not percent-encoded"},
      {"http://joe:sesame%4@proxy", "is not percent-encoded"},
      {"http://j%zz:sesame@proxy", "is not percent-encoded"},
  };
  for (const auto& [text, message] : cases) {
    const auto proxy = ParseProxyUrl(text);
    ASSERT_FALSE(proxy.ok()) << text;
    EXPECT_EQ(proxy.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(proxy.error().message, HasSubstr(message)) << text;
    EXPECT_THAT(proxy.error().message, Not(HasSubstr("sesame"))) << text;
  }
}

// The proxy for a URL, "" for none, or the error's message.
std::string For(const ProxyChoice& choice, const std::string& url) {
  const auto proxy = choice.For(base::ParseUrl(url).value());
  if (!proxy.ok()) return proxy.error().message;
  return *proxy ? Origin((*proxy)->url) : "";
}

TEST(ProxyChoice, TakesTheVariableOfTheScheme) {
  const auto choice = ProxyChoice::FromEnvironment(
      Environment({{"HTTPS_PROXY", "http://secure:3128"}, {"HTTP_PROXY", "plain:3128"}, {"NO_PROXY", "b.example"}}));
  EXPECT_EQ(For(choice, "https://a.example"), "http://secure:3128");
  EXPECT_EQ(For(choice, "http://a.example"), "http://plain:3128");
  EXPECT_EQ(For(choice, "https://b.example"), "");
  EXPECT_EQ(For(choice, "https://127.0.0.1:6443"), "");
  EXPECT_EQ(For(ProxyChoice(), "https://a.example"), "");
  // Not for https, as in Go.
  EXPECT_EQ(For(ProxyChoice::FromEnvironment(Environment({{"HTTP_PROXY", "p"}, {"ALL_PROXY", "q"}})), "https://a"), "");
}

TEST(ProxyChoice, TakesVariablesInLowerCaseSecond) {
  EXPECT_EQ(For(ProxyChoice::FromEnvironment(Environment({{"https_proxy", "https://lower"}})), "https://a"),
            "https://lower");
  EXPECT_EQ(
      For(ProxyChoice::FromEnvironment(Environment({{"HTTPS_PROXY", "upper"}, {"https_proxy", "lower"}})), "https://a"),
      "http://upper");
  EXPECT_EQ(
      For(ProxyChoice::FromEnvironment(Environment({{"HTTPS_PROXY", ""}, {"https_proxy", "lower"}})), "https://a"),
      "http://lower");
  EXPECT_EQ(For(ProxyChoice::FromEnvironment(Environment({{"http_proxy", "p"}, {"no_proxy", "a"}})), "http://a"), "");
}

TEST(ProxyChoice, ComplainsOnlyOfAProxyThatItWouldUse) {
  const auto choice = ProxyChoice::FromEnvironment(
      Environment({{"https_proxy", "socks5://joe:sesame@proxy:1080"}, {"NO_PROXY", "b.example"}}));
  EXPECT_EQ(For(choice, "https://a.example"),
            "the proxy of https_proxy: socks5 proxies are not supported: use an http or https proxy");
  EXPECT_EQ(For(choice, "https://b.example"), "");
  EXPECT_EQ(For(choice, "http://a.example"), "");
}

TEST(ProxyChoice, TakesTheProxyOfAKubeconfigForEverything) {
  const ProxyChoice choice(ParseProxyUrl("http://proxy:3128").value());
  EXPECT_EQ(For(choice, "https://a.example"), "http://proxy:3128");
  EXPECT_EQ(For(choice, "https://127.0.0.1"), "http://proxy:3128");
}

}  // namespace
}  // namespace irsa::http
