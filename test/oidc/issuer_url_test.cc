#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/oidc/discovery.h"

namespace irsa::oidc {
namespace {

using ::testing::HasSubstr;

// What is before the path of a URL below it, or why it is none.
std::string Root(std::string_view text) {
  const Status issuer = CheckIssuerUrl(text);
  if (issuer.ok()) return UrlBelow(text, "");
  if (issuer.error().code != ErrorCode::kInvalid) return "another code";
  return issuer.error().message;
}

// Why it is none, without the URL in front.
std::string Reason(std::string_view text) {
  const std::string message = Root(text);
  const std::string context = "issuer \"" + std::string(text) + "\": ";
  return message.starts_with(context) ? message.substr(context.size()) : "?" + message;
}

TEST(IssuerUrl, IsAnHttpsUrlWithOrWithoutAPath) {
  EXPECT_EQ(Root("https://i.test"), "https://i.test");
  EXPECT_EQ(Root("https://oidc.eks.eu-west-1.amazonaws.com/id/0123ABC"),
            "https://oidc.eks.eu-west-1.amazonaws.com/id/0123ABC");
  EXPECT_EQ(Root("https://Kubernetes.Default.SVC/a"), "https://Kubernetes.Default.SVC/a");
  EXPECT_EQ(Root("https://s3.test/b-._~!$&'()*+,;=:@%20x"), "https://s3.test/b-._~!$&'()*+,;=:@%20x");
}

TEST(IssuerUrl, IsKeptWithItsSlashAtTheEnd) {
  EXPECT_EQ(Root("https://i.test/"), "https://i.test");
  EXPECT_EQ(Root("https://i.test/a/"), "https://i.test/a");
}

TEST(IssuerUrl, MayBeAtAnAddressAndPort) {
  EXPECT_EQ(Root("https://10.0.0.1:6443"), "https://10.0.0.1:6443");
  EXPECT_EQ(Root("https://[fd00::1]"), "https://[fd00::1]");
  EXPECT_EQ(Root("https://[::ffff:10.0.0.1]:1/a"), "https://[::ffff:10.0.0.1]:1/a");
  EXPECT_EQ(Root("https://i.test:65535"), "https://i.test:65535");
}

TEST(IssuerUrl, HasTheSchemeHttps) {
  for (const char* text : {"", "i.test", "http://i.test", "HTTPS://i.test", " https://i.test", "https:/i.test"}) {
    EXPECT_EQ(Reason(text), "does not begin with https://");
  }
}

TEST(IssuerUrl, HasNoQueryOrFragment) {
  EXPECT_EQ(Reason("https://i.test?a"), "has a query");
  EXPECT_EQ(Reason("https://i.test/a?"), "has a query");
  EXPECT_EQ(Reason("https://i.test#a"), "has a fragment");
  EXPECT_EQ(Reason("https://i.test/#"), "has a fragment");
}

TEST(IssuerUrl, HasNoUserInformationAndDoesNotQuoteIt) {
  for (const char* text : {"https://me:topsecret@i.test", "https://topsecret@i.test/a", "http://me:topsecret@i.test",
                           "me:topsecret@i.test"}) {
    EXPECT_EQ(Root(text), "issuer: has user information") << text;
  }
  EXPECT_EQ(Root("https://i.test/@a"), "https://i.test/@a");
}

TEST(IssuerUrl, HasAHostAndAPort) {
  for (const char* authority :
       {"",       ":443", "i.test:",  "i.test:0", "i.test:65536", "i.test:123456", "i.test:44x", "i_.test",
        "i test", "[]",   "[fd00::1", "fd00::1",  "[fd00::1]x",   "[fd00::g]",     "[:::]",      "[10.0.0.1]",
        ".",      "..",   "a..b",     "-a.test",  "a-.test",      "i%2e.test"}) {
    EXPECT_EQ(Reason("https://" + std::string(authority) + "/a"), "has no valid host and port");
  }
  EXPECT_THAT(Root("https://i.test\\/a"), HasSubstr("has no valid host and port"));
}

TEST(IssuerUrl, HasOnlyCharactersOfUrlsInItsPath) {
  for (const char* path : {"/a b", "/<a>", "/\"", "/a\\b", "/\xc3\xa9", "/a\n", "/{a}", "/[a]", "/a|b", "/^", "/`"}) {
    EXPECT_THAT(Root("https://i.test" + std::string(path)),
                HasSubstr("has characters in its path that a URL cannot have"));
  }
  for (const char* path : {"/%", "/%2", "/a%zz", "/%2g/a", "/%%20"}) {
    EXPECT_EQ(Reason("https://i.test" + std::string(path)), "has a % in its path without two hexadecimal digits");
  }
}

TEST(IssuerUrl, HasNoOddSegments) {
  for (const char* path :
       {"//", "//a", "/a//", "/a//b", "/.", "/a/..", "/../a", "/./", "/%2e", "/a/%2E%2e/b", "/.%2e"}) {
    EXPECT_EQ(Reason("https://i.test" + std::string(path)), "has an empty segment, . or .. in its path") << path;
  }
  EXPECT_EQ(Root("https://i.test/.well-known/..."), "https://i.test/.well-known/...");
}

TEST(IssuerUrl, IsQuotedBoundedAndPrintable) {
  const std::string message = Root("http://\x1b" + std::string(1000, 'x'));
  EXPECT_THAT(message, HasSubstr(R"(issuer "http://\x1bxxx)"));
  EXPECT_LT(message.size(), 300U);
}

TEST(IssuerUrl, IsExtendedByAPath) {
  const auto below = [](std::string_view text) { return UrlBelow(text, kDiscoveryPath); };
  EXPECT_EQ(below("https://i.test"), "https://i.test/.well-known/openid-configuration");
  EXPECT_EQ(below("https://i.test/"), "https://i.test/.well-known/openid-configuration");
  EXPECT_EQ(below("https://i.test:1/id/a/"), "https://i.test:1/id/a/.well-known/openid-configuration");
}

TEST(IssuerUrl, HasNoWarningsAsARule) {
  EXPECT_EQ(IssuerWarnings("https://i.test/id/a"), std::vector<std::string>());
  EXPECT_EQ(IssuerWarnings("https://[fd00::1]/a:1"), std::vector<std::string>());
  EXPECT_EQ(IssuerWarnings("https://i.test/" + std::string(240, 'a')), std::vector<std::string>());
}

TEST(IssuerUrl, HasAWarningForASlashAtTheEnd) {
  EXPECT_EQ(IssuerWarnings("https://i.test/"),
            (std::vector<std::string>{
                "issuer \"https://i.test/\" ends in a slash: kube-apiserver's flag and every token must have it too"}));
}

}  // namespace
}  // namespace irsa::oidc
