#include "test/integration/webhook_request.h"

namespace irsa::testing {

using nlohmann::json;

RawClientOptions TlsTo(int port) { return {.port = port, .tls = true}; }

std::string MutateRequest(std::string_view body, std::string_view further_headers) {
  return HttpRequest("POST", "/mutate?timeout=10s",
                     "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n" + std::string(further_headers) +
                         (body.empty() ? "Content-Length: 0\r\n" : ""),
                     body);
}

json ReviewOf(const json& resource, const json& object) {
  return {{"apiVersion", "admission.k8s.io/v1"},
          {"kind", "AdmissionReview"},
          {"request",
           {{"uid", "u-1"},
            {"operation", "CREATE"},
            {"namespace", "team-a"},
            {"resource", resource},
            {"userInfo", {{"username", "alice"}}},
            {"object", object}}}};
}

json PodReview(const json& pod) { return ReviewOf({{"group", ""}, {"version", "v1"}, {"resource", "pods"}}, pod); }

json JobReview(std::string_view account) {
  const json pods = {{"spec", {{"serviceAccountName", account}, {"containers", json::array({{{"name", "main"}}})}}}};
  return ReviewOf({{"group", "batch"}, {"version", "v1"}, {"resource", "jobs"}}, {{"spec", {{"template", pods}}}});
}

RawAnswer Exchange(int port, std::string_view request) {
  RawClient client(TlsTo(port));
  client.Send(request);
  return ReceiveFrom(client);
}

RawAnswer Post(int port, std::string_view path, const json& review) {
  return Exchange(port, HttpRequest("POST", path, "Content-Type: application/json\r\n", review.dump()));
}

RawAnswer ReceiveFrom(RawClient& client) { return client.Receive().value_or(RawAnswer()); }

}  // namespace irsa::testing
