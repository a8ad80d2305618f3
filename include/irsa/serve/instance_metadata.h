// The AWS account that this machine is in, from EC2's instance metadata (IMDSv2), for roles that annotations name
// without an ARN. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"
#include "irsa/base/waiting.h"
#include "irsa/http/client/client.h"
#include "irsa/identity/rules/settings.h"

namespace irsa::serve {

// Where it is without AWS_EC2_METADATA_SERVICE_ENDPOINT, the variable that SDKs read too.
inline constexpr const char* kInstanceMetadataEndpoint = "http://169.254.169.254";

struct InstanceMetadataTools {
  http::Client& client;
  const base::Clock& clock;
  base::Waiter& waiter;
  base::Log& log;
};

// Fills in what the composition lacks, partition or account: asks until there is an answer, for 20 seconds at most, one
// question for 2. kUnavailable, naming the flags that do without it. Pods often cannot reach it: the instance's hop
// limit of 1 ends at the node.
Status CompleteFromInstance(const InstanceMetadataTools& tools, const base::Url& endpoint,
                            identity::RoleComposition& composition);

}  // namespace irsa::serve
