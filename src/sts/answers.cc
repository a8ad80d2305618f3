#include "irsa/sts/answers.h"

#include <algorithm>

#include "irsa/base/text.h"
#include "irsa/crypto/primitives.h"
#include "irsa/iam/arn.h"

namespace irsa::sts {
namespace {

// Without the blanks around it.
std::string_view TakePart(std::string_view& text, char separator) {
  return base::Trimmed(base::TakeUntil(separator, text), " \t");
}

// Thousandths, from "0.5" (RFC 9110 section 12.4.2); 0 for what is no weight.
int Weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int place = 100;
  for (const char digit : text.substr(std::min<size_t>(2, text.size()))) {
    if (!base::IsDigit(digit)) return 0;
    weight += (digit - '0') * place;
    place /= 10;
  }
  return std::min(weight, 1000);
}

}  // namespace

std::string RoleId(std::string_view role_arn) {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr size_t kCharacters = 17;
  std::string id = "AROA";
  for (const char c : crypto::Sha256(role_arn).substr(0, kCharacters))
    id += kBase32[static_cast<unsigned char>(c) & 31];
  return id;
}

iam::Signer IdentityOf(const Session& session) {
  const Result<iam::Arn> role = iam::ParseArn(session.role_arn);
  if (!role.ok()) return {};
  const std::string name = role->resource.substr(role->resource.rfind('/') + 1);
  return {"arn:" + role->partition + ":sts::" + role->account + ":assumed-role/" + name + "/" + session.name,
          RoleId(session.role_arn) + ":" + session.name, role->account, session.role_arn, session.attributes};
}

iam::Signer IdentityOf(const Administrator& administrator) {
  // A user's id is derived as a role's is.
  const std::string arn = "arn:aws:iam::" + administrator.account + ":user/" + administrator.access_key_id;
  return {arn, "AIDA" + RoleId(arn).substr(4), administrator.account};
}

AnswerFormat FormatFor(std::string_view accept) {
  AnswerFormat best = AnswerFormat::kXml;
  int best_weight = 0;
  while (!accept.empty()) {
    std::string_view range = TakePart(accept, ',');
    const std::string type = base::LowerCase(TakePart(range, ';'));
    int weight = 1000;
    while (!range.empty()) {
      const std::string_view parameter = TakePart(range, ';');
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) weight = Weight(parameter.substr(2));
    }
    const bool is_json = type == "application/json";
    const bool is_xml = type == "text/xml" || type == "application/xml";
    if ((!is_json && !is_xml) || weight <= best_weight) continue;
    best = is_json ? AnswerFormat::kJson : AnswerFormat::kXml;
    best_weight = weight;
  }
  return best;
}

Nodes AssumedRoleResult(const iam::Signer& identity, const Credentials& credentials,
                        const std::optional<ExchangedToken>& token) {
  Nodes result;
  if (token) {
    result.push_back({"SubjectFromWebIdentityToken", token->subject});
    result.push_back({"Audience", token->audience});
  }
  result.push_back({"AssumedRoleUser", Nodes{{"Arn", identity.arn}, {"AssumedRoleId", identity.user_id}}});
  result.push_back({"Credentials", Nodes{{"AccessKeyId", credentials.access_key_id},
                                         {"SecretAccessKey", credentials.secret_access_key},
                                         {"SessionToken", credentials.session_token},
                                         {"Expiration", credentials.expiration}}});
  if (token) result.push_back({"Provider", token->provider});
  const std::string& source_identity = identity.attributes.source_identity;
  if (!source_identity.empty()) result.push_back({"SourceIdentity", source_identity});
  return result;
}

Nodes CallerIdentityResult(const iam::Signer& identity) {
  return {{"Arn", identity.arn}, {"UserId", identity.user_id}, {"Account", identity.account}};
}

}  // namespace irsa::sts
