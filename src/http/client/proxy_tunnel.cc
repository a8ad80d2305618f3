#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "irsa/base/text.h"

#include "client_connection.h"

namespace irsa::http {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// With its port, always.
std::string TargetOf(const base::Url& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

std::string ConnectRequest(const base::Url& url, const Proxy& proxy) {
  const std::string target = TargetOf(url);
  std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  request.append("User-Agent: ").append(kUserAgent).append("\r\n");
  if (!proxy.authorization.empty()) request += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  return request + "\r\n";
}

// Of "HTTP/1.1 200 Connection established".
std::optional<uint64_t> StatusIn(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr size_t kStatusStart = kVersion.size() + 2;
  if (!head.starts_with(kVersion) || head.size() < kStatusStart + 3) return std::nullopt;
  const auto status = base::ParseNumber(head.substr(kStatusStart, 3));
  return status >= 100U ? status : std::nullopt;
}

Result<std::string> ReadHead(ClientConnection& connection, Wait& wait) {
  std::string head;
  std::array<char, 4096> piece{};
  while (head.find(kHeadEnd) == std::string::npos) {
    if (head.size() > kMaxAnswerHeadBytes) return Error{ErrorCode::kMalformed, "the head of its answer is too long"};
    const auto got = connection.Read(piece.data(), piece.size(), wait);
    if (!got.ok()) return got.error();
    if (*got == 0) return Error{ErrorCode::kUnavailable, "it closed the connection instead of answering"};
    head.append(piece.data(), *got);
  }
  return head;
}

Status RefusedWith(uint64_t status) {
  std::string message = "it refused the connection with status " + std::to_string(status);
  if (status == 407) message += ": check the user name and password in its URL";
  return Error{ErrorCode::kUnavailable, std::move(message)};
}

}  // namespace

Status OpenTunnel(const base::Url& url, const Proxy& proxy, ClientConnection& connection, Wait& wait) {
  if (Status written = connection.Write(ConnectRequest(url, proxy), wait); !written.ok()) return written;
  const auto head = ReadHead(connection, wait);
  if (!head.ok()) return head.error();
  const auto status = StatusIn(*head);
  if (!status) return Error{ErrorCode::kMalformed, "its answer is not HTTP"};
  if (*status < 200 || *status >= 300) return RefusedWith(*status);
  // In TLS the server waits for the client to begin.
  if (!head->ends_with(kHeadEnd) || head->find(kHeadEnd) + kHeadEnd.size() != head->size()) {
    return Error{ErrorCode::kMalformed, "it sent data before the connection was used"};
  }
  return {};
}

}  // namespace irsa::http
