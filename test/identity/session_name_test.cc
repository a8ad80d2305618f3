#include "irsa/identity/rules/session_name.h"

#include <string>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

constexpr AccountName kAccount{"team-a", "app"};

std::optional<SessionName> Parse(std::string_view value) {
  std::vector<Warning> warnings;
  auto name = ParseSessionName(kAccount, "p/role-session-name", value, warnings);
  EXPECT_EQ(name.has_value(), warnings.empty()) << value;
  return name;
}

TEST(ParseSessionName, FillsInNamespaceAndAccount) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"literal", "literal"},    {"a_B9+=,.@-", "a_B9+=,.@-"},
      {"{namespace}", "team-a"}, {"{service-account}@{namespace}", "app@team-a"},
      {"{pod}", "{pod}"},        {"{namespace}.{pod}.{pod}", "team-a.{pod}.{pod}"},
  };
  for (const auto& [value, text] : cases) {
    EXPECT_EQ(Parse(value), (SessionName{std::string(text), "team-a.app"})) << value;
  }
}

TEST(ParseSessionName, RefusesWhatStsWouldNotTake) {
  for (const char* value : {"a b", "a/b", "{Pod}", "{account}", "{pod", "pod}", "$(POD)", "a:b", "é", "a\n"}) {
    EXPECT_EQ(Parse(value), std::nullopt) << value;
  }
  EXPECT_EQ(Parse(std::string(257, 'a')), std::nullopt);
  std::vector<Warning> warnings;
  ParseSessionName(kAccount, "p/role-session-name", "a b", warnings);
  EXPECT_EQ(warnings, (std::vector<Warning>{{WarningReason::kIgnoredValue,
                                             "p/role-session-name \"a b\" must be letters, digits, _+=,.@- and "
                                             "placeholders; ignored"}}));
}

TEST(ParseSessionName, CutsTheLiteralToWhatStsTakes) {
  std::vector<Warning> warnings;
  const std::string account(253, 'x');
  const auto name = ParseSessionName({"team-a", account}, "k", "{pod}", warnings);
  EXPECT_EQ(name->otherwise, "team-a." + std::string(57, 'x'));
}

TEST(SessionNameFor, RefersToThePodsName) {
  EXPECT_EQ(SessionNameFor({"{pod}", "n.a"}, 63), (PodSessionName{"$(IRSA_POD_NAME)", true, false}));
  EXPECT_EQ(SessionNameFor({"a-{pod}-{pod}", "n.a"}, 10),
            (PodSessionName{"a-$(IRSA_POD_NAME)-$(IRSA_POD_NAME)", true, false}));
  EXPECT_EQ(SessionNameFor({"plain", "n.a"}, 63), (PodSessionName{"plain", false, false}));
}

TEST(SessionNameFor, TakesTheLiteralForWhatMayBeTooLongOrTooShort) {
  const SessionName with_prefix{"n.{pod}", "n.a"};
  const PodSessionName literal{"n.a", false, true};
  EXPECT_FALSE(SessionNameFor(with_prefix, 62).does_not_fit);
  EXPECT_EQ(SessionNameFor(with_prefix, 63), literal);
  EXPECT_EQ(SessionNameFor({"{pod}{pod}", "n.a"}, 33), literal);
  EXPECT_EQ(SessionNameFor({std::string(65, 'x'), "n.a"}, 0), literal);
  EXPECT_FALSE(SessionNameFor({std::string(64, 'x'), "n.a"}, 0).does_not_fit);
  EXPECT_EQ(SessionNameFor({"x", "n.a"}, 20), literal);
  EXPECT_EQ(SessionNameFor({"{pod}", "n.a"}, 1), literal);
}

TEST(SessionNameFor, FitsWhereNothingIsKnownOfThePod) {
  EXPECT_FALSE(SessionNameFor({"n.{pod}", "n.a"}, 0).does_not_fit);
}

}  // namespace
}  // namespace irsa::identity
