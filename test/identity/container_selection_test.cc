#include "irsa/identity/rules/container_selection.h"

#include <utility>

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

using Names = std::vector<std::string>;

Names Taken(const ContainerNames& account, const ContainerNames& pod) {
  ContainerSelection selection(account, pod);
  Names taken;
  for (const char* name : {"a", "b", "c"}) {
    if (selection.Takes(name)) taken.emplace_back(name);
  }
  return taken;
}

TEST(ContainerSelection, TakesAllWithoutLists) { EXPECT_EQ(Taken({}, {}), (Names{"a", "b", "c"})); }

TEST(ContainerSelection, TakesTheIncludedAndLeavesTheSkipped) {
  const ContainerNames included{.included = Names{"a", "b"}};
  const ContainerNames skipped{.skipped = Names{"b"}};
  const ContainerNames both{.included = Names{"a", "b"}, .skipped = Names{"b"}};
  for (const bool on_pod : {false, true}) {
    const auto taken = [&](const ContainerNames& names) { return on_pod ? Taken({}, names) : Taken(names, {}); };
    EXPECT_EQ(taken(included), (Names{"a", "b"}));
    EXPECT_EQ(taken(skipped), (Names{"a", "c"}));
    EXPECT_EQ(taken(both), Names{"a"});
    EXPECT_EQ(taken({.included = Names{"x"}}), Names{});
  }
}

TEST(ContainerSelection, TakesThePodsListOverTheAccountsOfThatName) {
  EXPECT_EQ(Taken({.skipped = Names{"a"}}, {.skipped = Names{"b"}}), (Names{"a", "c"}));
  EXPECT_EQ(Taken({.included = Names{"a"}}, {.included = Names{"b"}}), Names{"b"});
  EXPECT_EQ(Taken({.included = Names{"a", "b"}}, {.skipped = Names{"b"}}), Names{"a"});
}

TEST(ContainerSelection, TellsWhichOfThePodsNamesNoContainerHas) {
  ContainerSelection selection({.included = Names{"a", "of-account"}, .skipped = Names{"of-account"}},
                               {.included = Names{"a", "x"}, .skipped = Names{"y", "a"}});
  EXPECT_FALSE(selection.Takes("a"));
  std::vector<std::pair<std::string, std::string>> unmatched;
  selection.ForEachUnmatched(
      [&](std::string_view annotation, const std::string& name) { unmatched.emplace_back(annotation, name); });
  EXPECT_EQ(unmatched,
            (std::vector<std::pair<std::string, std::string>>{{"include-containers", "x"}, {"skip-containers", "y"}}));
}

}  // namespace
}  // namespace irsa::identity
