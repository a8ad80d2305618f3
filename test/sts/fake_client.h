// An HTTP client whose answers the test gives.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "irsa/http/client/client.h"

namespace irsa::sts {

class FakeClient final : public http::Client {
 public:
  Result<http::ClientResponse> Send(const http::ClientRequest& request) override {
    requests.push_back(request);
    const auto answer = answers.find(base::Origin(request.url) + request.url.target);
    if (answer == answers.end()) return Error{ErrorCode::kUnavailable, "connection refused"};
    return answer->second;
  }

  std::map<std::string, Result<http::ClientResponse>> answers;  // by URL
  std::vector<http::ClientRequest> requests;
};

}  // namespace irsa::sts
