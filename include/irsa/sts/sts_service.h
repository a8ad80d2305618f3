// STS's Query API: requests in, answers out. AssumeRoleWithWebIdentity, AssumeRole and GetCallerIdentity of version
// 2011-06-15.
// https://docs.aws.amazon.com/STS/latest/APIReference/
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/snapshot.h"
#include "irsa/http/message/message.h"
#include "irsa/sts/answers.h"
#include "irsa/sts/assume_role_request.h"
#include "irsa/sts/iam_registry.h"
#include "irsa/sts/session_sealer.h"

namespace irsa::sts {

// The parameters of the URL and of the body. MalformedQueryString, ValidationError or InvalidParameterCombination for
// what ParseForm or CheckUnique refuses.
std::variant<Parameters, StsError> ReadParameters(const http::Request& request);

// May be used from any thread. A request may wait for a provider's keys, sts::kFetchTimeout at most; else it does not
// block.
class StsService {
 public:
  // The references outlive the object. `is_tls`: whether requests come over TLS (aws:SecureTransport).
  StsService(const SessionSealer& sealer, std::shared_ptr<const IamRegistry> registry, const base::Clock& clock,
             base::Log& log, bool is_tls);

  // Takes effect with the next request. Credentials given before stay good.
  void SetRegistry(std::shared_ptr<const IamRegistry> registry) { registry_.Set(std::move(registry)); }

  // Always an answer in XML, or in JSON where the Accept header prefers it, with a request id. Every role that is
  // assumed or refused is logged: a refusal with the check that failed and its fix, which the answer, as with AWS, does
  // not tell.
  http::Response Handle(const http::Request& request);

  // GET and POST at /, and GET /healthz. The service outlives them.
  std::vector<http::Route> Routes();

 private:
  // Whose request for a role it is, and what the checks said; in the log and in the answer.
  struct Outcome {
    const AssumeRoleRequest& request;
    const ConfiguredRole* role;  // null when there is none, which is then the failure
    base::LogField asker;        // the token's subject, or the caller
    const Check* failure;        // null: the role may be assumed
    iam::SessionAttributes attributes;
    std::optional<ExchangedToken> token;
    bool is_chained;  // by a session: it then lasts an hour at most
  };

  CallResult Dispatch(const http::Request& request, const Parameters& parameters);
  CallResult AssumeRoleWithWebIdentity(const http::Request& http_request, const Parameters& parameters);
  CallResult AssumeRole(const http::Request& http_request, const Parameters& parameters);
  CallResult GetCallerIdentity(const http::Request& request);
  RoleRequest RoleRequestFor(const AssumeRoleRequest& request, const ConfiguredRole* role,
                             const http::Request& http_request) const;
  CallResult Conclude(Outcome outcome);
  CallResult GiveCredentials(Outcome outcome);

  const SessionSealer sealer_;
  base::Snapshot<IamRegistry> registry_;
  const base::Clock& clock_;
  base::Log& log_;
  const bool is_tls_;
};

// For http::ServerOptions: what the server refuses by itself, in the form of StsService's answers.
http::Response AnswerRefusal(const http::Refusal& refusal, std::string_view accept);

}  // namespace irsa::sts
