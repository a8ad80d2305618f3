#include "irsa/crypto/certificate_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/obj_mac.h>

#include "test/crypto/test_certificates.h"

namespace irsa::crypto {
namespace {

using base::SystemTime;
using std::chrono::hours;
using std::chrono::seconds;
using Extensions = std::vector<std::pair<int, std::string>>;

constexpr SystemTime kNow{seconds(1785585600)};  // 2026-08-01T12:00:00Z

const Extensions kAuthority = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}};
const Extensions kServer = {{NID_basic_constraints, "critical,CA:FALSE"},
                            {NID_ext_key_usage, "serverAuth"},
                            {NID_subject_alt_name, "DNS:irsa.irsa-system.svc"}};

ChainFields Valid(const std::string& name, const Extensions& extensions = kAuthority) {
  return {.common_name = name, .not_before = kNow - hours(10), .not_after = kNow + hours(10), .extensions = extensions};
}
ChainFields Expired(const std::string& name) {
  ChainFields fields = Valid(name);
  fields.not_after = kNow - hours(1);
  return fields;
}
ChainFields With(ChainFields fields, int id, const std::string& value) {
  fields.extensions.emplace_back(id, value);
  return fields;
}
ChainFields KeyOf(ChainFields fields, const ChainLink& link) {
  fields.key_of = &link;
  return fields;
}
ChainLink Leaf(const ChainLink& issuer, const Extensions& extensions = kServer) {
  return MakeLink(Valid("leaf", extensions), &issuer);
}

// "" for a path; else the kind and the text.
std::string Find(std::initializer_list<const ChainLink*> chain, std::initializer_list<const ChainLink*> roots) {
  std::string chain_pem;
  std::string roots_pem;
  for (const ChainLink* each : chain) chain_pem += each->pem;
  for (const ChainLink* each : roots) roots_pem += each->pem;
  const auto failure = FindPathFailure(chain_pem, roots_pem, kNow);
  if (!failure) return "";
  constexpr std::array<const char*, 3> kKinds = {"no issuer: ", "root expired: ", "refused: "};
  return kKinds.at(static_cast<size_t>(failure->kind)) + failure->text;
}

class ServerPath : public ::testing::Test {
 protected:
  const ChainLink root_ = MakeLink(Valid("root"), nullptr);
  const ChainLink other_ = MakeLink(Valid("other"), nullptr);
  const ChainLink middle_ = MakeLink(Valid("middle"), &root_);
};

TEST_F(ServerPath, LeadsToARoot) {
  const ChainLink direct = Leaf(root_);
  const ChainLink leaf = Leaf(middle_);
  const ChainLink second = MakeLink(Valid("second"), &middle_);
  const ChainLink deep = Leaf(second);
  const ChainLink elsewhere = MakeLink(Valid("elsewhere"), &other_);
  EXPECT_EQ(Find({&direct}, {&other_, &root_}), "");
  EXPECT_EQ(Find({&leaf, &middle_}, {&root_}), "");
  EXPECT_EQ(Find({&deep, &middle_, &second}, {&root_}), "") << "in any order";
  EXPECT_EQ(Find({&leaf, &elsewhere, &middle_}, {&root_}), "") << "one that leads nowhere does not matter";
  EXPECT_EQ(Find({&leaf}, {&middle_}), "") << "an intermediate in the bundle is a root";
  EXPECT_EQ(Find({&leaf, &middle_}, {&leaf}), "") << "so is the certificate itself";
}

TEST_F(ServerPath, TriesAllPaths) {
  const ChainLink old_root = MakeLink(Expired("root"), nullptr);
  const ChainLink renewed = MakeLink(KeyOf(Valid("root"), old_root), nullptr);
  const ChainLink leaf = Leaf(old_root);
  EXPECT_EQ(Find({&leaf}, {&old_root, &renewed}), "");
  EXPECT_EQ(Find({&leaf}, {&renewed, &old_root}), "");
  const ChainLink old_middle = MakeLink(KeyOf(Expired("middle"), middle_), &root_);
  const ChainLink below = Leaf(middle_);
  EXPECT_EQ(Find({&below, &old_middle, &middle_}, {&root_}), "");
  const ChainLink crossed = MakeLink(KeyOf(Valid("middle"), middle_), &other_);
  EXPECT_EQ(Find({&below, &middle_, &crossed}, {&other_}), "");
}

