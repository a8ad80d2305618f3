#include "irsa/tls/live_certificate.h"

#include <gtest/gtest.h>

#include "test/testing/fake_file_reader.h"
#include "test/tls/test_certificates.h"

namespace irsa::tls {
namespace {

using base::Error;
using base::ErrorCode;

PemPair MakePair(const std::string& common_name) {
  const PrivateKeyPtr key = MakeP256Key();
  return {MakeSelfSigned(key.get(), {.common_name = common_name}), PemOf(key.get())};
}

// Two pairs, and files that hold the old one, loaded.
class LoadedCertificateFiles : public ::testing::Test {
 protected:
  LoadedCertificateFiles() {
    disk.files = {{"tls.crt", old_pair.certificate}, {"tls.key", old_pair.key}};
    live.Set(files.Load().value());
  }

  const PemPair old_pair = MakePair("old");
  const PemPair new_pair = MakePair("new");
  irsa::testing::FakeFileReader disk;
  CertificateFiles files{disk, "tls.crt", "tls.key"};
  LiveCertificate live{nullptr};

  bool Serves(const PemPair& pair) const {
    const auto expected = ParseKeyPair(pair.certificate, pair.key);
    return DerOf(live.Current()->leaf.get()) == DerOf(expected.value().leaf.get());
  }
};

TEST(LiveCertificate, KeepsTheOldPairForWhoHoldsIt) {
  const auto make = [] {
    const PemPair pem = MakePair("x");
    return std::make_shared<const KeyPair>(ParseKeyPair(pem.certificate, pem.key).value());
  };
  const auto first = make();
  const auto second = make();
  LiveCertificate live(first);
  const auto held = live.Current();
  live.Set(second);
  EXPECT_EQ(held, first);
  EXPECT_EQ(live.Current(), second);
}

TEST_F(LoadedCertificateFiles, ChangesNothingWhileTheFilesAreTheSame) {
  const auto before = live.Current();
  disk.reads = 0;
  EXPECT_FALSE(files.Poll(live).value());
  EXPECT_EQ(disk.reads, 2);
  EXPECT_EQ(live.Current(), before);
}

TEST_F(LoadedCertificateFiles, SwapsWhenBothFilesChanged) {
  disk.files = {{"tls.crt", new_pair.certificate}, {"tls.key", new_pair.key}};
  EXPECT_TRUE(files.Poll(live).value());
  EXPECT_TRUE(Serves(new_pair));
  EXPECT_FALSE(files.Poll(live).value());
}

TEST_F(LoadedCertificateFiles, SwapsWhenTheCertificateIsRenewedForTheSameKey) {
  const PrivateKeyPtr key = MakeP256Key();
  disk.files = {{"tls.crt", MakeSelfSigned(key.get())}, {"tls.key", PemOf(key.get())}};
  EXPECT_TRUE(files.Poll(live).value());
  const std::string renewed = MakeSelfSigned(key.get(), {.not_after = "20280101000000Z"});
  disk.files["tls.crt"] = renewed;
  EXPECT_TRUE(files.Poll(live).value());
  EXPECT_TRUE(Serves({renewed, PemOf(key.get())}));
}

TEST_F(LoadedCertificateFiles, KeepsTheOldPairWhileOnlyTheCertificateIsNew) {
  disk.files["tls.crt"] = new_pair.certificate;
  const Error error{ErrorCode::kInvalid,
                    "tls.crt with tls.key: key does not belong to the first certificate (subject CN=new)"};
  EXPECT_EQ(files.Poll(live).error(), error);
  EXPECT_EQ(files.Poll(live).error(), error);
  EXPECT_TRUE(Serves(old_pair));
  disk.files["tls.key"] = new_pair.key;
  EXPECT_TRUE(files.Poll(live).value());
  EXPECT_TRUE(Serves(new_pair));
}

TEST_F(LoadedCertificateFiles, KeepsTheOldPairWhileOnlyTheKeyIsNew) {
  disk.files["tls.key"] = new_pair.key;
  EXPECT_EQ(files.Poll(live).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(Serves(old_pair));
  disk.files["tls.crt"] = new_pair.certificate;
  EXPECT_TRUE(files.Poll(live).value());
  EXPECT_TRUE(Serves(new_pair));
}

TEST_F(LoadedCertificateFiles, KeepsTheOldPairWhileAFileIsHalfWritten) {
  disk.files = {{"tls.crt", new_pair.certificate.substr(0, 100)}, {"tls.key", new_pair.key}};
  EXPECT_EQ(files.Poll(live).error().code, ErrorCode::kMalformed);
  disk.files["tls.crt"] = new_pair.certificate;
  disk.files["tls.key"] = "";
  EXPECT_EQ(files.Poll(live).error(),
            (Error{ErrorCode::kMalformed, "tls.crt with tls.key: key: no PEM block of type PRIVATE KEY"}));
  EXPECT_TRUE(Serves(old_pair));
  disk.files["tls.key"] = new_pair.key;
  EXPECT_TRUE(files.Poll(live).value());
}

TEST_F(LoadedCertificateFiles, KeepsTheOldPairWhileAFileCannotBeRead) {
  disk.files.erase("tls.key");
  EXPECT_EQ(files.Poll(live).error(), (Error{ErrorCode::kNotFound, "cannot read tls.key: no such file"}));
  disk.files.erase("tls.crt");
  EXPECT_EQ(files.Poll(live).error(), (Error{ErrorCode::kNotFound, "cannot read tls.crt: no such file"}));
  EXPECT_TRUE(Serves(old_pair));
}

TEST_F(LoadedCertificateFiles, ChangesNothingWhenTheOldFilesComeBack) {
  const auto before = live.Current();
  disk.files["tls.key"] = "broken";
  EXPECT_FALSE(files.Poll(live).ok());
  disk.files["tls.key"] = old_pair.key;
  EXPECT_FALSE(files.Poll(live).value());
  EXPECT_EQ(live.Current(), before);
}

TEST_F(LoadedCertificateFiles, BoundsWhatItReads) {
  disk.files["tls.crt"] = std::string(kMaxPemBytes + 1, ' ');
  EXPECT_EQ(files.Poll(live).error(), (Error{ErrorCode::kTooLarge, "tls.crt is too large"}));
}

TEST(CertificateFiles, NamesTheFileThatCannotBeLoaded) {
  irsa::testing::FakeFileReader disk;
  CertificateFiles files(disk, "tls.crt", "tls.key");
  EXPECT_EQ(files.Load().error(), (Error{ErrorCode::kNotFound, "cannot read tls.crt: no such file"}));
  disk.files = {{"tls.crt", "broken"}, {"tls.key", "broken"}};
  EXPECT_EQ(files.Load().error(),
            (Error{ErrorCode::kMalformed, "tls.crt with tls.key: certificate: no PEM block of type CERTIFICATE"}));
}

}  // namespace
}  // namespace irsa::tls
