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
    jwks->add_option("--level", level_, "Least level")
        ->type_name("NAME")
        ->check(CLI::IsMember({"low", "high"}))
        ->required()
        ->default_str("low");
    jwks->add_option("--a-name-that-is-longer-than-its-column", level_,
                     "A description that is too long for one line of eighty columns")
        ->type_name("NUMBER");
    jwks->add_option("DIR", directory_, "Where to");
    jwks->footer("Why it is so.\n\nExamples:\n  demo issuer jwks  -k a");
    app_.add_subcommand("help", "Help");
  }

  CLI::App app_{"Demo program", "demo"};
  std::string key_;
  std::string level_;
  std::string directory_;
  bool quiet_ = false;
};

TEST_F(CommandTreeTest, DescribesCommandsAndVisibleOptions) {
  const CommandNode root = DescribeCommand(app_);
  ASSERT_EQ(root.commands.size(), 2U);
  const CommandNode& jwks = root.commands[0].commands[0];
  EXPECT_EQ(jwks.name, "jwks");
  std::vector<std::string> names;
  for (const OptionNode& option : jwks.options)
    names.push_back(option.names[0] + ":" + option.value + ":" + option.default_text);
  EXPECT_THAT(names, ::testing::ElementsAre("--help::", "--key:FILE:a-b.pem", "--quiet::", "--level:NAME:low",
                                            "--a-name-that-is-longer-than-its-column:NUMBER:"));
}

TEST_F(CommandTreeTest, SaysHowACommandIsUsedInEightyColumns) {
  EXPECT_EQ(HelpText(DescribeCommand(*app_.get_subcommand("issuer")->get_subcommand("jwks")), "demo issuer jwks"),
            R"(It's a \set

Usage: demo issuer jwks --level NAME [OPTION...] [DIR]

Arguments:
  DIR                   Where to

Options:
  -k, --key FILE        .pem file (default: a-b.pem)
  --quiet               Say nothing
  --level NAME          Least level: low, high (required; default: low)
  --a-name-that-is-longer-than-its-column NUMBER
                        A description that is too long for one line of eighty
                        columns
  -h, --help            Print this help message and exit

Why it is so.

Examples:
  demo issuer jwks  -k a
)");
  EXPECT_EQ(HelpText(DescribeCommand(app_), "demo"), R"(Demo program

Usage: demo COMMAND [OPTION...]

Commands:
  issuer                Keys
  help                  Help

Options:
  -h, --help            Print this help message and exit
)");
}

TEST_F(CommandTreeTest, CompletesCommandsOptionsAndValues) {
  struct Case {
    std::vector<std::string_view> words;
    std::string text;
  };
  const Case cases[] = {
      {{}, "issuer\tKeys\nhelp\tHelp\n:nothing\n"},
      {{""}, "issuer\tKeys\nhelp\tHelp\n:nothing\n"},
      {{"iss"}, "issuer\tKeys\n:nothing\n"},
      {{"nothing"}, ":nothing\n"},
      {{"issuer", "jwks", "--q"}, "--quiet\tSay nothing\n:nothing\n"},
      {{"issuer", "jwks", "--old"}, ":nothing\n"},
      {{"issuer", "jwks", "--level", ""}, "low\t\nhigh\t\n:nothing\n"},
      {{"issuer", "jwks", "--level", "h"}, "high\t\n:nothing\n"},
      {{"issuer", "jwks", "--level=h"}, "--level=high\t\n:nothing\n"},
      {{"issuer", "jwks", "--level", "="}, "low\t\nhigh\t\n:nothing\n"},  // as bash breaks --level=
      {{"issuer", "jwks", "--level", "=", "h"}, "high\t\n:nothing\n"},    // and --level=h
      {{"issuer", "jwks", "--level", "=", "low", "--q"}, "--quiet\tSay nothing\n:nothing\n"},
      {{"issuer", "jwks", "--key", ""}, ":files\n"},
      {{"issuer", "jwks", "-k", "a"}, ":files\n"},
      {{"issuer", "jwks", "--key=a"}, ":files\n"},
      {{"issuer", "jwks", "--key", "jwks", "--q"}, "--quiet\tSay nothing\n:nothing\n"},
      {{"issuer", "jwks", ""}, ":directories\n"},
      {{"issuer", "jwks", "--", "--q"}, ":directories\n"},
      {{"issuer", "jwks", "--quiet", "--unknown="}, ":nothing\n"},
      {{"issuer", "jwks", "dir", "--q"}, "--quiet\tSay nothing\n:nothing\n"},
      {{"help", "i"}, "issuer\tKeys\n:nothing\n"},
      {{"help", "issuer", ""}, "jwks\tIt's a \\set\n:nothing\n"},
      {{"help", "issuer", "jwks", ""}, ":nothing\n"},
  };
  const CommandNode root = DescribeCommand(app_);
  for (const Case& c : cases) EXPECT_EQ(CompletionText(root, c.words), c.text) << ::testing::PrintToString(c.words);
}

TEST_F(CommandTreeTest, WritesAScriptForEachShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = CompletionScript("demo", shell);
    EXPECT_THAT(script, HasSubstr(" __complete "));
    EXPECT_THAT(script, HasSubstr("demo completion"));
    EXPECT_THAT(script, Not(HasSubstr("PROGRAM")));
  }
}

TEST_F(CommandTreeTest, WritesAManualPageWithoutHiddenOptions) {
  const std::string page = ManualPage(DescribeCommand(app_), "1.0");
  EXPECT_THAT(page, HasSubstr(".SH demo issuer jwks\nIt's a \\eset.\n.PP\n\\fBdemo issuer jwks\\fR "
                              "\\fB\\-\\-level\\fR \\fINAME\\fR [\\fIOPTION\\fR...] \\fIDIR\\fR\n"));
  EXPECT_THAT(page,
              HasSubstr(".TP\n\\fB\\-\\-key\\fR, \\fB\\-k\\fR \\fIFILE\\fR\n\\&.pem file.\nDefault: a\\-b.pem.\n"));
  EXPECT_THAT(page, HasSubstr("Least level.\nOne of: low, high.\nRequired.\nDefault: low.\n"));
  EXPECT_THAT(page, HasSubstr(".PP\nWhy it is so.\n.SS Examples\n.PP\n.EX\n  demo issuer jwks  \\-k a\n.EE\n"));
  EXPECT_THAT(page, Not(HasSubstr("\\-old")));
}

TEST_F(CommandTreeTest, SaysInTheManualPageWhereAnAnnotationBelongs) {
  const std::string page = ManualPage(DescribeCommand(app_), "1.0");
  const auto entry = [&page](const std::string& name) {
    const size_t begin = page.find("\\fB" + name + "\\fR\n");
    return begin == std::string::npos ? "" : page.substr(begin, page.find("\n.", begin) - begin);
  };
  EXPECT_THAT(entry("role\\-arn"), ::testing::EndsWith(" (service account)."));
  EXPECT_THAT(entry("skip\\-containers"), ::testing::EndsWith(" (service account, pod)."));
  EXPECT_THAT(entry("default\\-role\\-arn"), ::testing::EndsWith(" (namespace)."));
}

}  // namespace
}  // namespace irsa::cli
