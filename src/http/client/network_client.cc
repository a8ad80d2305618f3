#include "irsa/http/client/network_client.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "client_connection.h"
#include "http/socket/wait.h"

namespace irsa::http {
namespace {

constexpr size_t kMaxIdle = 4;
// With the TLS handshake. A watch has minutes; a server that is gone should not.
constexpr std::chrono::seconds kMaxConnectTime{5};
// A proxy looks up the server's name and connects to it, too.
constexpr std::chrono::seconds kMaxProxyTime{15};

// A line break in a value would begin a header of its own.
bool IsHeader(const Headers::value_type& header) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const auto& [name, value] = header;
  return !name.empty() && name.find_first_of(" :") == std::string::npos && std::ranges::none_of(name, is_control) &&
         std::ranges::none_of(value, is_control);
}

// The server may have closed a kept connection just when the request was sent; what only reads can then be sent again.
bool MayRepeat(const ClientRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

const std::string* FindHeader(const ClientResponse& response, std::string_view name) {
  const auto header = std::ranges::find(response.headers, name, &Headers::value_type::first);
  return header == response.headers.end() ? nullptr : &header->second;
}

NetworkClient::NetworkClient(std::shared_ptr<const ClientTls> tls, ProxyChoice proxies)
    : proxies_(std::move(proxies)), tls_(std::move(tls)) {
  std::signal(SIGPIPE, SIG_IGN);
}

NetworkClient::~NetworkClient() = default;

Result<ClientResponse> NetworkClient::Send(const ClientRequest& request) {
  const std::string origin = Origin(request.url);
  if (!std::ranges::all_of(request.headers, IsHeader)) {
    return Error{ErrorCode::kInvalid, origin + ": a request header has an invalid character"};
  }
  Wait wait(request.deadline, request.stop);
  bool is_kept = true;
  while (true) {
    auto connection = is_kept ? TakeIdle(origin) : nullptr;
    is_kept = connection != nullptr;
    if (!is_kept) {
      auto opened = Connect(request);
      if (!opened.ok()) return base::WithContext(std::move(opened).error(), origin);
      connection = std::move(*opened);
    }
    ExchangeResult result = RunExchange(request, *connection, wait);
    if (result.may_reuse) KeepIdle(std::move(connection));
    if (result.response.ok()) return std::move(result.response);
    if (is_kept && !result.got_bytes && MayRepeat(request) && wait.Check().ok()) {
      is_kept = false;
      continue;
    }
    return base::WithContext(std::move(result.response).error(), origin);
  }
}

Result<std::unique_ptr<ClientConnection>> NetworkClient::Connect(const ClientRequest& request) {
  auto proxy = proxies_.For(request.url);
  if (!proxy.ok()) return std::move(proxy).error();
  ConnectionTarget target{request.url, *std::move(proxy), nullptr};
  const bool is_proxy_https = target.proxy && target.proxy->url.scheme == "https";
  if (request.url.scheme == "https" || is_proxy_https) {
    const std::lock_guard lock(mutex_);
    target.tls = tls_;
    if (!target.tls) return Error{ErrorCode::kInvalid, "no CA certificates were given to verify it with"};
  }
  const auto most = target.proxy ? kMaxProxyTime : kMaxConnectTime;
  Wait wait(std::min(request.deadline, std::chrono::steady_clock::now() + most), request.stop);
  return ClientConnection::Open(std::move(target), wait);
}

void NetworkClient::SetTls(std::shared_ptr<const ClientTls> tls) {
  std::vector<std::unique_ptr<ClientConnection>> closed;  // outside the lock
  const std::lock_guard lock(mutex_);
  tls_ = std::move(tls);
  closed.swap(idle_);
}

std::unique_ptr<ClientConnection> NetworkClient::TakeIdle(const std::string& origin) {
  while (true) {
    std::unique_ptr<ClientConnection> connection;
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                      [&origin](const auto& candidate) { return candidate->origin() == origin; });
      if (found == idle_.rend()) return nullptr;
      connection = std::move(*found);
      idle_.erase(std::next(found).base());
    }
    if (connection->IsQuiet()) return connection;
  }
}

void NetworkClient::KeepIdle(std::unique_ptr<ClientConnection> connection) {
  std::unique_ptr<ClientConnection> closed;  // outside the lock
  const std::lock_guard lock(mutex_);
  if (connection->tls() && connection->tls() != tls_) return;
  if (idle_.size() == kMaxIdle) {
    closed = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  idle_.push_back(std::move(connection));
}

}  // namespace irsa::http
