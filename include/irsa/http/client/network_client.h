// The client that really connects: sockets and TLS of our own, so that a deadline covers the whole exchange and a
// blocked read can be ended from another thread, under cpp-httplib's writing of requests and reading of answers.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "irsa/base/result.h"
#include "irsa/http/client/client.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/http/client/proxy.h"

namespace irsa::http {

class ClientConnection;
class Wait;

// Keeps a few connections open for the next request to the same origin. No compression, no redirects. Looking up a
// host's name is the one step that neither deadline nor stop can cut short: the system's resolver bounds it.
//
// Through a proxy, https goes by CONNECT, so that the proxy sees neither request nor answer, and http as a request that
// the proxy forwards. An https proxy is verified by `tls`, too. Errors name the proxy by its scheme, host and port.
//
// The process ignores SIGPIPE from the first NetworkClient on: OpenSSL writes to sockets whose other side may be gone.
class NetworkClient final : public Client {
 public:
  // Without `tls`, https is refused.
  explicit NetworkClient(std::shared_ptr<const ClientTls> tls = nullptr, ProxyChoice proxies = {});
  ~NetworkClient() override;

  Result<ClientResponse> Send(const ClientRequest& request) override;

  // For connections made from now on; idle ones are closed. From any thread.
  void SetTls(std::shared_ptr<const ClientTls> tls);

 private:
  Result<std::unique_ptr<ClientConnection>> Connect(const ClientRequest& request);
  std::unique_ptr<ClientConnection> TakeIdle(const std::string& origin);
  void KeepIdle(std::unique_ptr<ClientConnection> connection);

  const ProxyChoice proxies_;
  std::mutex mutex_;
  std::shared_ptr<const ClientTls> tls_;                 // guarded by mutex_
  std::vector<std::unique_ptr<ClientConnection>> idle_;  // guarded by mutex_; the one used last is at the end
};

}  // namespace irsa::http
