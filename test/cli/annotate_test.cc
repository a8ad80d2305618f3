// irsa annotate, run as a program.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa {
namespace {

using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::StartsWith;

constexpr const char* kHead =
    "# The identities of the ConfigMap pod-identity-webhook, as annotations of the service accounts.\n"
    "# kubectl refuses where an account has one of the annotations: its own role wins over the ConfigMap.\n";

constexpr const char* kConfig = R"({
  "team-b/till": {"RoleARN": "arn:aws:iam::111122223333:role/till"},
  "team-a/my-app": {"RoleARN": "arn:aws:iam::111122223333:role/my-app", "Audience": "aud", "UseRegionalSTS": true, "TokenExpiration": 3600}
})";

constexpr const char* kCommands = R"(kubectl annotate serviceaccount --namespace team-a my-app \
  eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/my-app \
  eks.amazonaws.com/audience=aud \
  eks.amazonaws.com/sts-regional-endpoints=true \
  eks.amazonaws.com/token-expiration=3600
kubectl annotate serviceaccount --namespace team-b till \
  eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/till
)";

ProcessResult Annotate(const std::vector<std::string>& arguments, std::string_view stdin_text = {}) {
  std::vector<std::string> command = {IRSA_BINARY, "annotate"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return testing::RunProcess(command, stdin_text);
}

// Of a ConfigMap that is given on standard input.
ProcessResult AnnotateText(std::string_view text) { return Annotate({"--config-map", "-"}, text); }

nlohmann::json ConfigMap(const std::string& config, const std::string& name = "pod-identity-webhook") {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", {{"name", name}, {"namespace", "irsa-system"}}},
          {"data", {{"config", config}}}};
}

TEST(AnnotateCommand, PrintsOneCommandForEachAccount) {
  const ProcessResult expected{0, std::string(kHead) + kCommands, ""};
  EXPECT_EQ(AnnotateText(kConfig), expected) << "the JSON alone";
  EXPECT_EQ(AnnotateText(ConfigMap(kConfig).dump()), expected) << "a manifest in JSON";
  const nlohmann::json list = {
      {"apiVersion", "v1"}, {"kind", "List"}, {"items", {ConfigMap("{", "other"), ConfigMap(kConfig)}}};
  EXPECT_EQ(AnnotateText(list.dump()), expected) << "among others";
}

TEST(AnnotateCommand, ReadsAFileInYaml) {
  const testing::TemporaryDirectory directory;
  std::string yaml =
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: pod-identity-webhook\n  namespace: irsa-system\ndata:\n"
      "  config: |\n    ";
  for (const char c : std::string_view(kConfig)) yaml += c == '\n' ? "\n    " : std::string(1, c);
  const std::string file = directory.Write("config-map.yaml", yaml + "\n");
  EXPECT_EQ(Annotate({"--config-map", file}), (ProcessResult{0, std::string(kHead) + kCommands, ""}));
}

TEST(AnnotateCommand, TakesThePrefix) {
  const ProcessResult result = Annotate({"--config-map", "-", "--annotation-prefix", "example.test"}, kConfig);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr(" \\\n  example.test/audience=aud \\\n"));
  EXPECT_EQ(result.out.find("eks.amazonaws.com"), std::string::npos);
}

TEST(AnnotateCommand, WritesWhatAnEntryGivesAndNothingElse) {
  const ProcessResult result = AnnotateText(
      R"({"n/a": {"RoleARN": "arn:aws:iam::111122223333:role/x", "Audience": "", "UseRegionalSTS": false, "TokenExpiration": 0}})");
  EXPECT_EQ(result,
            (ProcessResult{0,
                           std::string(kHead) + "kubectl annotate serviceaccount --namespace n a \\\n"
                                                "  eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/x \\\n"
                                                "  eks.amazonaws.com/sts-regional-endpoints=false\n",
                           ""}));
}

