#include "src/cli/shell/command_tree.h"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace irsa::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A command line with one of each: a nested command, an option with a default, a flag, a hidden option.
class CommandTreeTest : public ::testing::Test {
 protected:
  CommandTreeTest() {
    CLI::App* issuer = app_.add_subcommand("issuer", "Keys");
    CLI::App* jwks = issuer->add_subcommand("jwks", "It's a \\set");
    jwks->add_option("-k,--key", key_, ".pem file")->type_name("FILE")->default_str("a-b.pem");
    jwks->add_flag("--quiet", quiet_, "Say nothing");
    jwks->add_option("--old-flag", key_)->group("");
  }

  CLI::App app_{"Demo program", "demo"};
  std::string key_;
  bool quiet_ = false;
};

TEST_F(CommandTreeTest, DescribesCommandsAndVisibleOptions) {
  const CommandNode root = DescribeCommand(app_);
  ASSERT_EQ(root.commands.size(), 1U);
  const CommandNode& jwks = root.commands[0].commands[0];
  EXPECT_EQ(jwks.name, "jwks");
  std::vector<std::string> names;
  for (const OptionNode& option : jwks.options)
    names.push_back(option.names[0] + ":" + option.value + ":" + option.default_text);
  EXPECT_THAT(names, ::testing::ElementsAre("--help::", "--key:FILE:a-b.pem", "--quiet::"));
}

TEST_F(CommandTreeTest, CompletesEachCommandsWordsInBash) {
  EXPECT_EQ(CompletionScript(DescribeCommand(app_), Shell::kBash),
            R"(# bash completion for demo: source it, or put it into /etc/bash_completion.d
_demo() {
  local current=${COMP_WORDS[COMP_CWORD]} path= word words=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path/$word" in /issuer|/issuer/jwks) path=$path/$word ;; esac
  done
  case $path in
    "") words='issuer --help -h' ;;
    "/issuer") words='jwks --help -h' ;;
    "/issuer/jwks") words='--help -h --key -k --quiet' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _demo demo
)");
}

TEST_F(CommandTreeTest, QuotesForFish) {
  const std::string script = CompletionScript(DescribeCommand(app_), Shell::kFish);
  EXPECT_THAT(script,
              HasSubstr("complete -c demo -f -n '__fish_seen_subcommand_from issuer' -a jwks -d 'It\\'s a \\\\set'\n"));
  EXPECT_THAT(script, HasSubstr("-n '__fish_seen_subcommand_from issuer; and __fish_seen_subcommand_from jwks' "
                                "-l key -s k -r -d '.pem file'\n"));
}

TEST_F(CommandTreeTest, WritesAManualPageWithoutHiddenOptions) {
  const std::string page = ManualPage(DescribeCommand(app_), "1.0");
  EXPECT_THAT(page, HasSubstr(".SH demo issuer jwks\nIt's a \\eset\n"));
  EXPECT_THAT(page,
              HasSubstr(".TP\n\\fB\\-\\-key\\fR, \\fB\\-k\\fR \\fIFILE\\fR\n\\&.pem file\nDefault: a\\-b.pem.\n"));
  EXPECT_THAT(page, Not(HasSubstr("old")));
}

}  // namespace
}  // namespace irsa::cli
