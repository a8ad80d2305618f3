// The command `irsa certs`, run as people run it, and judged by the openssl command.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "irsa/base/base64.h"
#include "irsa/base/files.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_authority.h"

#include "test/testing/process.h"
#include "test/testing/temporary_directory.h"

namespace irsa::cli {
namespace {

using base::FormatRfc3339;
using irsa::testing::ProcessResult;
using irsa::testing::RunProcess;
using nlohmann::json;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::string Read(const std::string& path) { return base::DiskFileReader().Read(path, 1 << 20).value(); }

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

class Certs : public ::testing::Test {
 protected:
  ProcessResult Run(std::vector<std::string> options = {}) const {
    std::vector<std::string> args = {IRSA_BINARY, "certs", "--dir", directory};
    args.insert(args.end(), options.begin(), options.end());
    return RunProcess(args);
  }

  json RunJson(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"-o", "json"});
    const ProcessResult result = Run(options);
    EXPECT_EQ(result.exit_status, 0) << result.err;
    return json::parse(result.out);
  }

  std::string Path(const std::string& name) const { return directory + "/" + name; }

  // What openssl says of the serving certificate for a name, given as "-verify_hostname" or "-verify_ip".
  int Verify(const std::string& option, const std::string& name) const {
    return RunProcess({"openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", Path("ca.crt"), option,
                       name, Path("tls.crt")})
        .exit_status;
  }

  void WriteAuthority(base::SystemTime now, hours lifetime) const {
    const auto authority = crypto::CertificateAuthority::Create("test CA", now, lifetime);
    std::filesystem::create_directory(directory);
    temporary.Write("certs/ca.crt", authority->pem().certificate);
    temporary.Write("certs/ca.key", authority->pem().key);
  }

  const irsa::testing::TemporaryDirectory temporary;
  const std::string directory = temporary.Path("certs");
};

TEST_F(Certs, MakesFourFilesForLocalUse) {
  const ProcessResult result = Run();
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(Path("ca.crt") + ": CA (made), valid until "),
                    HasSubstr(Path("tls.crt") + ": serving certificate for localhost, 127.0.0.1, ::1, valid until "),
                    HasSubstr("base64 -w0 " + Path("ca.crt"))));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  EXPECT_THAT(names, UnorderedElementsAre("ca.crt", "ca.key", "tls.crt", "tls.key"));
  EXPECT_EQ(ModeOf(Path("ca.crt")), 0644U);
  EXPECT_EQ(ModeOf(Path("tls.crt")), 0644U);
  EXPECT_EQ(ModeOf(Path("ca.key")), 0600U);
  EXPECT_EQ(ModeOf(Path("tls.key")), 0600U);
  EXPECT_EQ(Verify("-verify_hostname", "localhost"), 0);
  EXPECT_EQ(Verify("-verify_ip", "127.0.0.1"), 0);
  EXPECT_EQ(Verify("-verify_ip", "::1"), 0);
  EXPECT_NE(Verify("-verify_hostname", "other.test"), 0);
}

TEST_F(Certs, PrintsACommandForAShell) {
  const ProcessResult result = RunProcess({IRSA_BINARY, "certs", "--dir", temporary.Path("a b'c")});
  ASSERT_EQ(result.exit_status, 0) << result.err;
  const std::string command = result.out.substr(result.out.find("base64 -w0"));
  EXPECT_EQ(RunProcess({"sh", "-c", command}),
            (ProcessResult{0, base::EncodeBase64(Read(temporary.Path("a b'c/ca.crt"))), ""}));
}

TEST_F(Certs, PrintsJsonThatAProgramCanUse) {
  const json made = RunJson({"--days", "30", "--ca-days", "60"});
  const auto ca = crypto::ParseKeyPair(Read(Path("ca.crt")), Read(Path("ca.key")));
  const auto serving = crypto::ParseKeyPair(Read(Path("tls.crt")), Read(Path("tls.key")));
  EXPECT_EQ(made, (json{{"ca",
                         {{"certificate", Path("ca.crt")},
                          {"key", Path("ca.key")},
                          {"state", "made"},
                          {"notAfter", FormatRfc3339(ca->not_after)}}},
                        {"serving",
                         {{"certificate", Path("tls.crt")},
                          {"key", Path("tls.key")},
                          {"names", {"localhost", "127.0.0.1", "::1"}},
                          {"notBefore", FormatRfc3339(serving->not_before)},
                          {"notAfter", FormatRfc3339(serving->not_after)}}},
                        {"caBundle", base::EncodeBase64(Read(Path("ca.crt")))}}));
  EXPECT_EQ(serving->not_after - serving->not_before, hours(30 * 24) + crypto::kClockSkew);
  EXPECT_EQ(ca->not_after - ca->not_before, hours(60 * 24) + crypto::kClockSkew);
}