TEST(AnnotateCommand, PassesOnTheWarnings) {
  const ProcessResult result = AnnotateText(R"({"n/a": {"RoleARN": "no-arn", "TokenExpiration": 30}})");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("role-arn=no-arn \\\n  eks.amazonaws.com/token-expiration=600\n"));
  EXPECT_EQ(result.err,
            "irsa annotate: standard input: in the ConfigMap's entry \"n/a\", RoleARN \"no-arn\" is not "
            "arn:aws:iam::ACCOUNT:role/NAME; used as is\n"
            "irsa annotate: standard input: in the ConfigMap's entry \"n/a\", TokenExpiration \"30\" is below 600 "
            "seconds; 600 is used\n");
}

TEST(AnnotateCommand, FailsForAnEntryOfEveryNamespaceAndCommentsOnIt) {
  const ProcessResult result = AnnotateText(
      R"({"*/agent": {"RoleARN": "arn:aws:iam::111122223333:role/it's"}, "n/a": {"RoleARN": "arn:aws:iam::111122223333:role/x"}})");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.out, std::string(kHead) + R"(# For each service account that matches */agent:
# kubectl annotate serviceaccount --namespace NAMESPACE agent 'eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/it'\''s'
kubectl annotate serviceaccount --namespace n a \
  eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/x
)");
  EXPECT_THAT(result.err, HasSubstr("irsa annotate: standard input: entry \"*/agent\": an annotation cannot cover "
                                    "several namespaces: annotate each service account \"agent\"\n"));
}

TEST(AnnotateCommand, FailsForBadEntriesAndPrintsTheOthers) {
  const nlohmann::json config = {{"good/a", {{"RoleARN", "arn:aws:iam::111122223333:role/x"}}},
                                 {"no-slash", {{"RoleARN", "x"}}},
                                 {"n/a", {{"RoleARN", 7}}},
                                 {"n/$(b)", {{"RoleARN", "x"}}}};
  EXPECT_EQ(AnnotateText(config.dump()),
            (ProcessResult{1,
                           std::string(kHead) + "kubectl annotate serviceaccount --namespace good a \\\n"
                                                "  eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/x\n",
                           "irsa annotate: standard input: entry \"n/$(b)\": its key is not NAMESPACE/NAME "
                           "of a service account, or a pattern like team-*/NAME\n"
                           "irsa annotate: standard input: entry \"n/a\": RoleARN is not a string but of type number\n"
                           "irsa annotate: standard input: entry \"no-slash\": its key is not NAMESPACE/NAME "
                           "of a service account, or a pattern like team-*/NAME\n"}));
}

