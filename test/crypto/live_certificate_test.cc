#include "irsa/crypto/live_certificate.h"

#include <gtest/gtest.h>
#include <openssl/objects.h>

#include "test/crypto/test_certificates.h"
#include "test/testing/fake_clock.h"
#include "test/testing/fake_file_reader.h"

namespace irsa::crypto {
namespace {

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
  irsa::testing::FakeClock clock;
  CertificateFiles files{disk, clock, "tls.crt", "tls.key"};
  LiveCertificate live{nullptr};

  bool Serves(const PemPair& pair) const {
    const auto expected = ParseKeyPair(pair.certificate, pair.key);
    return DerOf(live.Get()->leaf.get()) == DerOf(expected.value().leaf.get());
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
  const auto held = live.Get();
  live.Set(second);
  EXPECT_EQ(held, first);
  EXPECT_EQ(live.Get(), second);
}

TEST_F(LoadedCertificateFiles, ChangesNothingWhileTheFilesAreTheSame) {
  const auto before = live.Get();
  disk.reads = 0;
  EXPECT_FALSE(files.Poll(live).value());
  EXPECT_EQ(disk.reads, 2);
  EXPECT_EQ(live.Get(), before);
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
  const auto before = live.Get();
  disk.files["tls.key"] = "broken";
  EXPECT_FALSE(files.Poll(live).ok());
  disk.files["tls.key"] = old_pair.key;
  EXPECT_FALSE(files.Poll(live).value());
  EXPECT_EQ(live.Get(), before);
}

class UnusableCertificates : public LoadedCertificateFiles {
 protected:
  void Write(const PemPair& pair) { disk.files = {{"tls.crt", pair.certificate}, {"tls.key", pair.key}}; }
  static PemPair MakeDated(const std::string& not_before, const std::string& not_after) {
    const PrivateKeyPtr key = MakeP256Key();
    return {MakeSelfSigned(key.get(), {.common_name = "x", .not_before = not_before, .not_after = not_after}),
            PemOf(key.get())};
  }
  PemPair MakeFor(const std::string& usage) const {
    const ChainLink link = MakeLink({.common_name = "x",
                                     .not_before = clock.Now() - std::chrono::hours(1),
                                     .not_after = clock.Now() + std::chrono::hours(1),
                                     .extensions = {{NID_ext_key_usage, usage}}},
                                    nullptr);
    return {link.pem, PemOf(link.key.get())};
  }
  std::string PollError() {
    const auto changed = files.Poll(live);
    return changed.ok() ? (*changed ? "changed" : "unchanged") : changed.error().message;
  }

  // The clock stands at 2026-09-21T15:13:20Z.
  const PemPair expired = MakeDated("20260101000000Z", "20260921151320Z");
  const PemPair future = MakeDated("20260921151821Z", "20270101000000Z");
};

TEST_F(UnusableCertificates, DoNotReplaceAGoodOne) {
  for (const auto& [pair, why] : {std::pair(expired, "expired at 2026-09-21T15:13:20Z"),
                                  std::pair(future, "is not valid before 2026-09-21T15:18:21Z"),
                                  std::pair(MakeFor("clientAuth"), "is not for servers")}) {
    Write(pair);
    for (int i = 0; i < 2; ++i) EXPECT_NE(PollError().find(why), std::string::npos) << PollError();
    EXPECT_TRUE(Serves(old_pair));
  }
}

TEST_F(UnusableCertificates, AreNoneForALittleSkewOrAnyUsage) {
  Write(MakeDated("20260921151820Z", "20270101000000Z"));
  EXPECT_EQ(PollError(), "changed") << "five minutes ahead";
  for (const char* usage : {"serverAuth", "clientAuth,serverAuth", "anyExtendedKeyUsage"}) {
    Write(MakeFor(usage));
    EXPECT_EQ(PollError(), "changed") << usage;
  }
}

TEST_F(UnusableCertificates, AreTakenOnceTheirTimeHasCome) {
  Write(future);
  EXPECT_NE(PollError().find("is not valid before"), std::string::npos);
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(PollError(), "changed");
  EXPECT_TRUE(Serves(future));
}

TEST_F(UnusableCertificates, ServeWhileThereIsNoOther) {
  Write(expired);
  live.Set(files.Load().value());
  EXPECT_TRUE(Serves(expired));
  EXPECT_NE(PollError().find("expired"), std::string::npos) << "it is told though nothing has changed";
  Write(future);
  EXPECT_NE(PollError().find("is not valid before"), std::string::npos);
  EXPECT_TRUE(Serves(future)) << "neither is good, and the newer one is what somebody wants";
  Write(new_pair);
  EXPECT_EQ(PollError(), "changed");
}

TEST_F(LoadedCertificateFiles, BoundsWhatItReads) {
  disk.files["tls.crt"] = std::string(kMaxPemBytes + 1, ' ');
  EXPECT_EQ(files.Poll(live).error(), (Error{ErrorCode::kTooLarge, "tls.crt is too large"}));
  disk.files["tls.crt"] = new_pair.certificate;
  disk.files["tls.key"] = std::string(kMaxPemBytes + 1, ' ');
  EXPECT_EQ(files.Poll(live).error(), (Error{ErrorCode::kTooLarge, "tls.key is too large"}));
}

TEST(CertificateFiles, NamesTheFileThatCannotBeLoaded) {
  irsa::testing::FakeFileReader disk;
  const base::SystemClock clock;
  CertificateFiles files(disk, clock, "tls.crt", "tls.key");
  EXPECT_EQ(files.Load().error(), (Error{ErrorCode::kNotFound, "cannot read tls.crt: no such file"}));
  disk.files = {{"tls.crt", "broken"}, {"tls.key", "broken"}};
  EXPECT_EQ(files.Load().error(),
            (Error{ErrorCode::kMalformed, "tls.crt with tls.key: certificate: no PEM block of type CERTIFICATE"}));
}

}  // namespace
}  // namespace irsa::crypto
