// A running server with the routes that most tests need.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "irsa/crypto/live_certificate.h"
#include "irsa/http/server/server.h"

#include "test/testing/raw_client.h"
#include "test/testing/test_ca.h"

namespace irsa::http {

// The pair of an issued certificate.
std::shared_ptr<const crypto::KeyPair> KeyPairOf(const testing::PemPair& pem);

// Lets threads wait until it is opened, and the test until so many wait.
class Gate {
 public:
  void Open();
  void Pass();
  void AwaitArrivals(int count);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  bool is_open_ = false;
};

//   GET  /hello            "hello"
//   GET  /big?bytes=5      "xxxxx"
//   GET  /throw            throws
//   GET  /leave            asks to close the connection
//   GET  /wait             answers "waited" once the gate is open
//   POST /echo             application/json: the body
class TestServer {
 public:
  // Fails the test when the server cannot be started. With TLS, its certificate is for localhost and 127.0.0.1.
  explicit TestServer(bool tls = false, ServerOptions options = {});
  ~TestServer();

  Server& server() { return *server_; }
  // To connect to it.
  testing::RawClientOptions Client() const;

  const testing::TestCa& ca() const { return ca_; }
  crypto::LiveCertificate& certificate() { return certificate_; }
  Gate& gate() { return gate_; }
  int echoes() const { return echoes_; }  // how often the handler of /echo ran
  std::vector<std::string> exceptions() const;

 private:
  std::vector<Route> Routes();

  testing::TestCa ca_;
  crypto::LiveCertificate certificate_;
  Gate gate_;
  std::atomic<int> echoes_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> exceptions_;  // guarded by mutex_
  bool tls_;
  std::unique_ptr<Server> server_;
};

// A request to /echo with that body.
std::string Echo(std::string_view body, std::string_view headers = "");
// What /echo and /hello answer.
testing::RawAnswer Echoed(std::string body);
testing::RawAnswer Hello();
// What the server says when it refuses; `headers` beside Content-Type, Content-Length and, when it closes, Connection.
testing::RawAnswer Refused(int status, const std::string& reason, bool closes = true,
                           std::map<std::string, std::string> headers = {});

}  // namespace irsa::http

namespace irsa::testing {
void PrintTo(const RawAnswer& answer, std::ostream* out);
}  // namespace irsa::testing
