#include "http_engine.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <httplib.h>
#include <new>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::http {
namespace {

using base::EqualsIgnoringCase;

constexpr int kNoPort = 0;
constexpr const char* kNoAddress = "";

// Bytes to read, and a string to write to.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view input, std::string& output) : input_(input), output_(output) {}

  bool is_readable() const override { return !input_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t take = std::min(size, input_.size());
    std::memcpy(to, input_.data(), take);
    input_.remove_prefix(take);
    return static_cast<ssize_t>(take);
  }
  ssize_t write(const char* from, size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  std::string_view input_;
  std::string& output_;
};

// What the transport decides, whatever the library put there.
bool IsTransportHeader(std::string_view name) {
  return EqualsIgnoringCase(name, "Connection") || EqualsIgnoringCase(name, "Keep-Alive") ||
         EqualsIgnoringCase(name, "Accept-Ranges");
}

}  // namespace

class HttpEngine::Library final : public httplib::Server {
 public:
  Library(OnException on_exception, const std::atomic<bool>& sends_clients_away, RefusalWriter write_refusal)
      : on_exception_(std::move(on_exception)),
        sends_clients_away_(sends_clients_away),
        write_refusal_(std::move(write_refusal)) {
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Handle(request, response);
      return HandlerResponse::Handled;
    });
    set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, const std::exception_ptr& thrown) {
          const Refusal refusal = Report(thrown);
          std::string accept;
          if (write_refusal_) accept = JoinedHeader(ReadHeaders(exchange_->head_text), "accept");
          Fill(RefusalResponse(refusal, write_refusal_, accept), response);
          response.status = refusal.status;
          if (refusal.status != 503) return;
          response.set_header("Retry-After", "1");
          keep_alive_ = false;
        });
    set_header_writer(
        [this](httplib::Stream& stream, httplib::Headers& headers) { return WriteHeaders(stream, headers); });
  }

  bool Answer(Exchange& exchange, std::string& out) {
    exchange_ = &exchange;
    keep_alive_ = false;  // unless the library lets the request through to Handle
    const std::string input = exchange.head.method + " " + exchange.head.target + " HTTP/1.1\r\n\r\n";
    MemoryStream stream(input, out);
    bool closed = false;
    // As httplib::SSLServer does with a stream of its own. The port and the server's own address are of no use to a
    // route.
    const auto nothing_to_add = [](httplib::Request&) {};
    process_request(stream, exchange.peer_address, kNoPort, kNoAddress, kNoPort, !exchange.head.keep_alive, closed,
                    nothing_to_add);
    exchange_ = nullptr;
    return keep_alive_;
  }

 private:
  void Handle(const httplib::Request& from, httplib::Response& to) {
    Request request{from.method,
                    exchange_->route.path,
                    {from.params.begin(), from.params.end()},
                    exchange_->route.wants_headers ? ReadHeaders(exchange_->head_text) : decltype(Request::headers){},
                    std::move(exchange_->body),
                    exchange_->begin,
                    exchange_->deadline,
                    std::move(exchange_->peer_address)};
    keep_alive_ = exchange_->head.keep_alive;
    Response response = exchange_->route.handler(request);
    if (response.close) keep_alive_ = false;
    Fill(std::move(response), to);
  }

  static void Fill(Response response, httplib::Response& to) {
    to.status = response.status;
    to.body = std::move(response.body);
    to.set_header("Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) to.set_header(name, value);
  }

  // What is answered. Memory that has run out is no bug: there may be some again when the client repeats its request.
  Refusal Report(const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      return {503, "out of memory", "Retry-After: 1"};
    } catch (const std::exception& error) {
      if (on_exception_) on_exception_(exchange_->route.path, error.what());
    } catch (...) {
      if (on_exception_) on_exception_(exchange_->route.path, "an exception of unknown type");
    }
    return {500, "internal error", {}};
  }

  ssize_t WriteHeaders(httplib::Stream& stream, const httplib::Headers& headers) {
    std::string text;
    for (const auto& [name, value] : headers) {
      if (!IsTransportHeader(name)) text.append(name).append(": ").append(value).append("\r\n");
    }
    // Asked for only now: the end may have begun while the handler ran.
    if (sends_clients_away_.load(std::memory_order_relaxed)) keep_alive_ = false;
    if (!keep_alive_) text += "Connection: close\r\n";
    if (keep_alive_ && exchange_->head.is_http_1_0) text += "Connection: keep-alive\r\n";
    text += "\r\n";
    return stream.write(text.data(), text.size());
  }

  OnException on_exception_;
  const std::atomic<bool>& sends_clients_away_;
  const RefusalWriter write_refusal_;
  Exchange* exchange_ = nullptr;  // during Answer
  bool keep_alive_ = false;
};

HttpEngine::HttpEngine(OnException on_exception, const std::atomic<bool>& sends_clients_away,
                       RefusalWriter write_refusal)
    : library_(std::make_unique<Library>(std::move(on_exception), sends_clients_away, std::move(write_refusal))) {}

HttpEngine::~HttpEngine() = default;

bool HttpEngine::Answer(Exchange exchange, std::string& out) { return library_->Answer(exchange, out); }

Response RefusalResponse(const Refusal& refusal, const RefusalWriter& writer, std::string_view accept) {
  if (writer) return writer(refusal, accept);
  return {.status = refusal.status, .body = refusal.reason + "\n"};
}

std::string WriteRefusal(const Refusal& refusal, const Response& response, Persistence persistence, AnswerParts parts) {
  std::string answer = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
  answer += httplib::status_message(refusal.status);
  answer += "\r\nContent-Type: " + response.content_type;
  answer += "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.headers) answer += name + ": " + value + "\r\n";
  if (!refusal.header.empty()) answer += refusal.header + "\r\n";
  if (persistence == Persistence::kClose) answer += "Connection: close\r\n";
  answer += "\r\n";
  if (parts == AnswerParts::kHeadAndBody) answer += response.body;
  return answer;
}

}  // namespace irsa::http
