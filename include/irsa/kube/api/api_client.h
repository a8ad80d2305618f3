// The ApiServer that really asks: logs in as the cluster's configuration says, and keeps up with credentials that are
// renewed under it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/http/client/client.h"
#include "irsa/http/client/client_tls.h"
#include "irsa/kube/api/api_server.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"

namespace irsa::kube {

class Credentials;

struct ApiClientOptions {
  ClusterConfig cluster;
  // How often, at most, the files of token, CA and client certificate are read again. The kubelet renews a token when a
  // fifth of its life is left, so a second is soon enough.
  std::chrono::milliseconds poll_interval{1000};
  // Called after each exchange, from the thread that sent: the verb's name and the answer's status, 0 when there was no
  // whole answer. A watch is over when it ends.
  std::function<void(std::string_view verb, int status)> on_answer = {};
};

// What the client works with; all of it outlives the client.
struct ApiClientParts {
  http::Client& client;
  // Gives the client what it must trust and show from now on: NetworkClient::SetTls.
  std::function<void(std::shared_ptr<const http::ClientTls>)> set_tls;
  const base::FileReader& files;
  const base::Clock& clock;
  base::Log& log;
  // Null: a configuration with an exec plug-in cannot be used.
  const ExecPluginRunner* exec_plugins = nullptr;
};

// May be used from any thread.
//
// Files that change are taken up by themselves: looked at before a request, at most once in poll_interval, and at once
// after a 401, upon which the request is sent once more if they had changed. Files that are missing or broken leave the
// last good content in use; a log line says so, once for each reason. A token is never sent over plain HTTP but to this
// machine itself.
//
// An exec plug-in is run before the first request, when its credential has expired, and once when the apiserver refuses
// that with 401. Requests wait for it.
class ApiClient final : public ApiServer {
 public:
  ApiClient(ApiClientOptions options, ApiClientParts parts);
  ~ApiClient() override;

  // Reads the credentials for the first time; errors name the file. Without it the first Send does.
  Status Load();

  // kInvalid, too, for a path that no request can have.
  Result<ApiAnswer> Send(const ApiRequest& request) override;

 private:
  // Counts up with each change of anything that tells who we are.
  struct Login {
    std::string token;
    uint64_t version = 0;
  };

  Result<Login> CurrentLogin();
  Result<Login> RenewedLogin(const Login& refused);
  Result<Login> ReadLogin(bool is_refused);
  Result<Login> LastLogin() const;
  Status Refresh(bool is_refused);
  Result<ApiAnswer> Exchange(const ApiRequest& request, const std::string& token);

  const ApiClientOptions options_;
  const ApiClientParts parts_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<Credentials> credentials_;
  bool is_loaded_ = false;
  base::SteadyTime last_read_;
  uint64_t version_ = 0;
  std::optional<uint64_t> renewed_version_;  // what a plug-in gave after a 401: it is not asked again for that reason
  Status usable_;                            // why there is nothing to log in with any more
  std::string last_error_;                   // of the last reading; empty: it succeeded
};

}  // namespace irsa::kube
