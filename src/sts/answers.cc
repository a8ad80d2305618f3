#include "irsa/sts/answers.h"

#include "irsa/base/rfc3339.h"
#include "irsa/iam/arn.h"

#include "crypto.h"
#include "xml_writer.h"

namespace irsa::sts {
namespace {

// "AROA" and 17 of A to Z and 2 to 7, as AWS has them.
std::string RoleId(std::string_view role_arn) {
  constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr size_t kCharacters = 17;
  std::string id = "AROA";
  for (const char c : Sha256(role_arn).substr(0, kCharacters)) id += kBase32[static_cast<unsigned char>(c) & 31];
  return id;
}

void WriteRequestId(XmlWriter& xml, std::string_view request_id) {
  xml.Open("ResponseMetadata");
  xml.Element("RequestId", request_id);
  xml.Close();
}

}  // namespace

CallerIdentity IdentityOf(const Session& session) {
  const base::Result<iam::Arn> role = iam::ParseArn(session.role_arn);
  if (!role.ok()) return {};
  const std::string name = role->resource.substr(role->resource.rfind('/') + 1);
  return {"arn:" + role->partition + ":sts::" + role->account + ":assumed-role/" + name + "/" + session.name,
          RoleId(session.role_arn) + ":" + session.name, role->account};
}

std::string WriteAssumedRole(const AssumedRole& role, std::string_view request_id) {
  XmlWriter xml("AssumeRoleWithWebIdentityResponse");
  xml.Open("AssumeRoleWithWebIdentityResult");
  xml.Element("SubjectFromWebIdentityToken", role.subject);
  xml.Element("Audience", role.audience);
  xml.Open("AssumedRoleUser");
  xml.Element("Arn", role.identity.arn);
  xml.Element("AssumedRoleId", role.identity.user_id);
  xml.Close();
  xml.Open("Credentials");
  xml.Element("AccessKeyId", role.credentials.access_key_id);
  xml.Element("SecretAccessKey", role.credentials.secret_access_key);
  xml.Element("SessionToken", role.credentials.session_token);
  xml.Element("Expiration", base::FormatRfc3339(role.credentials.expiration));
  xml.Close();
  xml.Element("Provider", role.provider);
  xml.Close();
  WriteRequestId(xml, request_id);
  return xml.Finish();
}

std::string WriteCallerIdentity(const CallerIdentity& identity, std::string_view request_id) {
  XmlWriter xml("GetCallerIdentityResponse");
  xml.Open("GetCallerIdentityResult");
  xml.Element("Arn", identity.arn);
  xml.Element("UserId", identity.user_id);
  xml.Element("Account", identity.account);
  xml.Close();
  WriteRequestId(xml, request_id);
  return xml.Finish();
}

std::string WriteError(const StsError& error, std::string_view request_id) {
  XmlWriter xml("ErrorResponse");
  xml.Open("Error");
  xml.Element("Type", ErrorType(error.code));
  xml.Element("Code", error.code);
  xml.Element("Message", error.message);
  xml.Close();
  xml.Element("RequestId", request_id);
  return xml.Finish();
}

}  // namespace irsa::sts
