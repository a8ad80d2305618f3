#include "irsa/sts/answers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "irsa/base/text.h"
#include "irsa/crypto/primitives.h"
#include "irsa/iam/arn.h"

#include "sts/query/answer_tree.h"

namespace irsa::sts {
namespace {

std::string WriteResponse(std::string_view action, Nodes result, const Envelope& envelope) {
  const AnswerNode response = ResponseNode(action, std::move(result), envelope.request_id);
  return envelope.format == AnswerFormat::kJson ? WriteJson({&response, 1}) : WriteXml(response);
}

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

CallerIdentity IdentityOf(const Session& session) {
  const Result<iam::Arn> role = iam::ParseArn(session.role_arn);
  if (!role.ok()) return {};
  const std::string name = role->resource.substr(role->resource.rfind('/') + 1);
  return {"arn:" + role->partition + ":sts::" + role->account + ":assumed-role/" + name + "/" + session.name,
          RoleId(session.role_arn) + ":" + session.name, role->account};
}

CallerIdentity IdentityOf(const Administrator& administrator) {
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

std::string_view ContentType(AnswerFormat format) {
  return format == AnswerFormat::kJson ? "application/json" : "text/xml";
}

std::string WriteAssumedRole(const AssumedRole& role, const Envelope& envelope) {
  Nodes result;
  if (role.token) {
    result.push_back({"SubjectFromWebIdentityToken", role.token->subject});
    result.push_back({"Audience", role.token->audience});
  }
  result.push_back({"AssumedRoleUser", Nodes{{"Arn", role.identity.arn}, {"AssumedRoleId", role.identity.user_id}}});
  result.push_back({"Credentials", Nodes{{"AccessKeyId", role.credentials.access_key_id},
                                         {"SecretAccessKey", role.credentials.secret_access_key},
                                         {"SessionToken", role.credentials.session_token},
                                         {"Expiration", role.credentials.expiration}}});
  if (role.token) result.push_back({"Provider", role.token->provider});
  if (!role.source_identity.empty()) result.push_back({"SourceIdentity", role.source_identity});
  return WriteResponse(role.token ? "AssumeRoleWithWebIdentity" : "AssumeRole", std::move(result), envelope);
}

std::string WriteCallerIdentity(const CallerIdentity& identity, const Envelope& envelope) {
  return WriteResponse("GetCallerIdentity",
                       {{"Arn", identity.arn}, {"UserId", identity.user_id}, {"Account", identity.account}}, envelope);
}

std::string WriteError(const StsError& error, const Envelope& envelope) {
  const AnswerNode response = ErrorNode(error, envelope.request_id);
  // In JSON without a root of its own.
  return envelope.format == AnswerFormat::kJson ? WriteJson(std::get<Nodes>(response.value)) : WriteXml(response);
}

}  // namespace irsa::sts
