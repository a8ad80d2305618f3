#include "irsa/kube/config/exec_plugin.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/json.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"

namespace irsa::kube {
namespace {

using base::Json;

constexpr const char* kKind = "ExecCredential";
constexpr std::chrono::minutes kTimeLimit{1};
// For a password, a code, or a login in a browser.
constexpr std::chrono::minutes kInteractiveTimeLimit{5};
constexpr size_t kMaxHintBytes = 2000;

Error Invalid(std::string why) { return {ErrorCode::kInvalid, std::move(why)}; }

// "" when it is absent, as in Go.
Result<std::string> OptionalText(const Json& object, const char* key) {
  if (base::FindMember(object, key) == nullptr) return std::string();
  return base::StringMember(object, key);
}

void AddText(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

Json ClusterJson(const ExecPlugin& plugin, const ExecCluster& cluster) {
  Json json = {{"server", cluster.server}};
  AddText(json, "tls-server-name", cluster.tls_server_name);
  AddText(json, "certificate-authority-data", base::EncodeBase64(cluster.ca_pem));
  AddText(json, "proxy-url", cluster.proxy_url);
  if (plugin.cluster_config.empty()) return json;
  auto config = base::ReadJson(plugin.cluster_config);
  if (config.ok()) json["config"] = *std::move(config);
  return json;
}

Status CheckKind(const Json& json, std::string_view api_version) {
  const auto kind = OptionalText(json, "kind");
  if (!kind.ok() || *kind != kKind) return Invalid("its output is not an ExecCredential: it has another kind");
  const auto version = OptionalText(json, "apiVersion");
  if (!version.ok() || *version != api_version) {
    return Invalid("its output has apiVersion " + (version.ok() ? base::Quoted(*version) : "of another type") +
                   ", but the kubeconfig asks for " + std::string(api_version));
  }
  return {};
}

Result<std::optional<base::SystemTime>> ReadExpiry(const Json& status) {
  const auto text = OptionalText(status, "expirationTimestamp");
  if (!text.ok()) return text.error();
  if (text->empty()) return std::optional<base::SystemTime>();
  const auto time = base::ParseRfc3339(*text);
  if (!time.ok()) return Invalid("expirationTimestamp is not a time such as 2026-08-01T12:00:00Z");
  return std::optional<base::SystemTime>(*time);
}

Result<ExecCredential> ReadStatus(const Json& status) {
  auto token = OptionalText(status, "token");
  if (!token.ok()) return std::move(token).error();
  auto certificate = OptionalText(status, "clientCertificateData");
  if (!certificate.ok()) return std::move(certificate).error();
  auto key = OptionalText(status, "clientKeyData");
  if (!key.ok()) return std::move(key).error();
  const auto expires = ReadExpiry(status);
  if (!expires.ok()) return expires.error();
  if (certificate->empty() != key->empty()) {
    return Invalid(key->empty() ? "it has clientCertificateData without clientKeyData"
                                : "it has clientKeyData without clientCertificateData");
  }
  if (token->empty() && key->empty()) return Invalid("it has neither a token nor a client certificate");
  return ExecCredential{*std::move(token), *std::move(certificate), *std::move(key), *expires};
}

std::string PluginName(const ExecPlugin& plugin) { return "exec plug-in " + base::Quoted(plugin.command); }

Error WithHint(Error error, const ExecPlugin& plugin) {
  if (error.code != ErrorCode::kNotFound || plugin.install_hint.empty()) return error;
  error.message += "; the kubeconfig says how to install it: " + base::Shortened(plugin.install_hint, kMaxHintBytes);
  return error;
}

}  // namespace

bool IsExecApiVersion(std::string_view text) {
  return text == "client.authentication.k8s.io/v1" || text == "client.authentication.k8s.io/v1beta1";
}

std::string WriteExecInfo(const ExecPlugin& plugin, const ExecCluster& cluster, bool is_interactive) {
  Json spec = {{"interactive", is_interactive}};
  if (plugin.provide_cluster_info) spec["cluster"] = ClusterJson(plugin, cluster);
  const Json info = {{"apiVersion", plugin.api_version}, {"kind", kKind}, {"spec", std::move(spec)}};
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ExecCredential> ReadExecCredential(std::string_view text, std::string_view api_version) {
  const auto json = base::ReadJson(text, {.max_bytes = kMaxExecCredentialBytes});
  if (!json.ok()) return base::WithContext(json.error(), "its output is not an ExecCredential");
  if (Status fits = CheckKind(*json, api_version); !fits.ok()) return std::move(fits).error();
  const Json* status = base::FindMember(*json, "status");
  if (status == nullptr || !status->is_object()) return Invalid("its ExecCredential has no status");
  auto credential = ReadStatus(*status);
  if (!credential.ok()) return base::WithContext(std::move(credential).error(), "the status of its ExecCredential");
  return credential;
}

Result<ExecCredential> ExecPluginRunner::Run(const ExecPlugin& plugin, const ExecCluster& cluster) const {
  const bool has_terminal = terminal_ == Terminal::kAvailable;
  if (plugin.interactive_mode == InteractiveMode::kAlways && !has_terminal) {
    return Error{ErrorCode::kInvalid,
                 PluginName(plugin) + ": its interactiveMode is Always, and standard input is not a terminal"};
  }
  const bool is_interactive = has_terminal && plugin.interactive_mode != InteractiveMode::kNever;
  base::Program program;
  program.command = plugin.command;
  program.arguments = plugin.arguments;
  program.environment = plugin.environment;
  program.environment.push_back("KUBERNETES_EXEC_INFO=" + WriteExecInfo(plugin, cluster, is_interactive));
  program.input = is_interactive ? base::ProgramInput::kShared : base::ProgramInput::kNone;
  program.time_limit = is_interactive ? kInteractiveTimeLimit : kTimeLimit;
  program.max_output_bytes = kMaxExecCredentialBytes;
  const auto exit = programs_.Run(program);
  if (!exit.ok()) return base::WithContext(WithHint(exit.error(), plugin), PluginName(plugin));
  if (exit->status != 0) {
    return Error{ErrorCode::kDenied, PluginName(plugin) + " failed with exit status " + std::to_string(exit->status)};
  }
  auto credential = ReadExecCredential(exit->output, plugin.api_version);
  if (!credential.ok()) return base::WithContext(std::move(credential).error(), PluginName(plugin));
  return credential;
}

}  // namespace irsa::kube
