#include <gtest/gtest.h>

#include "irsa/kube/api/api_server.h"

namespace irsa::kube {
namespace {

std::string_view Verb(std::string method, std::string path, std::string_view content_type = kJsonBody) {
  ApiRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.content_type = content_type;
  return VerbOf(request);
}

TEST(VerbOf, TellsObjectsFromCollections) {
  EXPECT_EQ(Verb("GET", "/api/v1/serviceaccounts?limit=500"), "list");
  EXPECT_EQ(Verb("GET", "/api/v1/namespaces/irsa/secrets"), "list");
  EXPECT_EQ(Verb("GET", "/api/v1/namespaces/irsa/secrets/tls"), "get");
  EXPECT_EQ(Verb("GET", "/api/v1/namespaces"), "list");
  EXPECT_EQ(Verb("GET", "/api/v1/namespaces/irsa"), "get");
  EXPECT_EQ(Verb("GET", "/apis/coordination.k8s.io/v1/namespaces/irsa/leases"), "list");
  EXPECT_EQ(Verb("GET", "/apis/coordination.k8s.io/v1/namespaces/irsa/leases/leader"), "get");
  EXPECT_EQ(Verb("GET", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/irsa"), "get");
}

TEST(VerbOf, TellsWatches) {
  EXPECT_EQ(Verb("GET", "/api/v1/serviceaccounts?watch=1&resourceVersion=7"), "watch");
  EXPECT_EQ(Verb("GET", "/api/v1/serviceaccounts?resourceVersion=7&watch=true"), "watch");
  EXPECT_EQ(Verb("GET", "/api/v1/serviceaccounts?watch=0"), "list");
  EXPECT_EQ(Verb("GET", "/api/v1/serviceaccounts?allowWatchBookmarks=true"), "list");
}

TEST(VerbOf, CallsEverythingElseGet) {
  for (const char* path : {"/version", "/", "/api", "/api/v1", "/apis/apps/v1", "/livez?verbose"}) {
    EXPECT_EQ(Verb("GET", path), "get") << path;
  }
}

TEST(VerbOf, NamesWrites) {
  EXPECT_EQ(Verb("POST", "/api/v1/namespaces/irsa/secrets"), "create");
  EXPECT_EQ(Verb("PUT", "/api/v1/namespaces/irsa/secrets/tls"), "update");
  EXPECT_EQ(Verb("PATCH", "/api/v1/namespaces/irsa/secrets/tls", kJsonMergePatch), "patch");
  EXPECT_EQ(Verb("PATCH", "/api/v1/namespaces/irsa/secrets/tls", kServerSideApply), "apply");
  EXPECT_EQ(Verb("DELETE", "/api/v1/namespaces/irsa/secrets/tls"), "delete");
  EXPECT_EQ(Verb("OPTIONS", "/"), "other");
}

}  // namespace
}  // namespace irsa::kube
