// irsa issuer publish, run as people run it.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "irsa/oidc/discovery.h"

#include "test/cli/issuer_fixture.h"

namespace irsa::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ProcessResult;
using ::testing::UnorderedElementsAre;

constexpr const char* kIssuerUrl = "https://oidc.example.test/id";

struct FileIdentity {
  ino_t inode;
  mode_t mode;
};

FileIdentity Identify(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return {status.st_ino, status.st_mode & 07777U};
}

class PublishCommand : public IssuerCommand {
 protected:
  ProcessResult Publish(std::vector<std::string> options, const std::string& issuer_url = kIssuerUrl) const {
    options.insert(options.begin(), {"publish", site, "--issuer", issuer_url});
    return Run(std::move(options));
  }
  json PublishJson(std::vector<std::string> options) const {
    options.insert(options.end(), {"-o", "json"});
    const ProcessResult result = Publish(std::move(options));
    EXPECT_EQ(result.exit_status, 0) << result.err;
    return json::parse(result.out);
  }
  // The files below the site and nothing else; a refusal leaves no trace.
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    if (!fs::exists(site)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(site)) {
      if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(site));
    }
    return files;
  }
  void WriteSite(const std::string& name, std::string_view content) const {
    fs::create_directories(fs::path(site + "/" + name).parent_path());
    directory.Write("site/" + name, content);
  }

  const std::string site = Path("site");
  const std::string jwks = site + "/openid/v1/jwks";
  const std::string discovery = site + "/.well-known/openid-configuration";
  const sts::TestIssuer other;
  const std::string ec = directory.Write("ec.pub", PublicPem(other));
};

TEST_F(PublishCommand, WritesWhatTheOtherCommandsPrint) {
  EXPECT_EQ(Publish({"--key", rsa}),
            (ProcessResult{0,
                           jwks + ": made; serve it at https://oidc.example.test/id/openid/v1/jwks\n" + discovery +
                               ": made; serve it at https://oidc.example.test/id/.well-known/openid-configuration\n" +
                               "key " + kRsaId + "  RSA, RS256, " + rsa + "\n",
                           ""}));
  EXPECT_THAT(Files(), UnorderedElementsAre("openid/v1/jwks", ".well-known/openid-configuration"));
  EXPECT_EQ(Read(jwks), Run({"jwks", "--key", rsa}).out);
  EXPECT_EQ(Read(discovery), Run({"discovery", "--issuer", kIssuerUrl, "--key", rsa}).out);
  EXPECT_EQ(Identify(jwks).mode, 0644U);
  EXPECT_EQ(Identify(discovery).mode, 0644U);
}

TEST_F(PublishCommand, LeavesFilesAloneThatAreRight) {
  ASSERT_EQ(Publish({"--key", rsa}).exit_status, 0);
  const ino_t before = Identify(jwks).inode;
  const json again = PublishJson({"--key", rsa});
  EXPECT_EQ(again["files"][0]["state"], "unchanged");
  EXPECT_EQ(again["files"][1]["state"], "unchanged");
  EXPECT_EQ(Identify(jwks).inode, before);
}

TEST_F(PublishCommand, AddsAKeyAndSaysSoInJson) {
  ASSERT_EQ(Publish({"--key", rsa}).exit_status, 0);
  EXPECT_EQ(PublishJson({"--key", rsa, "--key", ec}),
            (json{{"issuer", kIssuerUrl},
                  {"files",
                   {{{"path", jwks}, {"url", "https://oidc.example.test/id/openid/v1/jwks"}, {"state", "replaced"}},
                    {{"path", discovery},
                     {"url", "https://oidc.example.test/id/.well-known/openid-configuration"},
                     {"state", "replaced"}}}},
                  {"keys",
                   {{{"kid", kRsaId}, {"type", "RSA"}, {"algorithm", "RS256"}, {"file", rsa}},
                    {{"kid", KeyId(other)}, {"type", "EC P-256"}, {"algorithm", "ES256"}, {"file", ec}}}},
                  {"dropped", json::array()}}));
}

