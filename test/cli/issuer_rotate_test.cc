// irsa issuer rotate, run as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "irsa/oidc/discovery.h"

#include "test/cli/issuer_fixture.h"
#include "test/testing/refusing_port.h"
#include "test/testing/scripted_server.h"
#include "test/testing/test_ca.h"

namespace irsa::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProcessResult;

class RotateCommand : public IssuerCommand {
 protected:
  ProcessResult Rotate(std::vector<std::string> options, std::string_view stdin_text = {}) const {
    options.insert(options.begin(), {"rotate", "--current", current, "--next", next});
    return Run(std::move(options), stdin_text);
  }
  ProcessResult Check(std::vector<std::string> options, std::string_view stdin_text = {}) const {
    options.insert(options.begin(), "--check");
    return Rotate(std::move(options), stdin_text);
  }
  // The published set as a file.
  std::string Published(const std::vector<const sts::TestIssuer*>& issuers) const {
    json keys = json::array();
    for (const sts::TestIssuer* issuer : issuers) keys.push_back(json::parse(issuer->jwks())["keys"][0]);
    return directory.Write("jwks", json{{"keys", keys}}.dump());
  }

  const sts::TestIssuer old_issuer, new_issuer;
  const std::string old_id = KeyId(old_issuer), new_id = KeyId(new_issuer);
  const std::string current = directory.Write("old.pub", PublicPem(old_issuer));
  const std::string next = directory.Write("new.pub", PublicPem(new_issuer));
};

TEST_F(RotateCommand, PlansWithDates) {
  const ProcessResult result =
      Rotate({"--start", "2026-08-01T12:00:00Z", "--rollout", "30m", "--cache-lifetime", "2h", "--token-lifetime",
              "12h", "--key-dir", "/etc/kubernetes/pki", "--publish-dir", "my site", "--issuer", "https://i.test"});
  EXPECT_EQ(result, (ProcessResult{0,
                                   "old key    " + old_id + "  EC P-256, ES256, " + current + R"(
new key    )" + new_id + "  EC P-256, ES256, " +
                                       next + R"(

1. publish, not before 2026-08-01T12:00:00Z
   Publish both keys, then restart every kube-apiserver so that it accepts both; the old key still signs.
     irsa issuer publish 'my site' --issuer https://i.test --key )" +
                                       current + " --key " + next + R"(
     --service-account-signing-key-file=/etc/kubernetes/pki/old.key
     --service-account-key-file=/etc/kubernetes/pki/old.pub
     --service-account-key-file=/etc/kubernetes/pki/new.pub

2. wait-for-caches, from 2026-08-01T12:30:00Z
   Wait until no cache holds the key set without the new key.

3. switch, not before 2026-08-01T14:30:00Z
   Restart every kube-apiserver so that the new key signs; tokens of both are still accepted.
     --service-account-signing-key-file=/etc/kubernetes/pki/new.key
     --service-account-key-file=/etc/kubernetes/pki/new.pub
     --service-account-key-file=/etc/kubernetes/pki/old.pub

4. wait-for-tokens, from 2026-08-01T15:00:00Z
   Wait until the last token that the old key signed has expired.

5. remove, not before 2026-08-02T03:00:00Z
   Remove the old key from the published key set and from kube-apiserver's flags, then destroy its private key.
     irsa issuer publish 'my site' --issuer https://i.test --key )" +
                                       next + " --drop " + old_id + R"(
     --service-account-signing-key-file=/etc/kubernetes/pki/new.key
     --service-account-key-file=/etc/kubernetes/pki/new.pub
)",
                                   ""}));
}

