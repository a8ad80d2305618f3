#include "test/http/test_server.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace irsa::http {

std::shared_ptr<const crypto::KeyPair> KeyPairOf(const testing::PemPair& pem) {
  auto pair = crypto::ParseKeyPair(pem.certificate, pem.key);
  return std::make_shared<const crypto::KeyPair>(std::move(pair).value());
}

void Gate::Open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

void Gate::Pass() {
  std::unique_lock lock(mutex_);
  ++arrived_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return is_open_; });
}

void Gate::AwaitArrivals(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrived_ >= count; });
}

TestServer::TestServer(bool tls, ServerOptions options)
    : certificate_(KeyPairOf(ca_.Issue("first", "DNS:localhost,IP:127.0.0.1"))), tls_(tls) {
  if (tls_) {
    if (!options.tls) options.tls.emplace();
    options.tls->certificate = &certificate_;
  }
  if (options.bind_address.empty()) options.bind_address = "127.0.0.1";
  if (options.threads == 0) options.threads = 2;
  options.on_exception = [this](std::string_view path, std::string_view what) {
    const std::lock_guard lock(mutex_);
    exceptions_.push_back(std::string(path) + ": " + std::string(what));
  };
  auto started = Server::Start(std::move(options), Routes());
  if (!started.ok()) throw std::runtime_error(started.error().message);
  server_ = *std::move(started);
}

TestServer::~TestServer() { gate_.Open(); }

testing::RawClientOptions TestServer::Client() const {
  testing::RawClientOptions options;
  options.port = server_->port();
  options.tls = tls_;
  options.ca_pem = ca_.pem();
  return options;
}

std::vector<std::string> TestServer::exceptions() const {
  const std::lock_guard lock(mutex_);
  return exceptions_;
}

std::vector<Route> TestServer::Routes() {
  return {
      {"GET", "/hello", "", [](Request&) { return Response{.body = "hello"}; }},
      {"GET", "/big", "",
       [](Request& request) { return Response{.body = std::string(std::stoul(*FindQuery(request, "bytes")), 'x')}; }},
      {"GET", "/throw", "", [](Request&) -> Response { throw std::runtime_error("a bug"); }},
      {"GET", "/leave", "", [](Request&) { return Response{.body = "bye", .close = true}; }},
      {"GET", "/wait", "",
       [this](Request&) {
         gate_.Pass();
         return Response{.body = "waited"};
       }},
      {"POST", "/echo", "application/json",
       [this](Request& request) {
         ++echoes_;
         return Response{.content_type = "application/json", .body = std::move(request.body)};
       }},
  };
}

std::string Echo(std::string_view body, std::string_view headers) {
  std::string lines = "Content-Type: application/json; charset=utf-8\r\nAccept-Encoding: gzip\r\n";
  if (body.empty()) lines += "Content-Length: 0\r\n";
  return testing::HttpRequest("POST", "/echo?timeout=10s", lines.append(headers), body);
}

testing::RawAnswer Echoed(std::string body) {
  const std::string length = std::to_string(body.size());
  return {200, {{"content-type", "application/json"}, {"content-length", length}}, std::move(body)};
}

testing::RawAnswer Hello() {
  return {200, {{"content-type", "text/plain; charset=utf-8"}, {"content-length", "5"}}, "hello"};
}

testing::RawAnswer Refused(int status, const std::string& reason, bool closes,
                           std::map<std::string, std::string> headers) {
  headers.emplace("content-type", "text/plain; charset=utf-8");
  headers.emplace("content-length", std::to_string(reason.size() + 1));
  if (closes) headers.emplace("connection", "close");
  return {status, std::move(headers), reason + "\n"};
}

}  // namespace irsa::http

namespace irsa::testing {

void PrintTo(const RawAnswer& answer, std::ostream* out) {
  *out << answer.status;
  for (const auto& [name, value] : answer.headers) *out << "\n" << name << ": " << value;
  *out << "\n\n" << answer.body.substr(0, 200);
}

}  // namespace irsa::testing
