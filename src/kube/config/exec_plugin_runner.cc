#include "irsa/kube/config/exec_plugin_runner.h"

#include <chrono>
#include <string>
#include <utility>

#include "irsa/base/text.h"

namespace irsa::kube {
namespace {

constexpr std::chrono::minutes kTimeLimit{1};
// For a password, a code, or a login in a browser.
constexpr std::chrono::minutes kInteractiveTimeLimit{5};
constexpr size_t kMaxHintBytes = 2000;

std::string PluginName(const ExecPlugin& plugin) { return "exec plug-in " + base::Quoted(plugin.command); }

Error WithHint(Error error, const ExecPlugin& plugin) {
  if (error.code != ErrorCode::kNotFound || plugin.install_hint.empty()) return error;
  error.message += "; the kubeconfig says how to install it: " + base::Shortened(plugin.install_hint, kMaxHintBytes);
  return error;
}

}  // namespace

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
