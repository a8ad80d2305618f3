// The command `irsa mutate`, run as people run it.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/base/files.h"

#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa::cli {
namespace {

using irsa::testing::ProcessResult;
using irsa::testing::RunProcess;
using irsa::testing::TemporaryDirectory;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kAccount[] =
    "{kind: ServiceAccount, metadata: {name: web, annotations: {eks.amazonaws.com/role-arn: "
    "'arn:aws:iam::111122223333:role/web'}}}\n";
constexpr char kPod[] = "{kind: Pod, metadata: {name: p}, spec: {serviceAccountName: web, containers: [{name: c}]}}\n";

std::string DataPath(std::string_view name) { return std::string(IRSA_SOURCE_DIR "/test/data/mutate/").append(name); }

std::string Data(std::string_view name) { return base::DiskFileReader().Read(DataPath(name), 1 << 20).value(); }

ProcessResult Mutate(std::vector<std::string> options, std::string_view stdin_text = {}) {
  options.insert(options.begin(), {IRSA_BINARY, "mutate"});
  return RunProcess(options, stdin_text);
}

ProcessResult MutateData(const std::string& format) {
  return Mutate(
      {"-f", DataPath("manifests.yaml"), "--service-accounts", DataPath("service-accounts.yaml"), "-o", format});
}

TEST(Mutate, PrintsYaml) {
  EXPECT_EQ(MutateData("yaml"), (ProcessResult{0, Data("expected.yaml"), Data("expected.stderr")}));
}

TEST(Mutate, PrintsJson) {
  EXPECT_EQ(MutateData("json"), (ProcessResult{0, Data("expected.json"), Data("expected.stderr")}));
}

TEST(Mutate, PrintsPatches) {
  EXPECT_EQ(MutateData("patch"), (ProcessResult{0, Data("expected.jsonl"), Data("expected.stderr")}));
}

TEST(Mutate, PrintsADiffWithoutColorWhereThereIsNoTerminal) {
  EXPECT_EQ(MutateData("diff"), (ProcessResult{0, Data("expected.diff"), Data("expected.stderr")}));
}

TEST(Mutate, ReadsServiceAccountsFromStandardInput) {
  const TemporaryDirectory directory;
  const std::string pod = directory.Write("pod.yaml", kPod);
  const std::string accounts = directory.Write("accounts.yaml", kAccount);
  EXPECT_EQ(Mutate({"-f", pod, "--service-accounts", "-"}, kAccount),
            Mutate({"-f", pod, "--service-accounts", accounts}));
  const ProcessResult twice = Mutate({"--service-accounts", "-"}, kAccount);
  EXPECT_EQ(twice.exit_status, 2);
  EXPECT_THAT(twice.err, HasSubstr("standard input (-) can be used only once"));
}

TEST(Mutate, SaysThatAFileNameIsEmpty) {
  EXPECT_EQ(Mutate({"-f", ""}), (ProcessResult{1, "", "irsa mutate: cannot read \"\": the file name is empty\n"}));
}

TEST(Mutate, ReadsItsOwnOutputAndChangesNothing) {
  for (const char* format : {"yaml", "json"}) {
    const std::string once = Data("expected." + std::string(format));
    const std::string accounts = DataPath("service-accounts.yaml");
    EXPECT_EQ(Mutate({"--service-accounts", accounts, "-o", format}, once).out, once);
    EXPECT_EQ(Mutate({"--service-accounts", accounts, "-o", "patch"}, once).out, "");
  }
}

TEST(Mutate, ReadsStandardInputByDefaultAndByItsName) {
  const std::string manifests = Data("manifests.yaml");
  const std::string accounts = DataPath("service-accounts.yaml");
  EXPECT_EQ(Mutate({"--service-accounts", accounts}, manifests).out, Data("expected.yaml"));
  EXPECT_EQ(Mutate({"--service-accounts=" + accounts, "-f", "-", "--output=yaml"}, manifests).out,
            Data("expected.yaml"));
}

TEST(Mutate, TakesSeveralFilesAsIfTheyWereOne) {
  const TemporaryDirectory directory;
  const std::string pod = directory.Write("pod.yaml", kPod);
  const std::string account = directory.Write("account.yaml", kAccount);
  const ProcessResult result = Mutate({"-f", pod, "--filename", account, "-f", "-", "-o", "patch"}, kPod);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
}

TEST(Mutate, PutsObjectsInTheNamespaceGiven) {
  const TemporaryDirectory directory;
  const std::string account = directory.Write("account.yaml", kAccount);
  const ProcessResult result = Mutate({"-n", "team-a", "--service-accounts", account, "-o", "patch"}, kPod);
  EXPECT_THAT(result.out, StartsWith(R"({"kind":"Pod","namespace":"team-a","name":"p",)"));
  EXPECT_EQ(result.err, "");
}

TEST(Mutate, TakesTheWebhooksOptions) {
  const ProcessResult result =
      Mutate({"--token-mount-path=/t", "--token-expiration", "1200", "--aws-default-region=eu-central-1",
              "--sts-regional-endpoint", "--token-audience=corp", "-o", "patch"},
             std::string(kAccount) + "---\n" + kPod);
  EXPECT_EQ(result.exit_status, 0);
  for (const char* part : {R"("mountPath":"/t")", R"("expirationSeconds":1200)", R"("value":"eu-central-1")",
                           R"("value":"regional")", R"("audience":"corp")"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
  EXPECT_EQ(Mutate({"--annotation-prefix=other.example"}, std::string(kAccount) + "---\n" + kPod).err, "");
}

TEST(Mutate, NotesAnUnknownAccountAndSucceeds) {
  const ProcessResult result = Mutate({"-o", "patch"}, kPod);
  EXPECT_EQ(result,
            (ProcessResult{0, "",
                           "irsa mutate: pod/p in default: note: its service account web is not among the service "
                           "accounts given, so it gets no identity\n"}));
}

TEST(Mutate, NamesWhatCannotBeReadAndPrintsNoResult) {
  const TemporaryDirectory directory;
  const std::string good = directory.Write("good.yaml", kPod);
  const std::string broken = directory.Write("broken.yaml", "a: 1\n---\nb: [\n");
  const std::string missing = directory.Path("missing.yaml");
  EXPECT_EQ(Mutate({"-f", good, "-f", missing, "-f", broken}),
            (ProcessResult{1, "",
                           "irsa mutate: cannot read " + missing + ": No such file or directory\nirsa mutate: " +
                               broken + ": document 2, line 4: not valid YAML: end of sequence flow not found\n"}));
  EXPECT_EQ(Mutate({}, "kind: A\n---\nx: 1\n"),
            (ProcessResult{1, "", "irsa mutate: standard input: document 2, line 2: an object without kind\n"}));
}

TEST(Mutate, NamesWhatIsWrongWithTheServiceAccounts) {
  const TemporaryDirectory directory;
  const std::string accounts = directory.Write("accounts.yaml", "kind: ServiceAccount\n");
  EXPECT_EQ(
      Mutate({"--service-accounts", accounts}, kPod),
      (ProcessResult{1, "", "irsa mutate: " + accounts + ": document 1, line 1: a service account without a name\n"}));
  EXPECT_EQ(Mutate({"--service-accounts", directory.Path("none")}, kPod).exit_status, 1);
  EXPECT_EQ(Mutate({}, std::string(kAccount) + "---\n" + kAccount),
            (ProcessResult{
                1, "", "irsa mutate: standard input: document 2, line 2: service account default/web occurs twice\n"}));
}

TEST(Mutate, NamesAPodOfTheWrongShape) {
  EXPECT_EQ(
      Mutate({}, std::string(kPod) + "---\n{kind: Job, metadata: {name: j}, spec: {template: {spec: 3}}}\n"),
      (ProcessResult{1, "",
                     "irsa mutate: pod/p in default: note: its service account web is not among the service accounts "
                     "given, so it gets no identity\n"
                     "irsa mutate: standard input: document 2, line 2: job/j in default: spec.template: spec is not an "
                     "object but a number\n"}));
}

TEST(Mutate, FailsWhenItsOutputCannotBeWritten) {
  const ProcessResult result = RunProcess({"sh", "-c", "'" IRSA_BINARY "' mutate >/dev/full"}, kAccount);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.err, "irsa: cannot write to standard output\n");
}

TEST(Mutate, ExitsWith2ForWrongUsage) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"-o", "xml"},
                                                  {"--color=sometimes"},
                                                  {"-n", "Team"},
                                                  {"-f", "-", "-f", "-"},
                                                  {"stray"},
                                                  {"--unknown"},
                                                  {"-f"},
                                                  {"--token-expiration", "4294967296"},
                                                  {"--annotation-prefix", "a/b"}}) {
    const ProcessResult result = Mutate(options, kPod);
    EXPECT_EQ(result.exit_status, 2) << options[0];
    EXPECT_EQ(result.out, "") << options[0];
    EXPECT_NE(result.err, "") << options[0];
  }
}