TEST_F(PublishCommand, DropsAKeyOnlyWhenToldTo) {
  ASSERT_EQ(Publish({"--key", rsa, "--key", ec}).exit_status, 0);
  const std::string before = Read(jwks);
  EXPECT_EQ(Publish({"--key", ec}), (ProcessResult{1, "",
                                                   "irsa issuer: " + jwks + " has key " + kRsaId +
                                                       ", which is not among the keys given: tokens that it signed "
                                                       "would be refused; pass its file with --key, or --drop " +
                                                       kRsaId + " once the last of them has expired\n"}));
  EXPECT_EQ(Publish({"--key", ec, "--drop", "another"}).exit_status, 1);
  EXPECT_EQ(Read(jwks), before);
  const ProcessResult dropped = Publish({"--key", ec, "--drop", kRsaId});
  EXPECT_EQ(dropped.exit_status, 0);
  EXPECT_THAT(dropped.out, HasSubstr("no longer published: " + std::string(kRsaId) + "\n"));
  EXPECT_EQ(Read(jwks), Run({"jwks", "--key", ec}).out);
  EXPECT_EQ(PublishJson({"--key", ec, "--drop", kRsaId})["dropped"], json::array()) << "as often as one likes";
}

TEST_F(PublishCommand, DropsAKeyByTheIdItIsPublishedUnder) {
  std::string renamed = "{\"keys\": [" + std::string(kRsaJwk) + "]}";
  renamed.replace(renamed.find(kRsaId), std::string_view(kRsaId).size(), "old");
  WriteSite("openid/v1/jwks", renamed);
  EXPECT_EQ(PublishJson({"--key", ec, "--drop", "old"})["dropped"], json({kRsaId}));
}

TEST_F(PublishCommand, KeepsKeysThatItCannotUseUnlessToldNotTo) {
  WriteSite("openid/v1/jwks", R"({"keys": [{"kty": "OKP", "kid": "ed"}]})");
  const ProcessResult refused = Publish({"--key", rsa});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.err, ContainsRegex("has an unusable key \\(key 1 \\(kid \"ed\"\\): a key of type \"OKP\".*\\), "
                                         "which is not among the keys given: tokens that it signed"));
  EXPECT_THAT(refused.err, HasSubstr("or --drop ed once"));
  EXPECT_EQ(PublishJson({"--key", rsa, "--drop", "ed"})["dropped"], json({"ed"}));

  WriteSite("openid/v1/jwks", R"({"keys": [{"kty": "OKP"}]})");
  EXPECT_THAT(Publish({"--key", rsa}).err, HasSubstr("pass its file with --key, or --force\n"));
  const ProcessResult forced = Publish({"--key", rsa, "--force"});
  EXPECT_EQ(forced.exit_status, 0);
  EXPECT_THAT(forced.out, HasSubstr("no longer published: a key\n"));
}

TEST_F(PublishCommand, DoesNotReplaceWhatIsNotTheIssuers) {
  const std::string others = oidc::WriteDiscovery({"https://other.test", "https://other.test/jwks", {"RS256"}});
  const std::string moved = oidc::WriteDiscovery({kIssuerUrl, "https://cdn.test/jwks", {"RS256"}});
  const std::tuple<const char*, std::string, std::string> cases[] = {
      {".well-known/openid-configuration", "<html>",
       " is not this issuer's: discovery document: not valid JSON at byte 1; --force replaces it\n"},
      {".well-known/openid-configuration", others,
       " is not this issuer's: discovery document: its issuer is \"https://other.test\", not "
       "\"https://oidc.example.test/id\"; --force replaces it\n"},
      {".well-known/openid-configuration", moved,
       " names the key set https://cdn.test/jwks, not https://oidc.example.test/id/openid/v1/jwks; --jwks-uri "
       "keeps it there, --force moves it\n"},
      {"openid/v1/jwks", "[]",
       " is not a key set: key set: not an object with a list named keys; --force replaces it\n"},
  };
  for (const auto& [name, content, message] : cases) {
    WriteSite(name, content);
    EXPECT_EQ(Publish({"--key", rsa}), (ProcessResult{1, "", "irsa issuer: " + site + "/" + name + message}));
    EXPECT_THAT(Files(), ElementsAre(name));
    EXPECT_EQ(Read(site + "/" + name), content);
    const ProcessResult forced = Publish({"--key", rsa, "--force"});
    EXPECT_EQ(forced.exit_status, 0) << forced.err;
    EXPECT_EQ(Read(jwks), Run({"jwks", "--key", rsa}).out);
    fs::remove_all(site);
  }
}

