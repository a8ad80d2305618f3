#include "irsa/iam/policy_variable.h"

#include <gtest/gtest.h>

#include "irsa/base/text.h"

namespace irsa::iam {
namespace {

RequestContext Context() {
  RequestContext context;
  context.keys.emplace("aws:username", "ann");
  context.keys.emplace("aws:star", "*");
  context.keys.emplace("aws:many", "a");
  context.keys.emplace("aws:many", "b");
  return context;
}

bool Matches(std::string_view text, Wildcards wildcards, std::string_view actual) {
  return Expand(text, wildcards, Context()).value().Matches(actual);
}

TEST(Expand, PutsTheRequestsValuesIn) {
  EXPECT_TRUE(Matches("a/${aws:username}/b${ AWS:UserName }", Wildcards::kLiteral, "a/ann/bann"));
  EXPECT_TRUE(Matches("no variable $ {x}", Wildcards::kLiteral, "no variable $ {x}"));
  EXPECT_TRUE(Matches("$${aws:username}", Wildcards::kLiteral, "$ann"));
}

TEST(Expand, MakesWildcardsOnlyOfThePolicysOwn) {
  EXPECT_TRUE(Matches("${aws:username}*", Wildcards::kMatch, "annabel"));
  EXPECT_FALSE(Matches("${aws:username}*", Wildcards::kLiteral, "annabel"));
  EXPECT_FALSE(Matches("${aws:star}", Wildcards::kMatch, "anything"));
  EXPECT_TRUE(Matches("${aws:star}", Wildcards::kMatch, "*"));
}

TEST(Expand, KnowsTheThreeEscapes) {
  EXPECT_TRUE(Matches("${*}${?}${$}{x}", Wildcards::kMatch, "*?${x}"));
  EXPECT_FALSE(Matches("${*}", Wildcards::kMatch, "x"));
}

TEST(Expand, UsesTheDefaultOnlyWithoutAValue) {
  EXPECT_TRUE(Matches("${aws:nobody, 'me, too'}", Wildcards::kLiteral, "me, too"));
  EXPECT_TRUE(Matches("${aws:nobody,''}", Wildcards::kLiteral, ""));
  EXPECT_TRUE(Matches("${aws:username, 'x'}", Wildcards::kLiteral, "ann"));
}

TEST(Expand, NamesTheVariableWithoutASingleValue) {
  EXPECT_EQ(Expand("x${aws:nobody}", Wildcards::kMatch, Context()).error(),
            (Error{ErrorCode::kNotFound, "policy variable \"aws:nobody\" has no single value in the request"}));
  EXPECT_EQ(Expand("${aws:many, 'x'}", Wildcards::kMatch, Context()).error(),
            (Error{ErrorCode::kNotFound, "policy variable \"aws:many\" has no single value in the request"}));
}

TEST(CheckVariables, QuotesTheTextWithAMalformedOne) {
  for (const std::string text : {"${", "a${b", "${}", "${ }", "${,'x'}", "${a,x}", "${a,'x}", "${a,'}", "${a${b}}"}) {
    EXPECT_EQ(CheckVariables(text).error(),
              (Error{ErrorCode::kInvalid, base::Quoted(text) + " has a malformed policy variable"}));
  }
  for (const char* text : {"", "$", "}", "{x}", "${a}", "${a:b/c, 'd'}${*}"}) EXPECT_TRUE(CheckVariables(text).ok());
}

}  // namespace
}  // namespace irsa::iam