TEST(AnnotateCommand, LeavesOutWhatNoCommandCanCarrySafely) {
  const std::string message = "a value has a control character, which is not safe in a command\n";
  for (const char* fields : {R"("RoleARN": "a\nb")", R"("RoleARN": "\u0003")",
                             R"("RoleARN": "x", "Audience": "\u001b[1m")", R"("RoleARN": "x", "Audience": "\u0085")"}) {
    for (const char* key : {"n/a", "*/a"}) {
      const ProcessResult result = AnnotateText(std::string("{\"") + key + "\": {" + fields + "}}");
      EXPECT_EQ(result.exit_status, 1) << fields;
      EXPECT_EQ(result.out, "") << fields;
      EXPECT_THAT(result.err, HasSubstr(std::string("entry \"") + key + "\": " + message)) << fields;
    }
  }
}

// What a kubectl is given when bash runs the printed text.
std::string WordsInBash(const std::string& text) {
  const testing::TemporaryDirectory directory;
  const std::string kubectl =
      directory.Write("kubectl", "#!/bin/sh\nfor word; do printf '[%s]' \"$word\"; done\necho\n");
  std::filesystem::permissions(kubectl, std::filesystem::perms::owner_all);
  const std::string script = directory.Write("script", text);
  const ProcessResult result = testing::RunProcess(
      {"env", "--chdir=" + directory.Path("."), "PATH=" + directory.Path(".") + ":/usr/bin:/bin", "bash", script});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const std::filesystem::directory_iterator files(directory.Path("."));
  EXPECT_EQ(std::distance(begin(files), end(files)), 2) << "a value was run: it wrote a file";
  return result.out;
}

TEST(AnnotateCommand, GivesKubectlEveryValueAsItIs) {
  for (const std::string value : {"it's",
                                  "a \"b\"  c",
                                  "$(touch ran)",
                                  "`touch ran`",
                                  "; touch ran #",
                                  "a & touch ran",
                                  "x > ran",
                                  "$HOME",
                                  "\\",
                                  "'",
                                  "''",
                                  "!!",
                                  "~",
                                  "*",
                                  "a-",
                                  "=b=c",
                                  "-x",
                                  "#",
                                  "ü €",
                                  "' \\\n'"}) {
    const bool is_one_line = value.find('\n') == std::string::npos;
    const nlohmann::json config = {{"n/a", {{"RoleARN", value}, {"Audience", value}}}};
    const ProcessResult result = AnnotateText(ConfigMap(config.dump()).dump());
    EXPECT_EQ(result.exit_status, is_one_line ? 0 : 1) << value;
    const std::string expected = "[annotate][serviceaccount][--namespace][n][a][eks.amazonaws.com/role-arn=" + value +
                                 "][eks.amazonaws.com/audience=" + value + "]\n";
    EXPECT_EQ(WordsInBash(result.out), is_one_line ? expected : "") << value;

    const nlohmann::json for_all = {{"*/a", {{"RoleARN", value}}}};
    EXPECT_EQ(WordsInBash(AnnotateText(for_all.dump()).out), "") << value;
  }
}

TEST(AnnotateCommand, NotesThatThereIsNothingToDo) {
  const ProcessResult expected{0, "", "irsa annotate: standard input: note: it contains no entries\n"};
  EXPECT_EQ(AnnotateText("{}"), expected);
  EXPECT_EQ(AnnotateText(ConfigMap("{}").dump()), expected);
}

TEST(AnnotateCommand, FailsWithoutIdentities) {
  nlohmann::json without_data = ConfigMap("{}");
  without_data.erase("data");
  nlohmann::json with_number = ConfigMap("{}");
  with_number["data"]["config"] = 7;
  const nlohmann::json two = {{"kind", "List"}, {"items", {ConfigMap("{}"), ConfigMap("{}")}}};
  const std::string no_config = "ConfigMap pod-identity-webhook has no data.config";
  const std::pair<std::string, std::string> cases[] = {
      {"", "no ConfigMap pod-identity-webhook"},
      {ConfigMap("{}", "other").dump(), "no ConfigMap pod-identity-webhook"},
      {"kind: Secret\nmetadata: {name: pod-identity-webhook}\n", "no ConfigMap pod-identity-webhook"},
      {without_data.dump(), no_config},
      {with_number.dump(), no_config},
      {two.dump(),
       "two ConfigMaps pod-identity-webhook, at document 1, line 1, item 1 and document 1, line 1, item 2: pass the "
       "one in irsa's namespace"},
      {ConfigMap("{broken").dump(), "data.config: not valid JSON at byte 2"},
      {ConfigMap("[]").dump(), "data.config: not an object but of type array"},
      {"n/a:\n  RoleARN: x\n", "not valid JSON at byte 2"}};
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(AnnotateText(text), (ProcessResult{1, "", "irsa annotate: standard input: " + message + "\n"})) << text;
  }
  const ProcessResult unreadable = Annotate({"--config-map", "/does/not/exist"});
  EXPECT_EQ(unreadable,
            (ProcessResult{1, "", "irsa annotate: cannot read /does/not/exist: No such file or directory\n"}));
  EXPECT_THAT(AnnotateText("{").err, StartsWith("irsa annotate: standard input: "));
}

TEST(AnnotateCommand, RefusesWrongUsageWithTwo) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{}, "irsa annotate: --config-map is required"},
      {{"--config-map", "-", "--annotation-prefix", "A/b"}, "'A/b' is not a DNS subdomain"},
      {{"--config-map", "-", "surplus"}, "surplus"}};
  for (const auto& [arguments, message] : cases) {
    const ProcessResult result = Annotate(arguments);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
}

TEST(AnnotateCommand, FailsWhenTheResultCannotBeWritten) {
  EXPECT_EQ(
      testing::RunProcess({"sh", "-c", std::string(IRSA_BINARY) + " annotate --config-map - > /dev/full"}, kConfig),
      (ProcessResult{1, "", "irsa: cannot write to standard output\n"}));
}

}  // namespace
}  // namespace irsa
