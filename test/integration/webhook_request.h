// Requests to the webhook of a server under test, over real TLS.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "test/testing/raw_client.h"

namespace irsa::testing {

// A connection to 127.0.0.1 whose certificate is not verified.
RawClientOptions TlsTo(int port);

// A POST of a JSON body to /mutate, head and body.
std::string MutateRequest(std::string_view body, std::string_view further_headers = "");

// The review of an object that alice creates in namespace team-a: of a pod, or of a Job whose pods have that account.
nlohmann::json ReviewOf(const nlohmann::json& resource, const nlohmann::json& object);
nlohmann::json PodReview(const nlohmann::json& pod);
nlohmann::json JobReview(std::string_view account);

// Sends a request on a connection of its own; status 0 when no whole answer came.
RawAnswer Exchange(int port, std::string_view request);
RawAnswer Post(int port, std::string_view path, const nlohmann::json& review);

// The same of what the other side says on a connection that is there; for what is cut off while it sends.
RawAnswer ReceiveFrom(RawClient& client);

}  // namespace irsa::testing