TEST_F(ServerPath, EndsWhereNothingIsTheIssuer) {
  const ChainLink leaf = Leaf(middle_);
  const ChainLink elsewhere = MakeLink(Valid("elsewhere"), &root_);
  const ChainLink namesake = MakeLink(Valid("root"), nullptr);
  const ChainLink direct = Leaf(root_);
  const std::string no_issuer = "no issuer: no CA or intermediate is the issuer of ";
  EXPECT_EQ(Find({&leaf}, {&root_}), no_issuer + "CN=leaf") << "the intermediate is missing";
  EXPECT_EQ(Find({&leaf, &elsewhere}, {&root_}), no_issuer + "CN=leaf") << "it is another one";
  EXPECT_EQ(Find({&leaf, &middle_}, {&other_}), no_issuer + "CN=middle");
  EXPECT_EQ(Find({&direct}, {&namesake}), no_issuer + "CN=leaf") << "of another key";
  const ChainLink one = MakeLink(Valid("one"), nullptr);
  const ChainLink two = MakeLink(Valid("two"), &one);
  const ChainLink circle = MakeLink(KeyOf(Valid("one"), one), &two);
  const ChainLink inside = Leaf(one);
  EXPECT_THAT(Find({&inside, &circle, &two, &one}, {&other_}), ::testing::StartsWith("no issuer: "));
  EXPECT_EQ(FindPathFailure("x", root_.pem, kNow)->kind, PathFailure::Kind::kNoIssuer);
  EXPECT_EQ(FindPathFailure(leaf.pem, "", kNow)->kind, PathFailure::Kind::kNoIssuer);
}

// As Go does: what is in a bundle must not cost more than that.
TEST_F(ServerPath, ChecksAHundredSignaturesAtMost) {
  const ChainLink leaf = Leaf(root_);
  std::string namesakes;
  for (int i = 0; i < 99; ++i) namesakes += MakeLink(Valid("root"), nullptr).pem;
  EXPECT_EQ(FindPathFailure(leaf.pem, namesakes + root_.pem, kNow), std::nullopt);
  namesakes += MakeLink(Valid("root"), nullptr).pem;
  EXPECT_EQ(FindPathFailure(leaf.pem, namesakes + root_.pem, kNow),
            (PathFailure{PathFailure::Kind::kRefused, "more than 100 signatures would have to be checked"}));
}

TEST_F(ServerPath, HoldsOnlyWhileAllOfItAreValid) {
  const ChainLink old_root = MakeLink(Expired("old root"), nullptr);
  const ChainLink under_old = Leaf(old_root);
  EXPECT_EQ(Find({&under_old}, {&other_, &old_root}),
            "root expired: the CA CN=old root, which has issued CN=leaf, is valid from 2026-08-01T02:00:00Z to "
            "2026-08-01T11:00:00Z");
  const ChainLink old_middle = MakeLink(Expired("old middle"), &root_);
  const ChainLink below = Leaf(old_middle);
  EXPECT_EQ(Find({&below, &old_middle}, {&root_}),
            "refused: the intermediate CN=old middle, which has issued CN=leaf, is valid from 2026-08-01T02:00:00Z to "
            "2026-08-01T11:00:00Z");
  ChainFields future = Valid("future");
  future.not_before = kNow + hours(1);
  const ChainLink early = MakeLink(future, nullptr);
  const ChainLink under_early = Leaf(early);
  EXPECT_THAT(Find({&under_early}, {&early}), ::testing::StartsWith("root expired: the CA CN=future"));
  const ChainLink expired_leaf = MakeLink(Expired("leaf"), &root_);
  EXPECT_EQ(Find({&expired_leaf}, {&root_}), "") << "the certificate's own validity is somebody else's to look at";
}

TEST_F(ServerPath, TakesAuthoritiesOnly) {
  const Extensions none = {};
  const Extensions not_an_authority = {{NID_basic_constraints, "critical,CA:FALSE"}};
  const Extensions no_signing = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "digitalSignature"}};
  const Extensions one_level = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"}};
  struct Case {
    Extensions extensions;
    const char* as_intermediate;
    const char* as_root;
  };
  for (const Case& each : {Case{none, "is not a CA certificate", "is not a CA certificate"},
                           Case{not_an_authority, "is not a CA certificate", "is not a CA certificate"},
                           Case{no_signing, "may not sign certificates according to its key usage",
                                "may not sign certificates according to its key usage"},
                           Case{one_level, "", ""}}) {
    const ChainLink middle = MakeLink(Valid("m", each.extensions), &root_);
    const ChainLink leaf = Leaf(middle);
    const auto expected = [](const char* role, const char* why) {
      return *why == '\0' ? "" : std::string("refused: the ") + role + " CN=m, which has issued CN=leaf, " + why;
    };
    EXPECT_EQ(Find({&leaf, &middle}, {&root_}), expected("intermediate", each.as_intermediate));
    EXPECT_EQ(Find({&leaf}, {&middle}), expected("CA", each.as_root));
  }
  const ChainLink short_root = MakeLink(Valid("short", one_level), nullptr);
  const ChainLink middle = MakeLink(Valid("m"), &short_root);
  const ChainLink leaf = Leaf(middle);
  EXPECT_EQ(Find({&leaf, &middle}, {&short_root}),
            "refused: the CA CN=short, which has issued CN=m, allows 0 intermediates, and the path has 1");
}