TEST(Mutate, PrintsNothingForNothingAndSaysSo) {
  for (const char* text : {"", "---\n", "# nothing\n"}) {
    EXPECT_EQ(Mutate({}, text), (ProcessResult{0, "", "irsa mutate: standard input: note: it contains no objects\n"}))
        << text;
  }
}

TEST(Mutate, ExplainsItselfWithDefaults) {
  const ProcessResult result = Mutate({"--help"});
  EXPECT_EQ(result.exit_status, 0);
  for (const char* part : {"--filename", "--service-accounts", "default", "yaml", "auto", "eks.amazonaws.com",
                           "sts.amazonaws.com", "/var/run/secrets/eks.amazonaws.com/serviceaccount", "86400"}) {
    EXPECT_THAT(result.out, HasSubstr(part));
  }
}

TEST(Mutate, ColorsADiffWhenAsked) {
  const std::vector<std::string> options = {"-f",
                                            DataPath("manifests.yaml"),
                                            "--service-accounts",
                                            DataPath("service-accounts.yaml"),
                                            "-o",
                                            "diff",
                                            "--color",
                                            "always"};
  EXPECT_EQ(Mutate(options).out, Data("expected.color.diff"));
}

// What the command prints to a terminal, run with these variables.
std::string OnTerminal(const std::string& environment, const std::string& options) {
  const TemporaryDirectory directory;
  const std::string file = directory.Write("m.yaml", std::string(kAccount) + "---\n" + kPod);
  const ProcessResult result = RunProcess(
      {"script", "-qec", "env -u NO_COLOR " + environment + " '" IRSA_BINARY "' mutate -f '" + file + "' " + options,
       "/dev/null"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("+      mountPath:"));
  return result.out;
}

TEST(Mutate, ColorsADiffOnATerminalUnlessToldNotTo) {
  const auto has_color = HasSubstr("\x1b[32m+");
  EXPECT_THAT(OnTerminal("", "-o diff"), has_color);
  EXPECT_THAT(OnTerminal("NO_COLOR=", "-o diff"), has_color);
  EXPECT_THAT(OnTerminal("NO_COLOR=1", "-o diff"), Not(has_color));
  EXPECT_THAT(OnTerminal("NO_COLOR=1", "-o diff --color=always"), has_color);
  EXPECT_THAT(OnTerminal("", "-o diff --color=never"), Not(has_color));
}

}  // namespace
}  // namespace irsa::cli
