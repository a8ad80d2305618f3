#include "irsa/serve/instance_metadata.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "irsa/base/json.h"
#include "irsa/iam/arn.h"
#include "irsa/iam/web_identity.h"

namespace irsa::serve {
namespace {

constexpr std::chrono::seconds kPatience{20};  // within deploy/'s startup probe
constexpr std::chrono::milliseconds kAttempt{2000};
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLastPause{2000};
constexpr size_t kMaxBytes = 64 << 10;
constexpr int kOk = 200;

struct InstanceIdentity {
  std::string account_id;
  std::string region;
};

// The body of an answer with status 200.
Result<std::string> Ask(http::Client& client, http::ClientRequest request, const char* what) {
  request.max_body_bytes = kMaxBytes;
  const Result<http::ClientResponse> response = client.Send(request);
  if (!response.ok()) return response.error();
  if (response->status != kOk) {
    return Error{ErrorCode::kUnavailable,
                 std::string(what) + " answers with status " + std::to_string(response->status)};
  }
  return response->body;
}

base::Url At(const base::Url& endpoint, std::string path) {
  base::Url url = endpoint;
  url.target = std::move(path);
  return url;
}

Result<InstanceIdentity> ReadDocument(std::string_view text) {
  const Result<base::Json> document = base::ReadJson(text, {.max_bytes = kMaxBytes});
  if (!document.ok()) return base::WithContext(document.error(), "the instance identity document");
  const Result<std::string> account = base::StringMember(*document, "accountId");
  const Result<std::string> region = base::StringMember(*document, "region");
  if (!account.ok() || !iam::IsAccountId(*account) || !region.ok() || region->empty()) {
    return Error{ErrorCode::kMalformed, "the instance identity document has no accountId and region"};
  }
  return InstanceIdentity{*account, *region};
}

Result<InstanceIdentity> ReadIdentity(http::Client& client, const base::Url& endpoint, base::SteadyTime deadline) {
  http::ClientRequest for_token;
  for_token.method = "PUT";
  for_token.url = At(endpoint, "/latest/api/token");
  for_token.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "60"}};
  for_token.deadline = deadline;
  const Result<std::string> token = Ask(client, std::move(for_token), "instance metadata (IMDSv2)");
  if (!token.ok()) return token.error();
  http::ClientRequest for_document;
  for_document.url = At(endpoint, "/latest/dynamic/instance-identity/document");
  for_document.headers = {{"X-aws-ec2-metadata-token", *token}};
  for_document.deadline = deadline;
  const Result<std::string> document = Ask(client, std::move(for_document), "the instance identity document");
  if (!document.ok()) return document.error();
  return ReadDocument(*document);
}

}  // namespace

Status CompleteFromInstance(const InstanceMetadataTools& tools, const base::Url& endpoint,
                            identity::RoleComposition& composition) {
  if (composition.KnowsAccount()) return {};
  const base::SteadyTime give_up = tools.clock.SteadyNow() + kPatience;
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLastPause)) {
    const base::SteadyTime now = tools.clock.SteadyNow();
    const Result<InstanceIdentity> instance =
        ReadIdentity(tools.client, endpoint, std::min<base::SteadyTime>(now + kAttempt, give_up));
    if (instance.ok()) {
      if (composition.account_id.empty()) composition.account_id = instance->account_id;
      if (composition.partition.empty()) composition.partition = iam::PartitionOf(instance->region);
      return {};
    }
    const bool is_last = tools.clock.SteadyNow() + pause >= give_up;
    if (is_last || !tools.waiter.Wait(pause, {})) {
      return Error{
          ErrorCode::kUnavailable,
          "--compose-role-arn: cannot read the AWS account from instance metadata: " + instance.error().message +
              "; pods often cannot reach it: pass --aws-account-id and --aws-partition instead"};
    }
    tools.log.Write(base::LogLevel::kWarning, "waiting for instance metadata, which --compose-role-arn needs",
                    {{"reason", instance.error().message}});
  }
}

}  // namespace irsa::serve
