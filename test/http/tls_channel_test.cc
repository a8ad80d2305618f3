#include "src/http/server/tls_channel.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "src/http/socket/socket.h"
#include "test/http/ssl_pointers.h"
#include "test/http/test_server.h"
#include "test/testing/allocated_bytes.h"

namespace irsa::http {
namespace {

// A client whose bytes are sent when the test says so, many records with one call.
class BatchingClient {
 public:
  explicit BatchingClient(int fd) : fd_(fd) {
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl());
  }

  SSL* ssl() { return ssl_.get(); }

  void Flush() {
    const char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl()), &bytes);
    ASSERT_EQ(::send(fd_, bytes, static_cast<size_t>(size), 0), size);
    BIO_reset(SSL_get_wbio(ssl()));
  }

  void Receive() {
    std::array<char, 16384> bytes{};
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(got));
  }

 private:
  const int fd_;
  const ContextPtr context_{SSL_CTX_new(TLS_client_method())};
  const SslPtr ssl_{SSL_new(context_.get())};
};

// A channel, and the client's end of its socket.
class OpenChannel : public ::testing::Test {
 protected:
  OpenChannel() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client_end_.emplace(ends[0]);
    TlsOptions options;
    options.certificate = &live_;
    context_ = TlsContext::Make(options).value();
    channel_.emplace(base::Descriptor(ends[1]), *context_);
  }

  void Send(std::string_view bytes) const {
    ASSERT_EQ(::send(client_end_->get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  std::string Receive() const {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(client_end_->get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
  }
  // All of the client's handshake, a flight at a time.
  IoStatus Shake(BatchingClient& client) {
    IoStatus status = IoStatus::kWantRead;
    for (int i = 0; i < 4 && status == IoStatus::kWantRead; ++i) {
      SSL_do_handshake(client.ssl());
      client.Flush();
      status = channel_->Handshake();
      client.Receive();
    }
    return status;
  }

  const testing::TestCa ca_;
  const crypto::LiveCertificate live_{KeyPairOf(ca_.Issue("leaf", "IP:127.0.0.1"))};
  std::unique_ptr<TlsContext> context_;
  std::optional<base::Descriptor> client_end_;
  std::optional<TlsChannel> channel_;
};

// A ClientHello that announces 130,816 bytes: OpenSSL would make room for them.
constexpr std::string_view kLargeHello("\x16\x03\x01\x40\x00\x01\x01\xff\x00\x03", 10);

TEST_F(OpenChannel, RefusesALargeHelloBeforeThereIsRoomForIt) {
  Send(kLargeHello.substr(0, 8));
  EXPECT_EQ(channel_->Handshake(), IoStatus::kWantRead);
  EXPECT_LT(channel_->held_bytes(), 100U);
  Send(kLargeHello.substr(8));
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kHelloTooLarge);
  EXPECT_EQ(Receive(), std::string("\x15\x03\x03\x00\x02\x02\x32", 7)) << "decode_error";
  EXPECT_EQ(channel_->held_bytes(), 0U);
}

TEST_F(OpenChannel, AlertsAClientWhoseRecordHasMoreThan16KiB) {
  Send({"\x16\x03\x01\x40\x01", 5});
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kHelloTooLarge);
  EXPECT_EQ(Receive(), std::string("\x15\x03\x03\x00\x02\x02\x16", 7)) << "record_overflow";
  EXPECT_EQ(channel_->held_bytes(), 0U);
}

TEST_F(OpenChannel, AlertsAClientWhoseFirstMessageIsNoHello) {
  Send({"\x16\x03\x01\x00\x05\x02", 6});
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kNoTls);
  EXPECT_EQ(Receive(), std::string("\x15\x03\x03\x00\x02\x02\x0a", 7)) << "unexpected_message";
  EXPECT_EQ(channel_->held_bytes(), 0U);
}

// CVE-2004-0079: a change of ciphers in the middle of a hello.
TEST_F(OpenChannel, AlertsAClientThatInterruptsItsHello) {
  Send({"\x16\x03\x01\x00\x05\x01\x00\x00\xff\x03\x14", 11});
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kNoTls);
  EXPECT_EQ(Receive(), std::string("\x15\x03\x03\x00\x02\x02\x0a", 7)) << "unexpected_message";
}

TEST_F(OpenChannel, SaysNothingToAClientWithoutTls) {
  Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kNoTls);
  EXPECT_EQ(Receive(), "");
}

TEST_F(OpenChannel, SignsNothingForAClientThatHasHungUp) {
  BatchingClient client(client_end_->get());
  SSL_do_handshake(client.ssl());
  client.Flush();
  ASSERT_EQ(::shutdown(client_end_->get(), SHUT_WR), 0);
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kEnded);
  EXPECT_EQ(Receive(), "");
}

