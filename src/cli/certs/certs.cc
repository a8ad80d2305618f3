#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_authority.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"
#include "development_certificates.h"

namespace irsa::cli {
namespace {

using base::FormatRfc3339;
using Kind = crypto::ServerName::Kind;
using Days = std::chrono::duration<int, std::chrono::days::period>;

constexpr const char* kCerts = "irsa certs";
constexpr int kMaxDays = 36500;

struct Options {
  std::string directory = "certs";
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  std::string service;
  std::string service_namespace;
  int days = 365;
  int ca_days = 3650;
  bool force = false;
  std::string output = "text";
};

std::string CheckDnsName(const std::string& text) {
  const auto name = crypto::ParseServerName(text);
  if (!name.ok()) return name.error().message;
  return name->kind == Kind::kDns ? "" : "\"" + text + "\" is an IP address: use --ip";
}

std::string CheckLabel(const std::string& text) {
  if (base::IsDnsLabel(text)) return {};
  return "\"" + text + "\" is not a DNS label: 1 to 63 lower-case letters, digits and inner hyphens";
}

std::vector<std::string> Names(const Options& options) {
  std::vector<std::string> names;
  if (!options.service.empty()) {
    // The apiserver dials the first; the second is what other clients in the cluster may use.
    const std::string service = options.service + "." + options.service_namespace + ".svc";
    names = {service, service + ".cluster.local"};
  }
  names.insert(names.end(), options.dns_names.begin(), options.dns_names.end());
  names.insert(names.end(), options.addresses.begin(), options.addresses.end());
  if (names.empty()) names = {"localhost", "127.0.0.1", "::1"};
  return names;
}

const char* StateName(DevelopmentCertificates::CaState state) {
  constexpr std::array kNames = {"made", "kept", "replaced"};
  return kNames[static_cast<size_t>(state)];
}

std::string Json(const CertificateFilePaths& paths, const std::vector<std::string>& names,
                 const DevelopmentCertificates& made) {
  const nlohmann::ordered_json json = {{"ca",
                                        {{"certificate", paths.ca_certificate},
                                         {"key", paths.ca_key},
                                         {"state", StateName(made.ca_state)},
                                         {"notAfter", FormatRfc3339(made.ca_not_after)}}},
                                       {"serving",
                                        {{"certificate", paths.certificate},
                                         {"key", paths.key},
                                         {"names", names},
                                         {"notBefore", FormatRfc3339(made.not_before)},
                                         {"notAfter", FormatRfc3339(made.not_after)}}},
                                       {"caBundle", base::EncodeBase64(made.ca_pem)}};
  return JsonText(json);
}

std::string Text(const CertificateFilePaths& paths, const std::vector<std::string>& names,
                 const DevelopmentCertificates& made) {
  return paths.ca_certificate + ": CA (" + StateName(made.ca_state) + "), valid until " +
         FormatRfc3339(made.ca_not_after) + "; its key: " + paths.ca_key + "\n" + paths.certificate +
         ": serving certificate for " + base::Joined(names) + ", valid until " + FormatRfc3339(made.not_after) +
         "; its key: " + paths.key + "\n" + "caBundle of a webhook configuration: base64 -w0 " + paths.ca_certificate +
         "\n";
}

int RunCerts(const Options& options) {
  const CertificateFilePaths paths = PathsIn(options.directory);
  const std::vector<std::string> names = Names(options);
  const base::SystemTime now = base::SystemClock().Now();
  const auto made = MakeDevelopmentCertificates(
      {options.directory, names, Days(options.days), Days(options.ca_days), options.force}, now);
  if (!made.ok()) return Fail(kCerts, made.error());
  if (made->replaced_because) {
    Say(kCerts, *made->replaced_because + ": created a new CA; add it to the trust store of every client");
  }
  if (made->not_after == made->ca_not_after && made->not_after < now + Days(options.days)) {
    Say(kCerts, "the serving certificate expires with its CA, in less than " + std::to_string(options.days) + " days");
  }
  return PrintResult((options.output == "json" ? Json : Text)(paths, names, *made)) ? kDone : kFailed;
}

}  // namespace

void AddCerts(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("certs", "Create a CA and a serving certificate for development");
  command->footer(
      "Writes ca.crt, ca.key, tls.crt and tls.key; only their owner can read the keys. An existing CA is kept, so that "
      "clients that trust it keep working; the serving certificate and its key are replaced each time. Without --dns, "
      "--ip and --service the certificate is for localhost, 127.0.0.1 and ::1.\n\n"
      "Examples:\n"
      "  irsa certs --dir certs\n"
      "  irsa certs --dir certs --service irsa --namespace irsa-system --days 90");
  AddOption(*command, "--dir DIRECTORY", options->directory, "Directory for the files; created if it does not exist")
      ->check(CheckDirectory)
      ->capture_default_str();
  AddOption(*command, "--dns NAME", options->dns_names, "DNS name of the server; may be repeated")
      ->allow_extra_args(false)
      ->check(CheckDnsName);
  AddOption(*command, "--ip ADDRESS", options->addresses, "IPv4 or IPv6 address of the server; may be repeated")
      ->allow_extra_args(false)
      ->check(CheckAddress);
  CLI::Option* service = AddOption(*command, "--service NAME", options->service,
                                   "Kubernetes Service of the server: adds NAME.NS.svc and NAME.NS.svc.cluster.local")
                             ->check(CheckLabel);
  CLI::Option* service_namespace =
      AddOption(*command, "--namespace NS", options->service_namespace, "Namespace of that Service")->check(CheckLabel);
  service->needs(service_namespace);
  service_namespace->needs(service);
  AddOption(*command, "--days DAYS", options->days,
            "Lifetime of the serving certificate in days, capped at the CA's expiry")
      ->check(CLI::Range(1, kMaxDays))
      ->capture_default_str();
  AddOption(*command, "--ca-days DAYS", options->ca_days, "Lifetime of a new CA in days")
      ->check(CLI::Range(1, kMaxDays))
      ->capture_default_str();
  command->add_flag("--force", options->force,
                    "Replace a CA that is damaged or expired, and a serving certificate that another CA issued");
  AddOutputOption(*command, options->output, {"text", "json"}, "What to print");
  command->callback([options, &run] { run = [options] { return RunCerts(*options); }; });
}

}  // namespace irsa::cli
