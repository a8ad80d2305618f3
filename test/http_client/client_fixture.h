// Requests for the tests of the client.
#pragma once

#include <string>
#include <string_view>

#include "irsa/http/client/client.h"

namespace irsa::http {

// Far over what any exchange of these tests needs, under sanitizers too.
inline constexpr std::chrono::seconds kPatience{60};

inline ClientRequest RequestTo(std::string_view url, base::SteadyTime::duration time = kPatience) {
  ClientRequest request;
  request.url = base::ParseUrl(url).value();
  request.deadline = std::chrono::steady_clock::now() + time;
  return request;
}

}  // namespace irsa::http