// The second hello, which a server asks for that wants another group, goes the same way, though it came with the first.
TEST_F(OpenChannel, RefusesALargeSecondHello) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  for (const bool is_together : {true, false}) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client_end_.emplace(ends[0]);
    channel_.emplace(base::Descriptor(ends[1]), *context_);
    BatchingClient fresh(client_end_->get());
    ASSERT_EQ(SSL_set1_groups_list(fresh.ssl(), "X25519:P-256"), 1);
    SSL_do_handshake(fresh.ssl());
    fresh.Flush();
    if (is_together) {
      Send(kLargeHello);
    } else {
      EXPECT_EQ(channel_->Handshake(), IoStatus::kWantRead);
      Send(kLargeHello);
    }
    EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
    EXPECT_EQ(channel_->handshake_failure(), HandshakeFailure::kHelloTooLarge);
  }
}

TEST_F(OpenChannel, AwaitsAHelloUntilTheLastOneIsAnswered) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  BatchingClient client(client_end_->get());
  ASSERT_EQ(SSL_set1_groups_list(client.ssl(), "X25519:P-256"), 1);
  for (const bool awaits : {true, false}) {
    EXPECT_TRUE(channel_->AwaitsHello());
    SSL_do_handshake(client.ssl());
    client.Flush();
    EXPECT_EQ(channel_->Handshake(), IoStatus::kWantRead);
    client.Receive();
    EXPECT_EQ(channel_->AwaitsHello(), awaits);
  }
}

TEST_F(OpenChannel, TakesAnHonestSecondHello) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  BatchingClient client(client_end_->get());
  ASSERT_EQ(SSL_set1_groups_list(client.ssl(), "X25519:P-256"), 1);
  EXPECT_EQ(Shake(client), IoStatus::kDone);
  EXPECT_EQ(channel_->held_bytes(), 0U);
}

// With 0-RTT, a client sends data behind its first hello by a ticket, here of another server (RFC 8446, 4.2.10).
int UseTicketOfAnotherServer(SSL* ssl, const EVP_MD*, const unsigned char** id, size_t* id_size,
                             SSL_SESSION** session) {
  constexpr unsigned char kAes256GcmSha384[] = {0x13, 0x02};
  constexpr unsigned char kSecret[48] = {7};
  constexpr std::string_view kTicket = "ticket";
  *id = reinterpret_cast<const unsigned char*>(kTicket.data());
  *id_size = kTicket.size();
  *session = SSL_SESSION_new();
  return SSL_SESSION_set1_master_key(*session, kSecret, sizeof kSecret) == 1 &&
                 SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, kAes256GcmSha384)) == 1 &&
                 SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION) == 1 &&
                 SSL_SESSION_set_max_early_data(*session, 1 << 20) == 1
             ? 1
             : 0;
}

void SendEarlyData(BatchingClient& client, std::string_view data) {
  size_t written = 0;
  ASSERT_EQ(SSL_write_early_data(client.ssl(), data.data(), data.size(), &written), 1);
  ASSERT_EQ(written, data.size());
}

TEST_F(OpenChannel, SkipsEarlyDataBeforeASecondHello) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  BatchingClient client(client_end_->get());
  ASSERT_EQ(SSL_set1_groups_list(client.ssl(), "X25519:P-256"), 1);
  SSL_set_psk_use_session_callback(client.ssl(), UseTicketOfAnotherServer);
  for (int i = 0; i < 15; ++i) SendEarlyData(client, std::string(1000, 'e'));
  client.Flush();
  EXPECT_EQ(channel_->Handshake(), IoStatus::kWantRead);
  EXPECT_TRUE(channel_->AwaitsHello());
  EXPECT_EQ(channel_->held_bytes(), 0U);
  client.Receive();
  SendEarlyData(client, "more");
  EXPECT_EQ(Shake(client), IoStatus::kDone);
  EXPECT_EQ(SSL_get_early_data_status(client.ssl()), SSL_EARLY_DATA_REJECTED);
}

TEST_F(OpenChannel, SkipsNoMoreThan16KiBOfEarlyData) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  BatchingClient client(client_end_->get());
  ASSERT_EQ(SSL_set1_groups_list(client.ssl(), "X25519:P-256"), 1);
  SSL_set_psk_use_session_callback(client.ssl(), UseTicketOfAnotherServer);
  for (int i = 0; i < 17; ++i) SendEarlyData(client, std::string(1000, 'e'));
  client.Flush();
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
}