TEST_F(ServerPath, TakesARootOfVersionOne) {
  ChainFields fields = Valid("ancient", {});
  fields.is_version_1 = true;
  const ChainLink ancient = MakeLink(fields, nullptr);
  const ChainLink leaf = Leaf(ancient);
  EXPECT_EQ(Find({&leaf}, {&ancient}), "");
  const ChainLink middle = MakeLink(fields, &root_);
  const ChainLink below = Leaf(middle);
  EXPECT_EQ(Find({&below, &middle}, {&root_}),
            "refused: the intermediate CN=ancient, which has issued CN=leaf, is not a CA certificate");
}

TEST_F(ServerPath, IsForServers) {
  const auto leaf = [this](const char* usage) {
    const ChainLink made = Leaf(root_, {{NID_ext_key_usage, usage}});
    return Find({&made}, {&root_});
  };
  EXPECT_EQ(leaf("serverAuth,clientAuth"), "");
  EXPECT_EQ(leaf("anyExtendedKeyUsage"), "");
  EXPECT_EQ(leaf("clientAuth"), "refused: CN=leaf is not for servers: its extended key usage has no serverAuth");
  const ChainLink plain = Leaf(root_, {});
  EXPECT_EQ(Find({&plain}, {&root_}), "") << "for everything";
  const ChainLink client = Leaf(root_, {{NID_ext_key_usage, "clientAuth"}});
  EXPECT_THAT(Find({&client}, {&client}), ::testing::StartsWith("refused: CN=leaf is not for servers"));
  const ChainLink middle = MakeLink(With(Valid("m"), NID_ext_key_usage, "clientAuth"), &root_);
  const ChainLink below = Leaf(middle);
  EXPECT_THAT(Find({&below, &middle}, {&root_}), ::testing::StartsWith("refused: CN=m is not for servers"));
  const ChainLink mail = MakeLink(With(Valid("mail"), NID_ext_key_usage, "emailProtection"), nullptr);
  const ChainLink under_mail = Leaf(mail);
  EXPECT_THAT(Find({&under_mail}, {&mail}), ::testing::StartsWith("refused: CN=mail is not for servers"));
}

TEST_F(ServerPath, KeepsToNameConstraints) {
  const auto under = [](const char* constraints) {
    const ChainLink root = MakeLink(With(Valid("c"), NID_name_constraints, constraints), nullptr);
    const ChainLink leaf = Leaf(root);
    return Find({&leaf}, {&root});
  };
  EXPECT_EQ(under("critical,permitted;DNS:svc"), "");
  EXPECT_EQ(under("critical,permitted;DNS:example.com"),
            "refused: the CA CN=c, which has issued CN=leaf, excludes the certificate's names by its name constraints");
}

TEST_F(ServerPath, RefusesSha1) {
  ChainFields fields = Valid("leaf", kServer);
  fields.is_sha1 = true;
  const ChainLink leaf = MakeLink(fields, &root_);
  EXPECT_EQ(Find({&leaf}, {&root_}),
            "refused: the CA CN=root, which has issued CN=leaf, has signed it with SHA-1 or MD5");
}

TEST_F(ServerPath, RefusesShortRsaKeys) {
  const ChainLink weak{MakeRsaKey(768), nullptr, ""};
  const ChainLink root = MakeLink(KeyOf(Valid("weak"), weak), nullptr);
  const ChainLink leaf = Leaf(root);
  EXPECT_EQ(Find({&leaf}, {&root}),
            "refused: the CA CN=weak, which has issued CN=leaf, has an RSA key of fewer than 1024 bits");
}

TEST_F(ServerPath, RefusesCriticalExtensionsThatItDoesNotKnow) {
  const ChainLink leaf = MakeLink(With(Valid("leaf", kServer), NID_netscape_comment, "critical,x"), &root_);
  EXPECT_EQ(Find({&leaf}, {&root_}), "refused: CN=leaf has an unsupported critical extension");
  const ChainLink odd = MakeLink(With(Valid("odd"), NID_netscape_comment, "critical,x"), nullptr);
  const ChainLink below = Leaf(odd);
  EXPECT_EQ(Find({&below}, {&odd}),
            "refused: the CA CN=odd, which has issued CN=leaf, has an unsupported critical extension");
}

}  // namespace
}  // namespace irsa::crypto