TEST_F(PublishCommand, PutsTheKeySetWhereItIsTold) {
  ASSERT_EQ(Publish({"--key", rsa, "--jwks-uri", "https://oidc.example.test/id/keys.json"}).exit_status, 0);
  EXPECT_THAT(Files(), UnorderedElementsAre("keys.json", ".well-known/openid-configuration"));
  EXPECT_THAT(Read(discovery), HasSubstr("\"jwks_uri\": \"https://oidc.example.test/id/keys.json\""));
}

TEST_F(PublishCommand, NamesWhatItCannotReadOrWrite) {
  EXPECT_EQ(Publish({"--key", Path("none")}).exit_status, 1);
  fs::create_directories(jwks);
  EXPECT_EQ(Publish({"--key", rsa}), (ProcessResult{1, "", "irsa issuer: cannot read " + jwks + ": Is a directory\n"}));
  fs::remove_all(site);
  fs::create_directories(discovery);
  EXPECT_EQ(Publish({"--key", rsa}),
            (ProcessResult{1, "", "irsa issuer: cannot read " + discovery + ": Is a directory\n"}));
  fs::remove_all(site);
  directory.Write("site", "a file");
  const ProcessResult result = Publish({"--key", rsa});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr(site));
  EXPECT_THAT(result.err, HasSubstr("Not a directory"));
}

TEST_F(PublishCommand, FailsWhenItsResultCannotBeWritten) {
  const std::string line = std::string(IRSA_BINARY) + " issuer publish " + site + " --issuer " + kIssuerUrl +
                           " --key " + rsa + " > /dev/full";
  EXPECT_EQ(testing::RunProcess({"sh", "-c", line}), (ProcessResult{1, "", "irsa: cannot write to standard output\n"}));
}

TEST_F(PublishCommand, RefusesWrongUsage) {
  const std::string below = "https://oidc.example.test/id";
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--key", rsa, "--jwks-uri", "https://cdn.test/jwks"}, "is not below https://oidc.example.test/id/"},
      {{"--key", rsa, "--jwks-uri", below + "/"}, "has a path that cannot be a file's"},
      {{"--key", rsa, "--jwks-uri", below + "/../jwks"}, "has a path that cannot be a file's"},
      {{"--key", rsa, "--jwks-uri", below + "/a%2fb"}, "has a path that cannot be a file's"},
      {{"--key", rsa, "--jwks-uri", below + "/jwks?a"}, "has a path that cannot be a file's"},
      {{"--key", rsa, "--jwks-uri", below + "/.well-known"}, "conflicts with the path of the discovery document"},
      {{"--key", rsa, "--jwks-uri", below + "/.well-known/openid-configuration/x"}, "conflicts with the path of"},
      {{"--key", rsa, "--drop", kRsaId}, "it cannot be both published and dropped"},
      {{}, "--key is required"},
      {{"--key", rsa, "-o", "yaml"}, "--output"},
  };
  for (const auto& [options, message] : cases) {
    const ProcessResult result = Publish(options);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_EQ(Run({"publish", "--issuer", kIssuerUrl, "--key", rsa}).exit_status, 2);
  EXPECT_EQ(Publish({"--key", rsa}, "oidc.example.test").exit_status, 2);
  EXPECT_FALSE(fs::exists(site));
}

}  // namespace
}  // namespace irsa::cli