TEST_F(OpenChannel, AlertsAClientThatSendsDataBeforeASecondHelloWithoutHavingAnnouncedIt) {
  ASSERT_EQ(SSL_CTX_set1_groups_list(context_->get(), "P-256"), 1);
  BatchingClient client(client_end_->get());
  ASSERT_EQ(SSL_set1_groups_list(client.ssl(), "X25519:P-256"), 1);
  SSL_do_handshake(client.ssl());
  client.Flush();
  EXPECT_EQ(channel_->Handshake(), IoStatus::kWantRead);
  Receive();
  Send({"\x17\x03\x03\x00\x05hello", 10});
  EXPECT_EQ(channel_->Handshake(), IoStatus::kFailed);
  EXPECT_EQ(Receive(), std::string("\x15\x03\x03\x00\x02\x02\x0a", 7)) << "unexpected_message";
}

TEST_F(OpenChannel, CountsTheBufferOfAnUnfinishedRecord) {
  BatchingClient client(client_end_->get());
  ASSERT_EQ(Shake(client), IoStatus::kDone);
  std::array<char, 100> into{};
  EXPECT_EQ(channel_->Read(into).status, IoStatus::kWantRead);
  EXPECT_EQ(channel_->held_bytes(), 0U);
  const std::string record = std::string("\x17\x03\x03\x40\x11", 5) + std::string(16'000, 'x');
  for (const auto& [begin, end] : {std::pair(0, 1), std::pair(1, 5), std::pair(5, 16'005)}) {
    Send(std::string_view(record).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    EXPECT_EQ(channel_->Read(into).status, IoStatus::kWantRead);
    EXPECT_TRUE(channel_->HasBuffered());
    EXPECT_EQ(channel_->held_bytes(), 17U << 10);
  }
  channel_->EndWriting();
  EXPECT_EQ(channel_->held_bytes(), 0U);
}

TEST_F(OpenChannel, CountsTheBufferOfARecordThatTheSocketDoesNotTake) {
  BatchingClient client(client_end_->get());
  ASSERT_EQ(Shake(client), IoStatus::kDone);
  const std::string bytes(100'000, 'x');
  IoResult result;
  while (result.status == IoStatus::kDone) {
    EXPECT_EQ(channel_->held_bytes(), 0U);
    result = channel_->Write(bytes);
  }
  EXPECT_EQ(result.status, IoStatus::kWantWrite);
  EXPECT_EQ(channel_->held_bytes(), 17U << 10);
}

// Thousands may be idle at once.
TEST_F(OpenChannel, KeepsNoRecordBufferWhileItIsIdle) {
  BatchingClient client(client_end_->get());
  ASSERT_EQ(Shake(client), IoStatus::kDone);
  ASSERT_EQ(SSL_write(client.ssl(), "ping", 4), 4);
  client.Flush();
  std::array<char, 100> into{};
  EXPECT_EQ(channel_->Read(into).bytes, 4U);
  EXPECT_EQ(channel_->Write("pong").bytes, 4U);
  EXPECT_EQ(channel_->Read(into).status, IoStatus::kWantRead);
  const size_t before = testing::AllocatedBytes();
  channel_.reset();
  EXPECT_LT(before - testing::AllocatedBytes(), 16U << 10);
}

// Each costs the server what a small request does, and none of them is data.
TEST(TlsChannel, LetsOthersHaveATurnWhenAClientChangesItsKeysAgainAndAgain) {
  const testing::TestCa ca;
  const crypto::LiveCertificate live(KeyPairOf(ca.Issue("leaf", "IP:127.0.0.1")));
  TlsOptions options;
  options.certificate = &live;
  const auto context = TlsContext::Make(options);
  ASSERT_TRUE(context.ok());
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  const base::Descriptor client_end(ends[0]);
  TlsChannel channel(base::Descriptor(ends[1]), **context);
  BatchingClient client(client_end.get());
  for (int i = 0; i < 3; ++i) {
    SSL_do_handshake(client.ssl());
    client.Flush();
    channel.Handshake();
    client.Receive();
  }
  ASSERT_TRUE(channel.IsReady());

  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client.ssl()), 1);
  }
  ASSERT_EQ(SSL_write(client.ssl(), "x", 1), 1);
  client.Flush();

  std::array<char, 10> into{};
  EXPECT_EQ(channel.Read(into).status, IoStatus::kWantRead);
  EXPECT_TRUE(IsReadable(channel.fd())) << "so that it is its turn again";
  IoResult result{IoStatus::kWantRead, 0};
  for (int turns = 1; turns < 10 && result.status != IoStatus::kDone; ++turns) result = channel.Read(into);
  EXPECT_EQ(std::string(into.data(), result.bytes), "x");
}

}  // namespace
}  // namespace irsa::http
