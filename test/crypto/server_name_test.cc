#include <gtest/gtest.h>

#include "irsa/crypto/certificate_authority.h"

namespace irsa::crypto {
namespace {

using Kind = ServerName::Kind;

const std::string kLongestLabel(63, 'a');
const std::string kLongestName = kLongestLabel + "." + kLongestLabel + "." + kLongestLabel + "." + std::string(61, 'a');

TEST(ParseServerName, ReadsAddressesInTheirCanonicalForm) {
  const std::pair<std::string, std::string> addresses[] = {{"127.0.0.1", "127.0.0.1"},
                                                           {"::1", "::1"},
                                                           {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
                                                           {"::ffff:10.0.0.1", "::ffff:10.0.0.1"}};
  for (const auto& [text, canonical] : addresses) {
    EXPECT_EQ(ParseServerName(text).value(), (ServerName{Kind::kIp, canonical}));
  }
}

TEST(ParseServerName, ReadsDnsNamesInLowerCase) {
  for (const std::string& text :
       {std::string("localhost"), std::string("irsa.kube-system.svc.cluster.local"), std::string("*.example.test"),
        std::string("1password.test"), std::string("10.example"), std::string("xn--bcher-kva.test"), kLongestName}) {
    EXPECT_EQ(ParseServerName(text).value(), (ServerName{Kind::kDns, text}));
  }
  EXPECT_EQ(ParseServerName("Irsa.Example").value(), (ServerName{Kind::kDns, "irsa.example"}));
}

TEST(ParseServerName, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> faults[] = {
      {"", "it is empty"},
      {"a" + kLongestName, "it is longer than 253 characters"},
      {"a" + kLongestLabel + ".test", "a label is longer than 63 characters"},
      {"example.test.", "a label is empty"},
      {".test", "a label is empty"},
      {"a..b", "a label is empty"},
      {"*.", "a label is empty"},
      {"*", "a label may hold letters, digits and hyphens only"},
      {"a.*.test", "a label may hold letters, digits and hyphens only"},
      {"a*.test", "a label may hold letters, digits and hyphens only"},
      {"foo_bar", "a label may hold letters, digits and hyphens only"},
      {"b\xc3\xbc"
       "cher.test",
       "a label may hold letters, digits and hyphens only"},
      {"a,DNS:b", "a label may hold letters, digits and hyphens only"},
      {"https://a.test", "a label may hold letters, digits and hyphens only"},
      {"[::1]", "a label may hold letters, digits and hyphens only"},
      {"fe80::1%eth0", "a label may hold letters, digits and hyphens only"},
      {"-a.test", "a label may not begin or end with a hyphen"},
      {"a-.test", "a label may not begin or end with a hyphen"},
      {"10.0.0.256", "the last label is a number"},
      {"010.0.0.1", "the last label is a number"},
      {"10.0.1", "the last label is a number"},
  };
  for (const auto& [text, fault] : faults) {
    const auto name = ParseServerName(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(name.error(),
              (Error{ErrorCode::kInvalid, "\"" + text + "\" is neither an IP address nor a DNS name: " + fault}));
  }
}

TEST(ParseServerName, DoesNotStopAtANullCharacter) {
  EXPECT_FALSE(ParseServerName(std::string_view("10.0.0.1\0.test", 14)).ok());
}

TEST(ParseServerName, QuotesNoMoreThanItMust) {
  EXPECT_LT(ParseServerName(std::string(100000, 'a')).error().message.size(), 400U);
}

}  // namespace
}  // namespace irsa::crypto