TEST_F(RotateCommand, PublishesTheKeySetWhereItIs) {
  const std::string site = directory.Path("site");
  const std::string jwks_uri = "https://i.test/keys.json";
  ASSERT_EQ(Run({"publish", site, "--issuer", "https://i.test", "--key", current, "--jwks-uri", jwks_uri}).exit_status,
            0);
  const auto command = [&] {
    const std::string out = Rotate({"--publish-dir", site, "--issuer", "https://i.test"}).out;
    const size_t begin = out.find("irsa issuer publish");
    return out.substr(begin, out.find('\n', begin) - begin);
  };
  const std::string start = "irsa issuer publish " + site + " --issuer https://i.test ";
  EXPECT_EQ(command(), start + "--jwks-uri " + jwks_uri + " --key " + current + " --key " + next);
  EXPECT_EQ(
      Run({"publish", site, "--issuer", "https://i.test", "--jwks-uri", jwks_uri, "--key", current, "--key", next})
          .exit_status,
      0);
  directory.Write("site/.well-known/openid-configuration", "none of the issuer's");
  EXPECT_EQ(command(), start + "--key " + current + " --key " + next);
}

TEST_F(RotateCommand, PlansAsJsonWithKeysThatStay) {
  const std::string other = directory.Write("other.pem", kRsaPem);
  const ProcessResult result = Rotate({"--start", "2026-08-01T12:00:00Z", "--other", other, "--next-private",
                                       "/keys/next", "--current-private", "/keys/current", "-o", "json"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  const json plan = json::parse(result.out);
  EXPECT_EQ(plan["keys"]["current"][1]["kid"], kRsaId);
  EXPECT_EQ(plan["keys"]["next"],
            (json{{"kid", new_id}, {"type", "EC P-256"}, {"algorithm", "ES256"}, {"file", next}}));
  EXPECT_EQ(plan["tokenLifetimeSeconds"], 86400);
  EXPECT_EQ(plan["cacheLifetimeSeconds"], 86400);
  EXPECT_EQ(plan["rolloutSeconds"], 3600);
  ASSERT_EQ(plan["steps"].size(), 5U);
  EXPECT_EQ(plan["steps"][0]["published"], (json{old_id, kRsaId, new_id}));
  EXPECT_EQ(plan["steps"][4], (json{{"stage", "remove"},
                                    {"notBefore", "2026-08-03T14:00:00Z"},
                                    {"instruction",
                                     "Remove the old key from the published key set and from kube-apiserver's flags, "
                                     "then destroy its private key."},
                                    {"published", {kRsaId, new_id}},
                                    {"publishCommand", nullptr},
                                    {"apiserverFlags",
                                     {"--service-account-signing-key-file=/keys/next",
                                      "--service-account-key-file=" + next, "--service-account-key-file=" + other}}}));
}

TEST_F(RotateCommand, StartsNowWhenNotToldWhen) {
  EXPECT_THAT(Rotate({}).out, ContainsRegex("1\\. publish, not before 20[0-9][0-9]-[0-9-]+T[0-9:]+Z"));
}

TEST_F(RotateCommand, NamesFilesThatAreNotOneNewKeyEach) {
  EXPECT_EQ(Rotate({"--other", current}),
            (ProcessResult{1, "", "irsa issuer: " + current + " holds the same key as " + current + "\n"}));
  const std::string two = directory.Write("two.pub", PublicPem(old_issuer) + kRsaPem);
  EXPECT_EQ(
      Rotate({"--other", two}),
      (ProcessResult{1, "", "irsa issuer: " + two + " holds 2 keys; pass a file that holds only the key you mean\n"}));
  EXPECT_EQ(Rotate({"--other", Path("none")}),
            (ProcessResult{1, "", "irsa issuer: cannot read " + Path("none") + ": No such file or directory\n"}));
}

TEST_F(RotateCommand, TellsTheStepFromThePublishedKeysAndAToken) {
  const std::string by_old = directory.Write("by-old", old_issuer.Token() + "\n");
  const std::string by_new = directory.Write("by-new", new_issuer.Token());
  const auto stage = [](const ProcessResult& result) {
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    return json::parse(result.out)["stage"];
  };
  const std::vector<std::string> as_json = {"-o", "json", "--jwks", Published({&old_issuer, &new_issuer})};
  const auto with_token = [&](const std::string& file) {
    std::vector<std::string> options = as_json;
    options.insert(options.end(), {"--token", file});
    return options;
  };
  EXPECT_EQ(stage(Check(as_json)), "wait-for-caches");
  EXPECT_EQ(stage(Check(with_token(by_old))), "wait-for-caches");
  EXPECT_EQ(stage(Check(with_token(by_new))), "wait-for-tokens");
  EXPECT_EQ(stage(Check(with_token("-"), "  " + new_issuer.Token() + "\n")), "wait-for-tokens");
  Published({&old_issuer});
  EXPECT_EQ(stage(Check(with_token(by_old))), "publish");
  Published({&new_issuer});
  EXPECT_EQ(stage(Check(with_token(by_new))), "done");
}

TEST_F(RotateCommand, SaysWhatToDoNowAndThen) {
  const ProcessResult result = Check({"--jwks", Published({&old_issuer}), "--token", "-"}, old_issuer.Token());
  EXPECT_EQ(result, (ProcessResult{0,
                                   R"(stage: publish
only the old key is published: publish the new one beside it

published:
  )" + old_id + R"(  old key

now: publish
   Publish both keys, then restart every kube-apiserver so that it accepts both; the old key still signs.
     --service-account-signing-key-file=)" +
                                       Path("old.key") + R"(
     --service-account-key-file=)" + current +
                                       R"(
     --service-account-key-file=)" + next +
                                       R"(

then: wait-for-caches
   Wait until no cache holds the key set without the new key.
)",
                                   ""}));
  const ProcessResult dated =
      Check({"--jwks", Published({&old_issuer, &new_issuer}), "--start", "2026-08-01T12:00:00Z"});
  EXPECT_THAT(dated.out, AllOf(HasSubstr("\nnow: wait-for-caches, from 2026-08-01T13:00:00Z\n"),
                               HasSubstr("\nthen: switch, not before 2026-08-02T13:00:00Z\n")));
}