TEST_F(Certs, TakesTheNamesItIsGivenAndNoOthers) {
  const json made = RunJson({"--service", "irsa", "--namespace", "infra", "--dns", "a.test", "--dns", "*.b.test",
                             "--dns", "a.test", "--ip", "10.0.0.1", "--ip", "2001:db8::1"});
  EXPECT_EQ(made["serving"]["names"],
            (json{"irsa.infra.svc", "irsa.infra.svc.cluster.local", "a.test", "*.b.test", "10.0.0.1", "2001:db8::1"}));
  for (const char* name : {"irsa.infra.svc", "irsa.infra.svc.cluster.local", "a.test", "x.b.test"}) {
    EXPECT_EQ(Verify("-verify_hostname", name), 0) << name;
  }
  EXPECT_EQ(Verify("-verify_ip", "10.0.0.1"), 0);
  EXPECT_EQ(Verify("-verify_ip", "2001:db8::1"), 0);
  EXPECT_NE(Verify("-verify_hostname", "localhost"), 0);
}

TEST_F(Certs, KeepsTheCaAndMakesANewPairWhenRunAgain) {
  RunJson();
  const std::string ca = Read(Path("ca.crt")) + Read(Path("ca.key"));
  const std::string serving = Read(Path("tls.crt"));
  const std::string key = Read(Path("tls.key"));
  const json again = RunJson({"--dns", "new.test"});
  EXPECT_EQ(again["ca"]["state"], "kept");
  EXPECT_EQ(Read(Path("ca.crt")) + Read(Path("ca.key")), ca);
  EXPECT_NE(Read(Path("tls.crt")), serving);
  EXPECT_NE(Read(Path("tls.key")), key);
  EXPECT_EQ(Verify("-verify_hostname", "new.test"), 0);
}

TEST_F(Certs, KeepsAGoodCaEvenWithForce) {
  RunJson();
  const std::string ca = Read(Path("ca.crt"));
  EXPECT_EQ(RunJson({"--force"})["ca"]["state"], "kept");
  EXPECT_EQ(Read(Path("ca.crt")), ca);
}

TEST_F(Certs, SaysThatACertificateEndsWithItsCa) {
  const ProcessResult result = Run({"--ca-days", "10", "--days", "20"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.err, "irsa certs: the serving certificate expires with its CA, in less than 20 days\n");
}

TEST_F(Certs, ReplacesAnExpiredCaOnlyWithForce) {
  const base::SystemTime past(std::chrono::seconds(1577836800));  // 2020-01-01T00:00:00Z
  WriteAuthority(past, hours(24));
  const std::string expired = Read(Path("ca.crt"));
  EXPECT_EQ(Run(),
            (ProcessResult{
                1, "",
                "irsa certs: " + Path("ca.crt") +
                    " expired at 2020-01-02T00:00:00Z; --force creates a new CA, which clients must then trust\n"}));
  EXPECT_EQ(Read(Path("ca.crt")), expired);
  const ProcessResult forced = Run({"--force"});
  EXPECT_EQ(forced.exit_status, 0);
  EXPECT_EQ(forced.err,
            "irsa certs: " + Path("ca.crt") +
                " expired at 2020-01-02T00:00:00Z: created a new CA; add it to the trust store of every client\n");
  EXPECT_THAT(forced.out, StartsWith(Path("ca.crt") + ": CA (replaced), valid until "));
  EXPECT_EQ(Verify("-verify_hostname", "localhost"), 0);
}

TEST_F(Certs, ReplacesABrokenCaOnlyWithForce) {
  RunJson();
  temporary.Write("certs/ca.key", "broken");
  const ProcessResult result = Run();
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, StartsWith("irsa certs: " + Path("ca.crt") + " with " + Path("ca.key") +
                                     ": key: no PEM block of type PRIVATE KEY; --force creates a new CA"));
  EXPECT_EQ(Read(Path("ca.key")), "broken");
  EXPECT_EQ(RunJson({"--force"})["ca"]["state"], "replaced");
}

TEST_F(Certs, ReplacesHalfACaOnlyWithForce) {
  for (const auto& [missing, there] : {std::pair("ca.key", "ca.crt"), std::pair("ca.crt", "ca.key")}) {
    RunJson({"--force"});
    std::filesystem::remove(Path(missing));
    const ProcessResult result = Run();
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.err, StartsWith("irsa certs: " + Path(there) + " exists, but " + Path(missing) + " does not;"));
    EXPECT_FALSE(std::filesystem::exists(Path(missing)));
  }
}

TEST_F(Certs, CannotUseACaThatIsNotValidYet) {
  WriteAuthority(std::chrono::system_clock::now() + hours(48), hours(24));
  const ProcessResult result = Run({"--force"});  // the clock is wrong, not the CA
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, StartsWith("irsa certs: the CA (subject CN=test CA) is not valid before "));
}

