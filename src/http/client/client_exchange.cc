#include <algorithm>
#include <array>
#include <cstring>
#include <httplib.h>
#include <optional>
#include <utility>

#include "irsa/base/text.h"

#include "client_connection.h"

namespace irsa::http {
namespace {

using base::LowerCase;

// cpp-httplib matches the status line with a std::regex, which recurses for each character of it.
constexpr size_t kMaxStatusLine = 1024;

// Between the library and the connection: reads in large pieces, writes once per request, bounds the answer's head and
// remembers why it ended.
class BufferedStream final : public httplib::Stream {
 public:
  BufferedStream(ClientConnection& connection, Wait& wait) : connection_(connection), wait_(wait) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  // 0 at the end of the connection, -1 after an error.
  ssize_t read(char* out, size_t size) override {
    if (position_ == end_ && !Fill()) return is_at_end_ ? 0 : -1;
    const size_t count = std::min(size, end_ - position_);
    std::memcpy(out, in_.data() + position_, count);
    position_ += count;
    return CountHead(out, count) ? static_cast<ssize_t>(count) : -1;
  }

  ssize_t write(const char* bytes, size_t size) override {
    out_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }

  void EndHead() { in_head_ = false; }
  bool got_bytes() const { return got_bytes_; }
  bool is_at_end() const { return is_at_end_; }
  bool has_unread() const { return position_ != end_; }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  bool Fill() {
    if (failure_ || is_at_end_ || !Flush()) return false;
    position_ = end_ = 0;
    // Bytes that keep coming are read without waiting: the deadline holds for them too.
    const Status in_time = wait_.Check();
    const auto got = in_time.ok() ? connection_.Read(in_.data(), in_.size(), wait_) : in_time.error();
    if (!got.ok()) {
      failure_ = got.error();
      return false;
    }
    is_at_end_ = *got == 0;
    got_bytes_ = got_bytes_ || *got > 0;
    end_ = *got;
    return !is_at_end_;
  }

  bool Flush() {
    Status written = connection_.Write(std::exchange(out_, {}), wait_);
    if (written.ok()) return true;
    failure_ = std::move(written).error();
    return false;
  }

  // The head is read byte by byte.
  bool CountHead(const char* bytes, size_t count) {
    if (!in_head_) return true;
    head_size_ += count;
    in_status_line_ = in_status_line_ && *bytes != '\n';
    if (head_size_ <= (in_status_line_ ? kMaxStatusLine : kMaxAnswerHeadBytes)) return true;
    failure_ = Error{ErrorCode::kMalformed, "the head of its answer is too long"};
    return false;
  }

  ClientConnection& connection_;
  Wait& wait_;
  std::array<char, 16384> in_;
  size_t position_ = 0;
  size_t end_ = 0;
  std::string out_;
  bool in_status_line_ = true;
  bool in_head_ = true;
  size_t head_size_ = 0;
  bool got_bytes_ = false;
  bool is_at_end_ = false;
  std::optional<Error> failure_;
};

// A line end by itself among them, which cpp-httplib takes for a part of the value (RFC 9110 section 5.5).
bool HasControlCharacter(const httplib::Headers& headers) {
  const auto is_odd = [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; };
  return std::ranges::any_of(headers, [is_odd](const auto& header) {
    return std::ranges::any_of(header.first, is_odd) || std::ranges::any_of(header.second, is_odd);
  });
}

// cpp-httplib's client on a connection that is there already: where httplib::SSLClient puts TLS under it, this puts a
// ClientConnection, whose waits end at a deadline or when the caller stops.
class Exchange final : public httplib::ClientImpl {
 public:
  Exchange(const ClientRequest& request, ClientConnection& connection, Wait& wait)
      : ClientImpl(request.url.host, request.url.port),
        request_(request),
        forwarder_(connection.forwarder()),
        stream_(connection, wait) {
    set_keep_alive(true);
    set_url_encode(false);
    set_decompress(false);
  }

  ~Exchange() override = default;