TEST_F(RotateCommand, FailsWhenSomethingIsWrong) {
  const ProcessResult result =
      Check({"--jwks", Published({&old_issuer}), "--token", "-", "-o", "json"}, new_issuer.Token());
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(json::parse(result.out),
            (json{{"stage", nullptr},
                  {"detail",
                   "the new key signs but is not published: its tokens are refused; publish it beside the old one now"},
                  {"published", {{{"kid", old_id}, {"id", old_id}, {"role", "old"}}}},
                  {"unusable", json::array()},
                  {"step", nullptr},
                  {"nextStep", nullptr}}));
  const ProcessResult text =
      Check({"--jwks", "-"}, R"({"keys": [{"kty": "OKP", "kid": "ed"},)" + std::string(kRsaJwk) + "]}");
  EXPECT_EQ(text, (ProcessResult{1,
                                 "stage: wrong\nneither key is published: check that both are this cluster's; if "
                                 "they are, publish both beside the keys that are there\n\npublished:\n  " +
                                     std::string(kRsaId) +
                                     "  other key\n  unusable: key 1 (kid \"ed\"): a key of type \"OKP\", which is "
                                     "neither RSA nor EC\n",
                                 ""}));
}

TEST_F(RotateCommand, NeverQuotesTheToken) {
  const std::string token = new_issuer.Token();
  const std::string broken = token.substr(0, token.size() - 1) + "!";
  const ProcessResult result = Check({"--jwks", Published({&old_issuer}), "--token", "-"}, broken);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("irsa issuer: standard input: "));
  EXPECT_THAT(result.err, Not(HasSubstr(token.substr(token.rfind('.') + 1, 20))));
  EXPECT_EQ(Check({"--jwks", Published({&old_issuer}), "--token", "-"}, " \n").err,
            "irsa issuer: standard input is empty\n");
  EXPECT_EQ(Check({"--jwks", Published({&old_issuer}), "--token", Path("none")}).err,
            "irsa issuer: cannot read " + Path("none") + ": No such file or directory\n");
}

