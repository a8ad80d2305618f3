// Any bytes at all as a kubeconfig and as what its exec plug-in writes. What is read keeps its promises, and messages
// are no longer than what a person reads.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "irsa/kube/config/cluster_config.h"
#include "irsa/kube/config/exec_plugin.h"

#include "test/testing/fake_file_reader.h"

namespace irsa::kube {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckKubeconfig(std::string_view text) {
  testing::FakeFileReader files;
  files.files["/k/config"] = text;
  const auto config = ReadKubeconfig(files, "/k/config", "", ExecPlugins::kAllowed);
  if (!config.ok()) return;
  Require(!config->server.host.empty());
  Require(config->client_certificate.empty() == config->client_key.empty());
  if (!config->exec) return;
  const ExecPlugin& plugin = *config->exec;
  Require(config->token.empty() && !plugin.command.empty() && IsExecApiVersion(plugin.api_version));
  for (const std::string& variable : plugin.environment) {
    Require(variable.find('=') != std::string::npos && variable.front() != '=');
  }
  const std::string info = WriteExecInfo(plugin, {"https://api.example", "", "CA", config->proxy_url}, false);
  Require(info.find('\0') == std::string::npos);
  const auto refused = ReadKubeconfig(files, "/k/config");
  Require(refused.FailedWith(ErrorCode::kInvalid));
}

void CheckCredential(std::string_view text) {
  for (const char* version : {"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"}) {
    const auto credential = ReadExecCredential(text, version);
    if (credential.ok()) {
      Require(!credential->token.empty() || !credential->client_key.empty());
      Require(credential->client_certificate.empty() == credential->client_key.empty());
    } else {
      Require(credential.error().message.size() < 2000);
    }
  }
}

}  // namespace
}  // namespace irsa::kube

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  irsa::kube::CheckKubeconfig(text);
  irsa::kube::CheckCredential(text);
  return 0;
}