TEST_F(Certs, ReplacesAPairOfAnotherOriginOnlyWithForce) {
  std::filesystem::create_directory(directory);
  temporary.Write("certs/tls.crt", "of cert-manager, say");
  temporary.Write("certs/tls.key", "its key");
  EXPECT_EQ(Run(), (ProcessResult{1, "",
                                  "irsa certs: " + Path("tls.crt") + " was not issued by the CA in " + directory +
                                      "; --force replaces it\n"}));
  EXPECT_EQ(Read(Path("tls.crt")), "of cert-manager, say");
  EXPECT_EQ(Read(Path("tls.key")), "its key");
  EXPECT_FALSE(std::filesystem::exists(Path("ca.crt")));
  EXPECT_EQ(RunJson({"--force"})["ca"]["state"], "made");
  EXPECT_EQ(Verify("-verify_hostname", "localhost"), 0);
}

TEST_F(Certs, ReplacesAKeyWithoutACertificateOnlyWithForce) {
  std::filesystem::create_directory(directory);
  temporary.Write("certs/tls.key", "waiting for its certificate");
  const ProcessResult result = Run();
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(result.err,
            "irsa certs: " + Path("tls.key") + " exists, but " + Path("tls.crt") + " does not; --force replaces it\n");
  EXPECT_EQ(Run({"--force"}).exit_status, 0);
}

TEST_F(Certs, NamesWhatItCannotReadOrWrite) {
  temporary.Write("certs", "a file, not a directory");
  EXPECT_EQ(Run(), (ProcessResult{1, "", "irsa certs: cannot create directory " + directory + ": Not a directory\n"}));
  std::filesystem::remove(directory);
  for (const char* name : {"ca.crt", "ca.key", "tls.crt", "tls.key"}) {
    std::filesystem::create_directories(Path(name));
    EXPECT_EQ(Run(), (ProcessResult{1, "", "irsa certs: cannot read " + Path(name) + ": Is a directory\n"}));
    std::filesystem::remove(Path(name));
  }
}

TEST_F(Certs, NamesTheFileThatItCannotReplace) {
  for (const char* name : {"tls.crt", "tls.key"}) {
    std::filesystem::create_directories(Path(name));
    EXPECT_EQ(Run({"--force"}),
              (ProcessResult{1, "", "irsa certs: cannot write " + Path(name) + ": Is a directory\n"}));
    std::filesystem::remove(Path(name));
  }
}

TEST_F(Certs, RefusesWrongUsage) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"--dns", "10.0.0.1"}, "--dns: \"10.0.0.1\" is an IP address: use --ip"},
      {{"--dns", "a_b"}, "--dns: \"a_b\" is neither an IP address nor a DNS name: a label may hold"},
      {{"--ip", "a.test"}, "--ip: \"a.test\" is not an IP address"},
      {{"--ip", "10.0.0.256"}, "--ip: \"10.0.0.256\" is not an IP address"},
      {{"--service", "a"}, "--service requires --namespace"},
      {{"--namespace", "a"}, "--namespace requires --service"},
      {{"--service", "a.b", "--namespace", "c"}, "--service: \"a.b\" is not a DNS label"},
      {{"--service", "a", "--namespace", "b.c"}, "--namespace: \"b.c\" is not a DNS label"},
      {{"--service", "A", "--namespace", "b"}, "--service: \"A\" is not a DNS label"},
      {{"--days", "0"}, "--days"},
      {{"--ca-days", "36501"}, "--ca-days"},
      {{"-o", "yaml"}, "--output"},
      {{"unknown"}, "unknown"},
  };
  for (const auto& [options, message] : cases) {
    const ProcessResult result = Run(options);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(Certs, ExplainsItsOptionsWithDefaults) {
  const ProcessResult help = RunProcess({IRSA_BINARY, "certs", "--help"});
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_THAT(help.err, IsEmpty());
  for (const char* text : {"default: certs", "default: 365)", "default: 3650)", "text, json (default: text)",
                           "localhost, 127.0.0.1 and ::1", "--service", "--namespace", "--dns", "--ip", "--force"}) {
    EXPECT_THAT(help.out, HasSubstr(text));
  }
}

TEST_F(Certs, IsWhatTheScriptRunsInItsOwnDirectory) {
  std::filesystem::create_directory(directory);
  std::filesystem::copy(IRSA_SOURCE_DIR "/certs/generate", Path("generate"));
  const ProcessResult result = RunProcess({"env", "IRSA=" IRSA_BINARY, Path("generate"), "--dns", "script.test"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("certs/ca.crt: CA (made)"));
  EXPECT_EQ(Verify("-verify_hostname", "script.test"), 0);
}

}  // namespace
}  // namespace irsa::cli