  ExchangeResult Run() {
    httplib::Request request = MakeRequest();
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    const bool is_whole = send(request, response, error);
    auto failure = FindFailure(is_whole && response.status >= 200);
    if (!failure && HasControlCharacter(response.headers)) {
      failure = Error{ErrorCode::kMalformed, "its answer has a control character in a header"};
    }
    if (failure) return {*failure, stream_.got_bytes(), false};
    return {TakeResponse(response), true, is_whole && MayReuse(response)};
  }

 private:
  bool create_and_connect_socket(Socket&, httplib::Error&) override { return true; }
  bool process_socket(const Socket&, std::function<bool(httplib::Stream&)> exchange) override {
    return exchange(stream_);
  }

  httplib::Request MakeRequest() {
    httplib::Request request;
    request.method = request_.method;
    request.path = request_.url.target;
    if (forwarder_ != nullptr) {  // RFC 9112 section 3.2.2
      request.path.insert(0, Origin(request_.url));
      if (!forwarder_->authorization.empty()) {
        request.headers.emplace("Proxy-Authorization", forwarder_->authorization);
      }
    }
    request.headers.emplace("Host", Authority(request_.url));
    request.headers.emplace("User-Agent", kUserAgent);
    request.headers.emplace("Accept-Encoding", "identity");
    for (const auto& [name, value] : request_.headers) request.headers.emplace(name, value);
    request.body = request_.body;
    request.response_handler = [this](const httplib::Response& response) { return BeginBody(response); };
    request.content_receiver = [this](const char* bytes, size_t size, uint64_t, uint64_t) {
      return TakeBody(std::string_view(bytes, size));
    };
    return request;
  }

  bool BeginBody(const httplib::Response& response) {
    stream_.EndHead();
    is_streamed_ = request_.on_body && response.status >= 200 && response.status < 300;
    const std::string encoding = response.get_header_value("Content-Encoding");
    if (!encoding.empty() && encoding != "identity") {
      return Refuse({ErrorCode::kMalformed, "its answer has an encoding that was not requested"});
    }
    if (!is_streamed_ && response.get_header_value_u64("Content-Length") > request_.max_body_bytes) return TooLarge();
    return true;
  }

  bool TakeBody(std::string_view piece) {
    if (is_streamed_) {
      was_ended_ = !request_.on_body(piece);
      return !was_ended_;
    }
    if (piece.size() > request_.max_body_bytes - body_.size()) return TooLarge();
    body_ += piece;
    return true;
  }

  bool Refuse(Error error) {
    refusal_ = std::move(error);
    return false;
  }

  bool TooLarge() {
    return Refuse({ErrorCode::kTooLarge,
                   "its answer is larger than the limit of " + std::to_string(request_.max_body_bytes) + " bytes"});
  }

  std::optional<Error> FindFailure(bool is_whole) const {
    if (refusal_) return refusal_;
    if (was_ended_ || is_whole) return std::nullopt;
    if (stream_.failure()) return stream_.failure();
    if (stream_.is_at_end()) {
      return Error{ErrorCode::kUnavailable, "the connection ended before the answer was complete"};
    }
    return Error{ErrorCode::kMalformed, "its answer is not HTTP"};
  }

  bool MayReuse(const httplib::Response& response) const {
    return response.version == "HTTP/1.1" && !stream_.is_at_end() && !stream_.has_unread() &&
           LowerCase(response.get_header_value("Connection")).find("close") == std::string::npos;
  }

  ClientResponse TakeResponse(const httplib::Response& response) {
    ClientResponse taken{.status = response.status, .headers = {}, .body = std::move(body_)};
    for (const auto& [name, value] : response.headers) taken.headers.emplace_back(LowerCase(name), value);
    return taken;
  }

  const ClientRequest& request_;
  const Proxy* forwarder_;  // null: the request goes to its server itself
  BufferedStream stream_;
  std::string body_;
  bool is_streamed_ = false;
  bool was_ended_ = false;  // by on_body
  std::optional<Error> refusal_;
};

}  // namespace

ExchangeResult RunExchange(const ClientRequest& request, ClientConnection& connection, Wait& wait) {
  return Exchange(request, connection, wait).Run();
}

}  // namespace irsa::http
