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
  base::Result<http::ClientResponse> Send(const http::ClientRequest& request) override {
    requests.push_back(request);
    const auto answer = answers.find(base::Origin(request.url) + request.url.target);
    if (answer == answers.end()) return base::Error{base::ErrorCode::kUnavailable, "connection refused"};
    return answer->second;
  }

  std::map<std::string, base::Result<http::ClientResponse>> answers;  // by URL
  std::vector<http::ClientRequest> requests;
};

}  // namespace irsa::sts
