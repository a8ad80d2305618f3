#include "irsa/identity/sources/service_account_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/testing/fake_file_reader.h"

namespace irsa::identity {
namespace {

using ::testing::HasSubstr;

constexpr char kPath[] = "accounts.yaml";

std::string Account(std::string_view name, std::string_view role) {
  return "---\nkind: ServiceAccount\napiVersion: v1\nmetadata:\n  name: " + std::string(name) +
         "\n  annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/" + std::string(role) +
         "\"}\n";
}

class ServiceAccountFileTest : public ::testing::Test {
 protected:
  // The name of the account's role, "-" for none, or the error.
  std::string Role(std::string_view name, std::string_view namespace_name = "default") {
    const auto account = file_.Find({namespace_name, name}, {});
    if (!account) return account.error().message;
    if (*account == nullptr || !(*account)->identity) return "-";
    const std::string& arn = (*account)->identity->role_arn;
    return arn.substr(arn.find('/') + 1);
  }

  irsa::testing::FakeFileReader files_;
  ServiceAccountFile file_{files_, kPath, {}};
};

TEST_F(ServiceAccountFileTest, KnowsNothingBeforeItIsLoaded) {
  EXPECT_EQ(file_.Find({"default", "a"}, {}).error(),
            (Error{ErrorCode::kUnavailable, "service account file accounts.yaml has not been read yet"}));
  EXPECT_EQ(file_.size(), 0U);
}

TEST_F(ServiceAccountFileTest, FindsTheAccountsOfTheFile) {
  files_.files[kPath] = Account("a", "x") + Account("b", "y");
  ASSERT_TRUE(file_.Load().ok());
  EXPECT_EQ(Role("a"), "x");
  EXPECT_EQ(Role("b"), "y");
  EXPECT_EQ(Role("c"), "-");
  EXPECT_EQ(Role("a", "other"), "-");
  EXPECT_EQ(file_.size(), 2U);
}

TEST_F(ServiceAccountFileTest, NamesTheFileInErrors) {
  const Status missing = file_.Load();
  EXPECT_EQ(missing.error(), (Error{ErrorCode::kNotFound, "cannot read accounts.yaml: no such file"}));
  files_.files[kPath] = "kind: ServiceAccount\n";
  const Status broken = file_.Load();
  EXPECT_EQ(broken.error(),
            (Error{ErrorCode::kInvalid,
                   "service account file accounts.yaml: document 1, line 1: a service account without a name"}));
  EXPECT_THAT(Role("a"), HasSubstr("has not been read yet"));
}

TEST_F(ServiceAccountFileTest, RefusesAFileOverTheLimit) {
  files_.files[kPath] = std::string(kMaxServiceAccountFileBytes + 1, '\n');
  EXPECT_EQ(file_.Load().error(), (Error{ErrorCode::kTooLarge, "accounts.yaml is too large"}));
}

TEST_F(ServiceAccountFileTest, SeesChanges) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  EXPECT_EQ(file_.Poll().value(), false);
  files_.files[kPath] = Account("b", "y");
  EXPECT_EQ(file_.Poll().value(), false);
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(Role("a"), "-");
  EXPECT_EQ(Role("b"), "y");
  EXPECT_EQ(file_.Poll().value(), false);
  EXPECT_EQ(files_.reads, 5);
}

TEST_F(ServiceAccountFileTest, KeepsTheLastGoodStateWhileTheFileIsBroken) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  files_.files[kPath] = Account("a", "y") + "---\nbroken";
  EXPECT_EQ(file_.Poll().value(), false);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(file_.Poll().error().message,
              "service account file accounts.yaml: document 2, line 7: not an object but of type string");
    EXPECT_EQ(Role("a"), "x");
  }
  files_.files[kPath] = Account("a", "z");
  EXPECT_FALSE(file_.Poll().ok()) << "what serves on is not yet good again";
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(Role("a"), "z");
}

