// The tokens and requests with which a trust policy is tried: enough of them to tell what it does with all.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "irsa/iam/lint/policy_lint.h"
#include "irsa/iam/request_context.h"
#include "irsa/iam/trust_policy.h"
#include "irsa/iam/web_identity.h"

namespace irsa::iam {

enum class AudienceKind {
  kExpected,   // the one that the webhook asks for; without a known one, any that the policy names
  kApiServer,  // of the token for the Kubernetes API, which every pod has
  kNamed,      // another one that the policy names
  kOther,      // one that the policy does not name
};

struct Trial {
  std::string subject;
  std::string audience;
  AudienceKind audience_kind = AudienceKind::kExpected;
  base::SystemTime time;
  std::vector<std::pair<std::string, std::string>> request_keys;  // beside those of the token and the time
  std::vector<bool> matches;                                      // of each statement
  bool allowed = false;                                           // by the policy
};

// Tokens of one provider. Of a service account's token STS makes only the keys sub and aud; the values of the request's
// own keys (aws:SourceIp, …) are taken from the policy's conditions on them.
class TokenTable {
 public:
  // `others`: policies whose patterns are to be told apart too. `now` bounds aws:CurrentTime from below.
  TokenTable(const TrustPolicy& policy, std::string provider_arn, const LintContext& context,
             const std::vector<const TrustPolicy*>& others = {});

  const std::string& provider_arn() const { return provider_arn_; }
  const std::string& issuer() const { return issuer_; }  // without its scheme
  const std::vector<Trial>& trials() const { return trials_; }

  RequestContext RequestOf(const Trial& trial) const;

 private:
  std::string provider_arn_;
  std::string issuer_;
  std::vector<Trial> trials_;
};

// Verdicts of `policy` on the trials of a table made for another one.
bool Allows(const TrustPolicy& policy, const RequestContext& request);

}  // namespace irsa::iam
