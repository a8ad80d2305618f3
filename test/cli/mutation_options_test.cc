#include "src/cli/options/mutation_options.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "irsa/identity/rules/annotations.h"

namespace irsa::cli {
namespace {

using identity::Settings;
using ::testing::HasSubstr;

struct Parsed {
  Settings settings;
  std::string error;
};

Parsed Parse(std::vector<std::string> args) {
  Parsed parsed;
  CLI::App app;
  AddMutationOptions(app, parsed.settings);
  std::reverse(args.begin(), args.end());  // as CLI11 takes them
  try {
    app.parse(std::move(args));
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
  }
  return parsed;
}

TEST(MutationOptions, KeepTheDefaultsWithoutArguments) {
  const Parsed parsed = Parse({});
  EXPECT_EQ(parsed.error, "");
  const Settings defaults;
  EXPECT_EQ(parsed.settings.annotation_prefix, defaults.annotation_prefix);
  EXPECT_EQ(parsed.settings.token_audience, defaults.token_audience);
  EXPECT_EQ(parsed.settings.token_mount_path, defaults.token_mount_path);
  EXPECT_EQ(parsed.settings.token_expiration, defaults.token_expiration);
  EXPECT_EQ(parsed.settings.default_region, "");
  EXPECT_FALSE(parsed.settings.regional_sts);
}

TEST(MutationOptions, StoreWhatIsGiven) {
  const Parsed parsed =
      Parse({"--annotation-prefix", "id.example.org", "--token-audience=corp", "--token-mount-path", "/var/token",
             "--token-expiration", "3600", "--aws-default-region", "us-gov-west-1", "--sts-regional-endpoint"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.settings.annotation_prefix, "id.example.org");
  EXPECT_EQ(parsed.settings.token_audience, "corp");
  EXPECT_EQ(parsed.settings.token_mount_path, "/var/token");
  EXPECT_EQ(parsed.settings.token_expiration, std::chrono::seconds(3600));
  EXPECT_EQ(parsed.settings.default_region, "us-gov-west-1");
  EXPECT_TRUE(parsed.settings.regional_sts);
}

TEST(MutationOptions, StoreWhatIsSaidOfPodIdentity) {
  const Parsed parsed = Parse({"--container-credentials-audience=corp.pods", "--container-credentials-token-mount-path",
                               "/var/run/secrets/corp/", "--container-credentials-token-volume-name=corp-token",
                               "--container-credentials-token-path=tok/en",
                               "--container-credentials-full-uri=http://[fd00:ec2::23]/v1/credentials"});
  EXPECT_EQ(parsed.error, "");
  const identity::ContainerCredentialsSettings& credentials = parsed.settings.container_credentials;
  EXPECT_EQ(credentials.audience, "corp.pods");
  EXPECT_EQ(credentials.token_mount_path, "/var/run/secrets/corp");
  EXPECT_EQ(credentials.token_volume_name, "corp-token");
  EXPECT_EQ(credentials.token_path, "tok/en");
  EXPECT_EQ(credentials.full_uri, "http://[fd00:ec2::23]/v1/credentials");
}

TEST(MutationOptions, RefuseWhatNoPodCouldHaveForPodIdentity) {
  for (const char* argument :
       {"--container-credentials-audience=", "--container-credentials-token-mount-path=relative",
        "--container-credentials-token-volume-name=", "--container-credentials-token-volume-name=Upper",
        "--container-credentials-token-volume-name=a123456789b123456789c123456789d123456789e123456789f123456789x",
        "--container-credentials-token-path=", "--container-credentials-token-path=/token",
        "--container-credentials-token-path=a/../b", "--container-credentials-token-path=a//b",
        "--container-credentials-token-path=a/", "--container-credentials-token-path=..a",
        "--container-credentials-full-uri=", "--container-credentials-full-uri=169.254.170.23",
        "--container-credentials-full-uri=ftp://x/"}) {
    EXPECT_NE(Parse({argument}).error, "") << argument;
  }
}

// As docs/annotations.md has them too.
TEST(AnnotationsText, NamesEveryAnnotationThatTheCodeReads) {
  std::ifstream file(IRSA_SOURCE_DIR "/docs/annotations.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::string text = std::regex_replace(AnnotationsText(), std::regex("\\s+"), " ");
  for (const identity::KnownAnnotation& known : identity::KnownAnnotations()) {
    const bool on_account = known.BelongsOn(identity::AnnotationHolder::kServiceAccount);
    const bool on_pod = known.BelongsOn(identity::AnnotationHolder::kPod);
    const bool on_namespace = known.BelongsOn(identity::AnnotationHolder::kNamespace);
    const std::string holders = on_namespace           ? "namespace"
                                : on_account && on_pod ? "service account, pod"
                                : on_account           ? "service account"
                                                       : "pod";
    EXPECT_THAT(page, HasSubstr("| `" + std::string(known.name) + "` | " + holders + " | " +
                                std::string(known.meaning) + " |\n"));
    EXPECT_THAT(text, HasSubstr(known.name));
    EXPECT_THAT(text, HasSubstr(holders + ": " + std::string(known.meaning)));
  }
  // Only the first table lists annotations.
  const std::string table = page.substr(0, page.find("\n\n", page.find("\n| `")));
  size_t listed = 0;
  for (size_t at = table.find("\n| `"); at != std::string::npos; at = table.find("\n| `", at + 1)) ++listed;
  EXPECT_EQ(listed, identity::KnownAnnotations().size());
}

TEST(MutationOptions, TakeTheRegionalEndpointAsGoDoes) {
  for (const char* value : {"1", "t", "T", "TRUE", "true", "True"}) {
    EXPECT_TRUE(Parse({"--sts-regional-endpoint=" + std::string(value)}).settings.regional_sts) << value;
  }
  for (const char* value : {"0", "f", "F", "FALSE", "false", "False"}) {
    const Parsed parsed = Parse({"--sts-regional-endpoint=" + std::string(value)});
    EXPECT_EQ(parsed.error, "") << value;
    EXPECT_FALSE(parsed.settings.regional_sts) << value;
  }
  for (const char* value : {"yes", "tRUE", "2"}) {
    EXPECT_THAT(Parse({"--sts-regional-endpoint=" + std::string(value)}).error, HasSubstr("neither true nor false"));
  }
  EXPECT_NE(Parse({"--sts-regional-endpoint", "true"}).error, "");
}

TEST(MutationOptions, StoreWhereRolesAreThatAreNamed) {
  const Parsed parsed = Parse({"--compose-role-arn", "--aws-partition=aws-iso-e", "--aws-account-id", "111122223333",
                               "--token-expiration-jitter=true"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_TRUE(parsed.settings.composition.is_on);
  EXPECT_EQ(parsed.settings.composition.partition, "aws-iso-e");
  EXPECT_EQ(parsed.settings.composition.account_id, "111122223333");
  EXPECT_TRUE(parsed.settings.jitters_expiration);
  EXPECT_FALSE(Parse({"--compose-role-arn=false"}).settings.composition.is_on);
  EXPECT_THAT(Parse({"--aws-partition=aws-gov"}).error, HasSubstr("use one of aws, aws-cn, aws-us-gov, aws-iso"));
  for (const char* account : {"1", "11112222333x", "1111222233334"}) {
    EXPECT_THAT(Parse({"--aws-account-id=" + std::string(account)}).error, HasSubstr("12-digit AWS account ID"));
  }
}

TEST(MutationOptions, RaiseAShortExpirationAndRefuseOneTheApiWould) {
  for (const char* value : {"599", "0", "-5"}) {
    EXPECT_EQ(Parse({"--token-expiration=" + std::string(value)}).settings.token_expiration, std::chrono::seconds(600));
  }
  EXPECT_EQ(Parse({"--token-expiration=4294967295"}).settings.token_expiration, std::chrono::seconds(4294967295));
  EXPECT_EQ(Parse({"--token-expiration=4294967296"}).error,
            "--token-expiration: 4294967296 is over 4294967295 seconds");
  EXPECT_EQ(Parse({"--token-expiration=99999999999999999999"}).error,
            "--token-expiration: 99999999999999999999 is over 4294967295 seconds");
  for (const std::string value : {"1h", "soon", " 600", "6e2"}) {
    EXPECT_EQ(Parse({"--token-expiration=" + value}).error,
              "--token-expiration: '" + value + "' is not a number of seconds");
  }
  EXPECT_EQ(Parse({"--token-expiration="}).error, "--token-expiration: 1 required SECONDS missing");
}

TEST(MutationOptions, TakeTheSlashesOffTheMountPathsEnd) {
  EXPECT_EQ(Parse({"--token-mount-path=/var/token//"}).settings.token_mount_path, "/var/token");
}

TEST(MutationOptions, RefuseWhatCannotBe) {
  for (const char* prefix : {"", "Example.com", "a/b", "a..b"}) {
    EXPECT_THAT(Parse({"--annotation-prefix", prefix}).error, HasSubstr("is not a DNS subdomain")) << prefix;
  }
  for (const char* path : {"", "/", "//", "var/token", "C:/token", "/a:b"}) {
    EXPECT_THAT(Parse({"--token-mount-path", path}).error, HasSubstr("is not an absolute path")) << path;
  }
  for (const char* region : {"eu central", "EU", "-a"}) {
    EXPECT_THAT(Parse({"--aws-default-region=" + std::string(region)}).error, HasSubstr("is not a region"));
  }
  EXPECT_THAT(Parse({"--token-audience", ""}).error, HasSubstr("the audience is empty"));
}

}  // namespace
}  // namespace irsa::cli