TEST_F(ServiceAccountFileTest, ComesBackToTextItKnowsAfterItWasBroken) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  files_.files[kPath] = "broken";
  EXPECT_TRUE(file_.Poll().ok());
  EXPECT_FALSE(file_.Poll().ok());
  files_.files[kPath] = Account("a", "x");
  EXPECT_FALSE(file_.Poll().ok());
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(file_.Poll().value(), false);
}

TEST_F(ServiceAccountFileTest, KeepsTheLastGoodStateWhileTheFileIsGone) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  files_.files.clear();
  EXPECT_EQ(file_.Poll().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Role("a"), "x");
  files_.files[kPath] = Account("a", "x");
  EXPECT_EQ(file_.Poll().value(), false);

  files_.files.clear();
  EXPECT_FALSE(file_.Poll().ok());
  files_.files[kPath] = Account("a", "y");
  EXPECT_EQ(file_.Poll().error().code, ErrorCode::kNotFound) << "not yet good again";
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(Role("a"), "y");
}

TEST_F(ServiceAccountFileTest, SaysAgainWhatIsWrongWhenABrokenFileWasGoneForAWhile) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  files_.files[kPath] = "broken";
  EXPECT_TRUE(file_.Poll().ok());
  const Error broken = file_.Poll().error();
  files_.files.clear();
  EXPECT_EQ(file_.Poll().error().code, ErrorCode::kNotFound);
  files_.files[kPath] = "broken";
  EXPECT_EQ(file_.Poll().error(), broken);
}

// Each prefix of the text is what a poll may find; many are good YAML with another role than the whole.
TEST_F(ServiceAccountFileTest, TakesNothingUpWhileTheFileIsWritten) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  const std::string next =
      "kind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n"
      "    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/other";
  for (size_t length = 0; length <= next.size(); ++length) {
    files_.files[kPath] = next.substr(0, length);
    EXPECT_EQ(file_.Poll().value(), false);
    EXPECT_EQ(Role("a"), "x") << length;
  }
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(Role("a"), "other");
}

TEST_F(ServiceAccountFileTest, RefusesAFileWithoutServiceAccounts) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  const std::pair<std::string, std::string> files[] = {
      {"", "is empty: for no service accounts, write an empty List"},
      {"# all gone\n---\n", "is empty: for no service accounts, write an empty List"},
      {"kind: Pod\n", "contains no ServiceAccount: the first object is \"Pod\", at document 1, line 1"},
  };
  for (const auto& [text, message] : files) {
    files_.files[kPath] = text;
    static_cast<void>(file_.Poll());  // the first time it is only looked at
    const Error expected{ErrorCode::kInvalid, "service account file accounts.yaml: " + message};
    EXPECT_EQ(file_.Poll().error(), expected);
    EXPECT_EQ(Role("a"), "x");
    ServiceAccountFile other(files_, kPath, {});
    EXPECT_EQ(other.Load().error(), expected);
  }
}

TEST_F(ServiceAccountFileTest, TakesAnEmptyListForNone) {
  for (const char* text :
       {"kind: List\nitems: []\n", R"({"apiVersion":"v1","kind":"ServiceAccountList","items":[]})"}) {
    files_.files[kPath] = text;
    EXPECT_TRUE(file_.Load().ok()) << text;
    EXPECT_EQ(file_.size(), 0U);
  }
}

TEST_F(ServiceAccountFileTest, AnswersWithWhatItHadWhenAskedWhileOthersReplaceIt) {
  files_.files[kPath] = Account("a", "x");
  ASSERT_TRUE(file_.Load().ok());
  const auto before = file_.Find({"default", "a"}, {}).value();
  files_.files[kPath] = "{kind: List, items: []}";
  EXPECT_EQ(file_.Poll().value(), false);
  EXPECT_EQ(file_.Poll().value(), true);
  EXPECT_EQ(before->identity->role_arn, "arn:aws:iam::111122223333:role/x");
  EXPECT_EQ(file_.size(), 0U);
}

}  // namespace
}  // namespace irsa::identity
