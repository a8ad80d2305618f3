#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/memory.h"
#include "irsa/base/program.h"
#include "irsa/base/waiting.h"
#include "irsa/http/client/network_client.h"
#include "irsa/kube/config/cluster_config.h"
#include "irsa/serve/instance_metadata.h"
#include "irsa/serve/termination_signals.h"
#include "irsa/serve/webhook.h"
#include "irsa/telemetry/stderr_log.h"

#include "cli/options/command.h"
#include "cli/options/serve_flags.h"

namespace irsa::cli {
namespace {

constexpr const char* kServe = "serve";
constexpr const char* kController = "controller";

int FailToServe(const serve::ServeOptions& options, std::string_view message, int exit_status = kFailed) {
  Say(std::string("irsa ") + (options.mutates_pods ? kServe : kController), message);
  return exit_status;
}

// The account of roles that annotations name without an ARN, where the flags do not say it. Before the ports open: no
// pod is to be answered, and no replica ready, with an account that is not known.
Status CompleteComposition(serve::ServeOptions& options, const base::Environment& environment) {
  if (!options.settings.composition.is_on || options.settings.composition.KnowsAccount()) return {};
  const char* given = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const bool is_given = given != nullptr && *given != '\0';
  const Result<base::Url> endpoint = base::ParseUrl(is_given ? given : serve::kInstanceMetadataEndpoint);
  if (!endpoint.ok()) return base::WithContext(endpoint.error(), "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  http::NetworkClient client;
  const base::SystemClock clock;
  base::ThreadWaiter waiter;
  telemetry::StderrLog log(options.log_level, options.log_format);
  return serve::CompleteFromInstance({client, clock, waiter, log}, *endpoint, options.settings.composition);
}

int RunServe(serve::ServeOptions options) {
  const base::SteadyTime started = base::SystemClock().SteadyNow();
  const auto environment = [](const char* name) { return static_cast<const char*>(std::getenv(name)); };
  if (const std::string wrong = WrongUsage(options, environment); !wrong.empty())
    return FailToServe(options, wrong, kUsage);
  std::optional<kube::ClusterConfig> cluster;
  if (options.service_accounts_path.empty() || options.tls_self_managed) {
    auto found = kube::FindCluster({.kubeconfig = options.kubeconfig, .context = {}, .server = options.kube_api},
                                   environment, base::DiskFileReader());
    if (!found.ok()) return FailToServe(options, found.error().message);
    cluster = *std::move(found);
  }
  if (const Status known = CompleteComposition(options, environment); !known.ok()) {
    return FailToServe(options, known.error().message);
  }
  base::LeaveNoCoreDumps();
  std::signal(SIGHUP, SIG_IGN);  // a terminal that goes is no reason to stop, and files are read again by themselves
  const serve::TerminationSignals signals;
  serve::Webhook webhook(options, cluster, started);
  if (const Status loaded = webhook.Load(); !loaded.ok()) return FailToServe(options, loaded.error().message);
  if (const Status status = webhook.Start(); !status.ok()) {
    return FailToServe(options, status.error().message, status.FailedWith(ErrorCode::kInvalid) ? kUsage : kFailed);
  }
  webhook.ServeUntilTold(signals);
  return kDone;
}

}  // namespace

void AddServe(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(kServe, "Serve the mutating admission webhook");
  const auto options = std::make_shared<serve::ServeOptions>();
  AddServeOptions(*command, *options);
  command->callback([&run, options] { run = [options] { return RunServe(*options); }; });
}

// The same process and the same options, so that a Deployment's arguments fit both.
void AddController(CLI::App& app, std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(kController,
                                         "Warn and report, by Events and metrics, beside kube-apiserver's identity "
                                         "policy, which injects the identities");
  const auto options = std::make_shared<serve::ServeOptions>();
  options->mutates_pods = false;
  AddServeOptions(*command, *options);
  command->callback([&run, options] {
    options->reports_pods = true;  // what it is for, beside its warnings
    run = [options] { return RunServe(*options); };
  });
}

}  // namespace irsa::cli