TEST_F(RotateCommand, FindsThePublishedKeysAtTheIssuer) {
  const testing::TestCa ca;
  const std::string ca_file = directory.Write("ca.crt", ca.pem());
  std::string url;
  const auto answer = [&](const testing::ReceivedRequest& request, testing::Peer& peer) {
    const bool is_discovery = request.path() == oidc::kDiscoveryPath;
    return peer.Write(testing::HttpAnswer(
        200, is_discovery ? oidc::WriteDiscovery({url, url + "/openid/v1/jwks", {"ES256"}}) : new_issuer.jwks()));
  };
  const testing::ScriptedServer server(answer, testing::ScriptedTls{ca.Issue("server", "IP:127.0.0.1"), ""});
  url = server.Url("");
  EXPECT_THAT(Check({"--issuer", url, "--ca-file", ca_file}).out, HasSubstr("stage: done\n"));
  EXPECT_THAT(Check({"--jwks", url + "/jwks", "--ca-file", ca_file}).out, HasSubstr("stage: done\n"));
  const ProcessResult untrusted = Check({"--issuer", url});
  EXPECT_EQ(untrusted.exit_status, 1);
  EXPECT_THAT(untrusted.err, AllOf(HasSubstr("irsa issuer: " + url), HasSubstr("not trusted")));
}

TEST_F(RotateCommand, NamesTheKeySetThatCannotBeHad) {
  EXPECT_EQ(Check({"--jwks", Path("none")}).err,
            "irsa issuer: cannot read " + Path("none") + ": No such file or directory\n");
  EXPECT_EQ(Check({"--jwks", "-"}, "{}").err,
            "irsa issuer: standard input: key set: not an object with a list named keys\n");
  const testing::RefusingPort port;
  const std::string url = "http://127.0.0.1:" + std::to_string(port.port()) + "/jwks";
  EXPECT_THAT(Check({"--jwks", url}).err, HasSubstr("irsa issuer: " + url));
  EXPECT_EQ(Check({"--jwks", "https://127.0.0.1:1/", "--ca-file", Path("none")}).err,
            "irsa issuer: cannot read " + Path("none") + ": No such file or directory\n");
  const std::string no_ca = directory.Write("no-ca", "x");
  EXPECT_THAT(Check({"--jwks", "https://127.0.0.1:1/", "--ca-file", no_ca}).err, HasSubstr("irsa issuer: " + no_ca));
}

TEST_F(RotateCommand, RefusesWrongUsage) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--start", "tomorrow"}, "--start: "},
      {{"--start", "2200-01-01T00:00:00Z"}, "is after the year 2199"},
      {{"--rollout", "x"}, "--rollout: "},
      {{"--token-lifetime", "99999h"}, "--token-lifetime: "},
      {{"--token-lifetime", "9m"}, "--token-lifetime: 9m is not between 600s and 87600h"},
      {{"--check"}, "--check: needs the published key set: --jwks FILE|URL or --issuer URL"},
      {{"--check", "--jwks", "-", "--token", "-"}, "--token: standard input (-) is already used for the key set"},
      {{"--check", "--issuer", "http://i.test"}, "does not begin with https://"},
      {{"--check", "--jwks", "https://a b"}, "--jwks: "},
      {{"--publish-dir", "site"}, "--publish-dir: needs --issuer"},
      {{"--jwks", "x"}, "--jwks: is only for --check"},
      {{"--token", "x"}, "--token: is only for --check"},
      {{"--ca-file", "x"}, "--ca-file: is only for --check"},
      {{"-o", "yaml"}, "--output"},
  };
  for (const auto& [options, message] : cases) {
    const ProcessResult result = Rotate(options);
    EXPECT_EQ(result.exit_status, 2) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  }
  EXPECT_THAT(Run({"rotate", "--next", next}).err, HasSubstr("--current is required"));
}

}  // namespace
}  // namespace irsa::cli
