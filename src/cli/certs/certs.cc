#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "irsa/base/base64.h"
#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/result.h"
#include "irsa/base/text.h"
#include "irsa/base/time_text.h"
#include "irsa/crypto/certificate_authority.h"
#include "irsa/crypto/certificate_inspection.h"
#include "irsa/crypto/key_pair.h"

#include "cli/options/command.h"
#include "cli/options/option_types.h"
#include "cli/output/standard_streams.h"

namespace irsa::cli {
namespace {

using base::FormatRfc3339;
using base::SystemTime;
using crypto::CertificateAuthority;
using Kind = crypto::ServerName::Kind;
using Days = std::chrono::duration<int, std::chrono::days::period>;

constexpr const char* kCerts = "irsa certs";
constexpr int kMaxDays = 36500;
constexpr const char* kCaCommonName = "irsa development CA";

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
  for (const auto* given : {&options.dns_names, &options.addresses}) {
    for (const std::string& name : *given) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  if (names.empty()) names = {"localhost", "127.0.0.1", "::1"};
  return names;
}

struct FilePaths {
  std::string ca_certificate;  // <directory>/ca.crt, and so on
  std::string ca_key;
  std::string certificate;
  std::string key;
};

FilePaths PathsIn(const std::string& directory) {
  const std::filesystem::path path(directory);
  return {path / "ca.crt", path / "ca.key", path / "tls.crt", path / "tls.key"};
}

enum class CaState { kMade, kKept, kReplaced };

struct Certificates {
  CaState ca_state = CaState::kMade;
  std::optional<std::string> replaced_because;  // set when the CA was replaced
  std::string ca_pem;
  SystemTime ca_not_after;
  SystemTime not_before;  // of the serving certificate, as not_after
  SystemTime not_after;
};

// nullopt when the directory holds no part of a CA.
Result<std::optional<CertificateAuthority>> ReadAuthority(const FilePaths& paths, SystemTime now) {
  auto certificate = ReadIfThere(paths.ca_certificate, crypto::kMaxPemBytes);
  if (!certificate.ok()) return std::move(certificate).error();
  auto key = ReadIfThere(paths.ca_key, crypto::kMaxPemBytes);
  if (!key.ok()) return std::move(key).error();
  if (!*certificate && !*key) return std::optional<CertificateAuthority>();
  if (!*certificate || !*key) {
    const auto& [missing, there] =
        *certificate ? std::pair(paths.ca_key, paths.ca_certificate) : std::pair(paths.ca_certificate, paths.ca_key);
    return Error{ErrorCode::kInvalid, there + " exists, but " + missing + " does not"};
  }
  auto authority = CertificateAuthority::Parse({**std::move(certificate), **std::move(key)});
  if (!authority.ok()) return WithContext(std::move(authority).error(), paths.ca_certificate + " with " + paths.ca_key);
  if (now > authority->not_after()) {
    return Error{ErrorCode::kInvalid,
                 paths.ca_certificate + " expired at " + base::FormatRfc3339(authority->not_after())};
  }
  return std::optional(*std::move(authority));
}

// Whether making it anew helps: it does not against a file that may not be read.
bool IsBroken(const Error& error) { return error.code == ErrorCode::kMalformed || error.code == ErrorCode::kInvalid; }

struct ObtainedAuthority {
  CertificateAuthority authority;
  CaState state;
  std::optional<std::string> replaced_because;
};

Result<ObtainedAuthority> ObtainAuthority(const Options& options, const FilePaths& paths, SystemTime now) {
  auto existing = ReadAuthority(paths, now);
  if (!existing.ok() && !IsBroken(existing.error())) return std::move(existing).error();
  if (!existing.ok() && !options.force) {
    return Error{existing.error().code,
                 existing.error().message + "; --force creates a new CA, which clients must then trust"};
  }
  if (existing.ok() && *existing) return ObtainedAuthority{**std::move(existing), CaState::kKept, std::nullopt};
  auto made = CertificateAuthority::Create(kCaCommonName, now, Days(options.ca_days));
  if (!made.ok()) return std::move(made).error();
  if (existing.ok()) return ObtainedAuthority{*std::move(made), CaState::kMade, std::nullopt};
  return ObtainedAuthority{*std::move(made), CaState::kReplaced, std::move(existing).error().message};
}

// A pair that someone put there, from cert-manager say, must not be lost to a command run in the wrong directory.
Status CheckMayReplaceServingPair(const std::string& directory, const FilePaths& paths,
                                  const CertificateAuthority& authority) {
  const auto certificate = ReadIfThere(paths.certificate, crypto::kMaxPemBytes);
  if (!certificate.ok()) return certificate.error();
  if (*certificate) {
    if (crypto::IsIssuedBy(**certificate, authority.pem().certificate)) return {};
    return Error{ErrorCode::kConflict,
                 paths.certificate + " was not issued by the CA in " + directory + "; --force replaces it"};
  }
  const auto key = ReadIfThere(paths.key, crypto::kMaxPemBytes);
  if (!key.ok()) return key.error();
  if (!*key) return {};
  return Error{ErrorCode::kConflict,
               paths.key + " exists, but " + paths.certificate + " does not; --force replaces it"};
}

Status WritePair(const std::string& certificate_path, const std::string& key_path, const crypto::PemPair& pem) {
  constexpr mode_t kForEveryone = 0644;
  constexpr mode_t kForTheOwner = 0600;
  if (auto status = base::WriteFileAtomically(certificate_path, pem.certificate, kForEveryone); !status.ok()) {
    return status;
  }
  return base::WriteFileAtomically(key_path, pem.key, kForTheOwner);
}

Status WriteFiles(const Options& options, const FilePaths& paths, const ObtainedAuthority& ca,
                  const crypto::PemPair& serving) {
  if (auto status = MakeDirectory(options.directory); !status.ok()) return status;
  if (ca.state != CaState::kKept) {
    if (auto status = WritePair(paths.ca_certificate, paths.ca_key, ca.authority.pem()); !status.ok()) return status;
  }
  return WritePair(paths.certificate, paths.key, serving);
}

// A CA that is in the directory is kept, so that clients that trust it keep working; one that is broken (half of it
// missing, too) or expired is replaced only with --force. A serving pair of that CA is replaced; one of another origin
// only with --force (kConflict). Nothing is written before all is known to be well. Each file is replaced whole, but
// the serving pair's two are not replaced at once: a server that polls them (crypto::CertificateFiles) keeps its old
// pair for the moment in which they don't fit each other. Keys are for their owner only (0600).
Result<Certificates> MakeCertificates(const Options& options, const FilePaths& paths,
                                      const std::vector<std::string>& names, SystemTime now) {
  auto ca = ObtainAuthority(options, paths, now);
  if (!ca.ok()) return std::move(ca).error();
  if (!options.force) {
    if (auto status = CheckMayReplaceServingPair(options.directory, paths, ca->authority); !status.ok())
      return std::move(status).error();
  }
  const auto serving = ca->authority.Issue(names, now, Days(options.days));
  if (!serving.ok()) return serving.error();
  // Read back as a server will, for its times and as a last check.
  const auto pair = crypto::ParseKeyPair(serving->certificate, serving->key);
  if (!pair.ok()) return pair.error();
  if (auto status = WriteFiles(options, paths, *ca, *serving); !status.ok()) return std::move(status).error();
  return Certificates{ca->state,
                      std::move(ca->replaced_because),
                      ca->authority.pem().certificate,
                      ca->authority.not_after(),
                      pair->not_before,
                      pair->not_after};
}

const char* StateName(CaState state) {
  constexpr std::array kNames = {"made", "kept", "replaced"};
  return kNames[static_cast<size_t>(state)];
}

std::string Json(const FilePaths& paths, const std::vector<std::string>& names, const Certificates& made) {
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

std::string Text(const FilePaths& paths, const std::vector<std::string>& names, const Certificates& made) {
  return paths.ca_certificate + ": CA (" + StateName(made.ca_state) + "), valid until " +
         FormatRfc3339(made.ca_not_after) + "; its key: " + paths.ca_key + "\n" + paths.certificate +
         ": serving certificate for " + base::Joined(names) + ", valid until " + FormatRfc3339(made.not_after) +
         "; its key: " + paths.key + "\n" + "caBundle of a webhook configuration: base64 -w0 " +
         base::ShellWord(paths.ca_certificate) + "\n";
}

int RunCerts(const Options& options) {
  const FilePaths paths = PathsIn(options.directory);
  const std::vector<std::string> names = Names(options);
  const SystemTime now = base::SystemClock().Now();
  const auto made = MakeCertificates(options, paths, names, now);
  if (!made.ok()) return Fail(kCerts, made.error());
  if (made->replaced_because) {
    Say(kCerts, *made->replaced_because + ": created a new CA; add it to the trust store of every client");
  }
  if (made->not_after == made->ca_not_after && made->not_after < now + Days(options.days)) {
    Say(kCerts, "the serving certificate expires with its CA, in less than " + std::to_string(options.days) + " days");
  }
  return PrintResult((options.output == "json" ? Json : Text)(paths, names, *made));
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
