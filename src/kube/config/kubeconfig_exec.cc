#include <algorithm>
#include <filesystem>
#include <utility>

#include "irsa/base/text.h"

#include "kubeconfig_entry.h"

namespace irsa::kube {
namespace {

using manifest::Value;

constexpr const char* kExtension = "client.authentication.k8s.io/exec";

// A list that is absent is empty.
const Value& ListIn(KubeconfigEntry& exec, const char* key) {
  static const Value kNone = Value::array();
  const Value* list = exec.Find(key);
  if (list == nullptr || list->is_array()) return list == nullptr ? kNone : *list;
  exec.Refuse(std::string(key) + " is not a list");
  return kNone;
}

std::vector<std::string> ReadArguments(KubeconfigEntry& exec) {
  std::vector<std::string> arguments;
  for (const Value& argument : ListIn(exec, "args")) {
    if (argument.is_string()) {
      arguments.push_back(argument.get<std::string>());
    } else {
      exec.Refuse(std::string("args has an item that is not a string but of type ") + argument.type_name());
    }
  }
  return arguments;
}

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

std::vector<std::string> ReadVariables(KubeconfigEntry& exec) {
  std::vector<std::string> variables;
  for (const Value& variable : ListIn(exec, "env")) {
    const Value* name = Member(variable, "name");
    const Value* value = Member(variable, "value");
    const bool has_name = IsSet(name) && name->is_string();
    if (!has_name || (value != nullptr && !value->is_string())) {
      exec.Refuse("env has an item that is not a name and a value, both strings");
      continue;
    }
    variables.push_back(name->get<std::string>() + "=" + (value == nullptr ? "" : value->get<std::string>()));
    if (name->get_ref<const std::string&>().find('=') != std::string::npos) exec.Refuse("env has a name with a \"=\"");
  }
  return variables;
}

// One with a slash is a path from the kubeconfig's folder, and stays one.
std::string ReadCommand(KubeconfigEntry& exec) {
  const std::string command = exec.Text("command");
  if (command.empty()) exec.Refuse("command is missing");
  if (command.find('/') == std::string::npos) return command;
  const std::string path = (exec.folder() / command).lexically_normal().string();
  return path.find('/') == std::string::npos ? "./" + path : path;
}

std::string ReadApiVersion(KubeconfigEntry& exec) {
  std::string version = exec.Text("apiVersion");
  if (version.empty()) {
    exec.Refuse("apiVersion is missing");
  } else if (!IsExecApiVersion(version)) {
    exec.Refuse("apiVersion " + base::Quoted(version) +
                " is not supported: client.authentication.k8s.io/v1 and v1beta1 are; update the tool that wrote this "
                "kubeconfig");
  }
  return version;
}

InteractiveMode ReadInteractiveMode(KubeconfigEntry& exec, const std::string& api_version) {
  const std::string mode = exec.Text("interactiveMode");
  if (mode == "Never") return InteractiveMode::kNever;
  if (mode == "IfAvailable") return InteractiveMode::kIfAvailable;
  if (mode == "Always") return InteractiveMode::kAlways;
  if (!mode.empty()) {
    exec.Refuse("interactiveMode " + base::Quoted(mode) + " is none of Never, IfAvailable and Always");
  } else if (api_version.ends_with("/v1")) {
    exec.Refuse("interactiveMode is missing: Never, IfAvailable or Always");
  }
  return InteractiveMode::kIfAvailable;  // v1beta1's default
}

bool ReadFlag(KubeconfigEntry& exec, const char* key) {
  const Value* value = exec.Find(key);
  if (value == nullptr || value->is_boolean()) return value != nullptr && value->get<bool>();
  exec.Refuse(std::string(key) + " is not true or false");
  return false;
}

}  // namespace

ExecPlugin ReadExecPlugin(KubeconfigEntry& user) {
  ExecPlugin plugin;
  const Value* fields = user.Find("exec");
  if (fields == nullptr || !fields->is_object()) {
    user.Refuse("exec is not a map");
    return plugin;
  }
  KubeconfigEntry exec(fields, "exec", user.folder());
  plugin.api_version = ReadApiVersion(exec);
  plugin.command = ReadCommand(exec);
  plugin.arguments = ReadArguments(exec);
  plugin.environment = ReadVariables(exec);
  plugin.install_hint = exec.Text("installHint");
  plugin.interactive_mode = ReadInteractiveMode(exec, plugin.api_version);
  plugin.provide_cluster_info = ReadFlag(exec, "provideClusterInfo");
  // execve would take the text before it.
  if (HasNul(plugin.command) || std::ranges::any_of(plugin.arguments, HasNul) ||
      std::ranges::any_of(plugin.environment, HasNul)) {
    exec.Refuse("command, args or env contain a NUL character");
  }
  if (const Status status = exec.status(); !status.ok()) user.Refuse(status.error().message);
  return plugin;
}

std::string ReadExecClusterConfig(const KubeconfigEntry& cluster) {
  const Value* extensions = cluster.Find("extensions");
  if (extensions == nullptr || !extensions->is_array()) return "";
  for (const Value& extension : *extensions) {
    const Value* name = Member(extension, "name");
    const Value* config = Member(extension, "extension");
    if (name != nullptr && name->is_string() && *name == kExtension && config != nullptr) return config->dump();
  }
  return "";
}

}  // namespace irsa::kube
