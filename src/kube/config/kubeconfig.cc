#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/manifest/manifest.h"

#include "kubeconfig_entry.h"

namespace irsa::kube {
namespace {

using manifest::Value;

constexpr size_t kMaxKubeconfigBytes = 4 << 20;
constexpr size_t kMaxNamesInMessage = 20;
constexpr const char* kNoNames = "none";

struct Kubeconfig {
  std::string path;
  Value value;  // a map
};

constexpr const char* kOtherLogins =
    "not supported: use a token, a tokenFile, a client certificate or an exec plug-in, or run kubectl proxy and pass "
    "its URL with --kube-api";
constexpr const char* kNoPlugins =
    "irsa serve does not run exec plug-ins: leave out --kubeconfig, so that it uses its pod's service account, or use "
    "a token, a tokenFile or a client certificate";
constexpr const char* kNoImpersonation = "impersonation is not supported: use the account's own credentials";

constexpr std::array kUnsupportedOfUser = {
    Unsupported{"auth-provider", kOtherLogins},     Unsupported{"username", kOtherLogins},
    Unsupported{"password", kOtherLogins},          Unsupported{"as", kNoImpersonation},
    Unsupported{"as-uid", kNoImpersonation},        Unsupported{"as-groups", kNoImpersonation},
    Unsupported{"as-user-extra", kNoImpersonation},
};
constexpr std::array kUnsupportedOfCluster = {
    Unsupported{"insecure-skip-tls-verify",
                "the apiserver's certificate is always verified: set certificate-authority-data, and tls-server-name "
                "if only the name differs"}};

Result<Kubeconfig> ParseFile(const std::string& path, std::string_view text) {
  const std::string place = "kubeconfig " + path;
  auto documents = manifest::ReadDocuments(text, {.max_bytes = kMaxKubeconfigBytes});
  if (!documents.ok()) return base::WithContext(std::move(documents).error(), place);
  // As kubectl has it: "kubectl config unset" may leave a file empty.
  if (documents->empty()) return Kubeconfig{path, Value::object()};
  if (documents->size() != 1 || !documents->front().value.is_object()) {
    return Error{ErrorCode::kInvalid, place + ": it is not a single document with a map"};
  }
  return Kubeconfig{path, std::move(documents->front().value)};
}

Result<std::vector<Kubeconfig>> ReadFiles(const base::FileReader& files, const std::string& paths) {
  std::vector<Kubeconfig> read;
  std::optional<Error> missing;
  for (std::string_view rest = paths; !rest.empty();) {
    const std::string path(base::TakeUntil(':', rest));
    if (path.empty()) continue;
    auto text = files.Read(path, kMaxKubeconfigBytes);
    if (text.FailedWith(ErrorCode::kNotFound)) {
      missing = std::move(text).error();
      continue;
    }
    if (!text.ok()) return base::WithContext(std::move(text).error(), "kubeconfig");
    auto file = ParseFile(path, *text);
    if (!file.ok()) return std::move(file).error();
    read.push_back(*std::move(file));
  }
  if (!read.empty()) return read;
  if (missing) return base::WithContext(*std::move(missing), "kubeconfig");
  return Error{ErrorCode::kInvalid, "\"" + paths + "\" names no kubeconfig"};
}

std::string ItemName(const Value& item) {
  const Value* name = Member(item, "name");
  return name != nullptr && name->is_string() ? name->get<std::string>() : "";
}

// What there is, for a message about what there is not: "a", "b".
std::string NamesIn(std::span<const Kubeconfig> files, const char* list_key) {
  std::string names;
  size_t count = 0;
  for (const Kubeconfig& file : files) {
    const Value* list = Member(file.value, list_key);
    if (list == nullptr || !list->is_array()) continue;
    for (const Value& item : *list) {
      if (ItemName(item).empty()) continue;
      if (++count > kMaxNamesInMessage) return names + ", …";
      names += (names.empty() ? "\"" : ", \"") + ItemName(item) + "\"";
    }
  }
  return names.empty() ? kNoNames : names;
}

// The item of that name in one file's list; null when there is none.
Result<const Value*> FindIn(const Kubeconfig& file, const char* list_key, const std::string& name) {
  const Value* list = Member(file.value, list_key);
  if (list == nullptr) return nullptr;
  const std::string place = "kubeconfig " + file.path + ": " + list_key;
  if (!list->is_array()) return Error{ErrorCode::kInvalid, place + " is not a list"};
  const Value* found = nullptr;
  for (const Value& item : *list) {
    if (ItemName(item) != name) continue;
    if (found != nullptr) return Error{ErrorCode::kInvalid, place + " has \"" + name + "\" twice"};
    found = &item;
  }
  return found;
}

// Entries are lists of {"name": …, "<kind>": {…}}; `list_key` is "<kind>s".
Result<KubeconfigEntry> FindEntry(std::span<const Kubeconfig> files, const char* kind, const std::string& name) {
  const std::string list_key = std::string(kind) + "s";
  for (const Kubeconfig& file : files) {
    const auto item = FindIn(file, list_key.c_str(), name);
    if (!item.ok()) return item.error();
    if (*item == nullptr) continue;
    const std::string place = "kubeconfig " + file.path + ": " + kind + " \"" + name + "\"";
    const Value* fields = Member(**item, kind);
    if (fields == nullptr || !fields->is_object()) {
      return Error{ErrorCode::kInvalid, place + ": it has no map " + kind};
    }
    return KubeconfigEntry(fields, place, std::filesystem::path(file.path).parent_path());
  }
  return Error{ErrorCode::kInvalid, "kubeconfig " + files.front().path + ": there is no " + kind + " \"" + name +
                                        "\"; available: " + NamesIn(files, list_key.c_str())};
}

Result<std::string> CurrentContext(std::span<const Kubeconfig> files) {
  for (const Kubeconfig& file : files) {
    const Value* name = Member(file.value, "current-context");
    if (!IsSet(name)) continue;
    if (name->is_string()) return name->get<std::string>();
    return Error{ErrorCode::kInvalid, "kubeconfig " + file.path + ": current-context is not a string"};
  }
  const std::string names = NamesIn(files, "contexts");
  return Error{ErrorCode::kInvalid,
               "kubeconfig " + files.front().path + ": it has no current-context" +
                   (names == kNoNames ? " and no contexts" : "; choose one of its contexts: " + names)};
}

Status ReadCluster(KubeconfigEntry& entry, ClusterConfig& config) {
  entry.RefuseAll(kUnsupportedOfCluster);
  const std::string server = entry.Text("server");
  if (server.empty()) entry.Refuse("it has no server");
  auto url = base::ParseUrl(server);
  if (!url.ok()) entry.Refuse("server: " + url.error().message);
  config.ca = entry.FileOrData("certificate-authority", "certificate-authority-data");
  config.tls_server_name = entry.Text("tls-server-name");
  if (url.ok()) config.server = *std::move(url);
  config.proxy_url = entry.Text("proxy-url");
  if (!config.proxy_url.empty()) {
    auto proxy = http::ParseProxyUrl(config.proxy_url);
    if (!proxy.ok()) entry.Refuse("proxy-url: " + proxy.error().message);
    if (proxy.ok()) config.proxies = http::ProxyChoice(*std::move(proxy));
  }
  return entry.status();
}

Status ReadUser(KubeconfigEntry& entry, const KubeconfigEntry& cluster, ExecPlugins exec_plugins,
                ClusterConfig& config) {
  entry.RefuseAll(kUnsupportedOfUser);
  config.client_certificate = entry.FileOrData("client-certificate", "client-certificate-data");
  config.client_key = entry.FileOrData("client-key", "client-key-data");
  config.token = entry.File("tokenFile");
  if (config.token.empty()) config.token.text = entry.Text("token");
  if (config.client_certificate.empty() != config.client_key.empty()) {
    entry.Refuse(config.client_key.empty() ? "it has a client-certificate without its client-key"
                                           : "it has a client-key without its client-certificate");
  }
  if (IsSet(entry.Find("exec")) && config.token.empty()) {
    if (exec_plugins == ExecPlugins::kRefused) entry.Refuse(std::string("exec: ") + kNoPlugins);
    config.exec = ReadExecPlugin(entry);
    config.exec->cluster_config = ReadExecClusterConfig(cluster);
  }
  return entry.status();
}

}  // namespace

Result<ClusterConfig> ReadKubeconfig(const base::FileReader& files, const std::string& paths,
                                     const std::string& context, ExecPlugins exec_plugins) {
  const auto read = ReadFiles(files, paths);
  if (!read.ok()) return read.error();
  const auto name = context.empty() ? CurrentContext(*read) : Result<std::string>(context);
  if (!name.ok()) return name.error();
  auto chosen = FindEntry(*read, "context", *name);
  if (!chosen.ok()) return std::move(chosen).error();
  const std::string cluster_name = chosen->Text("cluster");
  const std::string user_name = chosen->Text("user");
  ClusterConfig config;
  config.origin = "kubeconfig " + paths + ", context " + *name;
  if (const std::string text = chosen->Text("namespace"); !text.empty()) config.namespace_name = text;
  if (cluster_name.empty()) chosen->Refuse("it names no cluster");
  if (!base::IsDnsLabel(config.namespace_name)) {
    chosen->Refuse("\"" + config.namespace_name + "\" is not a valid namespace name");
  }
  if (const Status status = chosen->status(); !status.ok()) return status.error();

  auto cluster = FindEntry(*read, "cluster", cluster_name);
  if (!cluster.ok()) return std::move(cluster).error();
  if (const Status status = ReadCluster(*cluster, config); !status.ok()) return status.error();
  if (user_name.empty()) return config;
  auto user = FindEntry(*read, "user", user_name);
  if (!user.ok()) return std::move(user).error();
  if (const Status status = ReadUser(*user, *cluster, exec_plugins, config); !status.ok()) return status.error();
  return config;
}

}  // namespace irsa::kube
