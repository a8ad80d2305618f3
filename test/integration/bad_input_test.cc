// Whatever is sent to the port, over real TLS: an answer that says what is wrong, and a server that goes on as before.
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/sanitizer.h"

namespace irsa::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// One server for all tests here: that it survives them together is part of what is tested.
class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    serve_ = std::make_unique<ServeProcess>(std::vector<std::string>{"--request-timeout=2s"});
  }
  static void TearDownTestSuite() { serve_.reset(); }

  // Whatever happened, the next one is served.
  void TearDown() override {
    const std::string good = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
    EXPECT_EQ(Exchange(serve_->port(), good).status, 200);
  }

  static int port() { return serve_->port(); }
  static RawAnswer Post(std::string_view body, std::string_view headers = "") {
    return Exchange(port(), MutateRequest(body, headers));
  }

  // 400 and one sentence that says that.
  static void ExpectMalformed(std::string_view body, const std::string& sentence) {
    const RawAnswer answer = Post(body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 200);
    EXPECT_THAT(answer.body, HasSubstr(sentence)) << body.substr(0, 200);
  }

  static std::unique_ptr<ServeProcess> serve_;
};

std::unique_ptr<ServeProcess> BadInput::serve_;

json Pod() {
  return json::parse(R"({"metadata":{"name":"p","annotations":{"a":"b"}},
    "spec":{"serviceAccountName":"my-app","os":{"name":"linux"},"nodeSelector":{"kubernetes.io/os":"linux"},
      "containers":[{"name":"app","env":[{"name":"A","value":"1"}],"volumeMounts":[{"name":"v","mountPath":"/v"}]}],
      "initContainers":[{"name":"init","env":[],"volumeMounts":[]}],"volumes":[{"name":"v"}]}})");
}

TEST_F(BadInput, ThatIsNoJson) {
  ExpectMalformed("", "");
  ExpectMalformed("not json", "JSON");
  ExpectMalformed("{\"kind\":\"AdmissionReview\"", "JSON");
  ExpectMalformed(PodReview(Pod()).dump() + "x", "JSON");
  ExpectMalformed(std::string(1000, '\0'), "JSON");
}

TEST_F(BadInput, ThatIsNoReview) {
  for (const char* body : {"null", "[]", "1", "\"AdmissionReview\"", "{}", R"({"kind":"Pod","apiVersion":"v1"})",
                           R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v2","request":{"uid":"u"}})",
                           R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})",
                           R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}})",
                           R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}})",
                           R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":"x"})"}) {
    ExpectMalformed(body, "");
  }
}

TEST_F(BadInput, NestedDeeply) {
  const std::string nested = std::string(100'000, '[') + std::string(100'000, ']');
  ExpectMalformed(nested, "the review is not an object but a list");
  std::string review = PodReview(Pod()).dump();
  review.insert(review.find("{\"env\""), "{\"x\":" + nested + "},");
  EXPECT_EQ(Post(review).status, 200) << "nothing reads it";
}

TEST_F(BadInput, BrokenWhereTheMutationDoesNotRead) {
  std::string review = PodReview(Pod()).dump();
  const size_t place = review.find("\"value\":\"1\"");
  for (const char* broken : {"\"value\":\"\xff\"", "\"value\":\"a\nb\"", "\"value\" \"1\""}) {
    ExpectMalformed(std::string(review).replace(place, 11, broken), "JSON");
  }
  // The next bracket ends the list, so that another one is left over in the end.
  ExpectMalformed(std::string(review).replace(place, 11, "\"value\":[1"), "request.uid is missing");
  for (const char* passed : {"\"value\":tru", "\"value\":01", "\"value\":\"\\x\"", "\"value\":nan", "\"value\":[1,]"}) {
    EXPECT_EQ(Post(std::string(review).replace(place, 11, passed)).status, 200) << passed;
  }
}

TEST_F(BadInput, WithAKeyTwice) {
  const std::string review = PodReview(Pod()).dump();
  for (const char* key : {"\"uid\":\"u-1\"", "\"kind\":\"AdmissionReview\"", "\"serviceAccountName\":\"my-app\"",
                          "\"namespace\":\"team-a\"", "\"mountPath\":\"/v\"", "\"volumes\":[{\"name\":\"v\"}]"}) {
    const size_t place = review.find(key);
    ASSERT_NE(place, std::string::npos) << key;
    ExpectMalformed(std::string(review).insert(place, std::string(key) + ","), "twice");
  }
}

// Every place in the pod that the mutation reads, with every other JSON type in it.
TEST_F(BadInput, WithAPodOfTheWrongShape) {
  const std::pair<const char*, json::value_t> places[] = {
      {"", json::value_t::object},
      {"/metadata", json::value_t::object},
      {"/metadata/annotations", json::value_t::object},
      {"/spec", json::value_t::object},
      {"/spec/serviceAccountName", json::value_t::string},
      {"/spec/os", json::value_t::object},
      {"/spec/os/name", json::value_t::string},
      {"/spec/nodeSelector", json::value_t::object},
      {"/spec/nodeSelector/kubernetes.io~1os", json::value_t::string},
      {"/spec/containers", json::value_t::array},
      {"/spec/containers/0", json::value_t::object},
      {"/spec/containers/0/name", json::value_t::string},
      {"/spec/containers/0/env", json::value_t::array},
      {"/spec/containers/0/env/0", json::value_t::object},
      {"/spec/containers/0/env/0/name", json::value_t::string},
      {"/spec/containers/0/volumeMounts", json::value_t::array},
      {"/spec/containers/0/volumeMounts/0", json::value_t::object},
      {"/spec/containers/0/volumeMounts/0/mountPath", json::value_t::string},
      {"/spec/initContainers", json::value_t::array},
      {"/spec/initContainers/0", json::value_t::object},
      {"/spec/volumes", json::value_t::array},
      {"/spec/volumes/0", json::value_t::object},
      {"/spec/volumes/0/name", json::value_t::string}};
  for (const auto& [place, right] : places) {
    for (const json& wrong : {json("text"), json(1.5), json(true), json::array({1}), json::object({{"a", 1}})}) {
      if (wrong.type() == right) continue;
      json pod = Pod();
      pod[json::json_pointer(place)] = wrong;
      const RawAnswer answer = Post(PodReview(pod).dump());
      ASSERT_EQ(answer.status, 200) << place << " " << wrong;
      const json response = json::parse(answer.body).at("response");
      EXPECT_EQ(response.at("uid"), "u-1");
      EXPECT_EQ(response.at("allowed"), false) << place << " " << wrong;
      EXPECT_EQ(response.at("status").at("code"), 400);
      EXPECT_FALSE(response.contains("patch"));
    }
  }
}

TEST_F(BadInput, NullWhereAListBelongsIsAnEmptyList) {
  json pod = Pod();
  pod["spec"]["containers"][0]["env"] = nullptr;
  pod["spec"]["containers"][0]["volumeMounts"] = nullptr;
  pod["spec"]["initContainers"] = nullptr;
  pod["spec"]["volumes"] = nullptr;
  const json response = json::parse(Post(PodReview(pod).dump()).body).at("response");
  EXPECT_EQ(response.at("allowed"), true);
  EXPECT_TRUE(response.contains("patch"));
}

void AnnounceAGigabyte(int port) {
  RawClient client(TlsTo(port));
  client.Send(
      "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n{");
  EXPECT_EQ(ReceiveFrom(client).status, 413);
}

void SendAGigabyteInChunks(int port) {
  RawClient client(TlsTo(port));
  client.Send(
      "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "100000\r\n" + std::string(1 << 20, ' ') + "\r\n";
  int sent = 0;
  while (sent < 1024 && client.Send(chunk)) ++sent;
  EXPECT_LT(sent, 64);  // cut off soon after 7 MiB, not after a gigabyte
  EXPECT_EQ(ReceiveFrom(client).status, 413);
}

TEST_F(BadInput, AnnouncedWithAGigabyte) { AnnounceAGigabyte(port()); }

TEST_F(BadInput, AGigabyteInChunks) { SendAGigabyteInChunks(port()); }

TEST_F(BadInput, TruncatedAndThenClosed) {
  {
    RawClient client(TlsTo(port()));
    const std::string request = MutateRequest(PodReview(Pod()).dump());
    client.Send(std::string_view(request).substr(0, request.size() - 10));
  }
  RawClient client(TlsTo(port()));
  client.Send("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
  client.EndSending();
  EXPECT_EQ(ReceiveFrom(client).status, 400);
}

TEST_F(BadInput, SentSoSlowlyThatTheTimeIsOver) {
  RawClient client(TlsTo(port()));
  client.Send("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_EQ(ReceiveFrom(client).status, 408);
}

TEST_F(BadInput, UnderAContentEncoding) {
  // A gzip bomb is refused by its header, before the body.
  for (const char* encoding : {"gzip", "br", "deflate", "identity, gzip", "made-up"}) {
    EXPECT_EQ(Post("\x1f\x8b", "Content-Encoding: " + std::string(encoding) + "\r\n").status, 415) << encoding;
  }
  EXPECT_EQ(Post(PodReview(Pod()).dump(), "Content-Encoding: identity\r\n").status, 200);
}

TEST_F(BadInput, OfAnotherContentType) {
  const std::string body = PodReview(Pod()).dump();
  const auto with_type = [&](const std::string& header) {
    return Exchange(port(), "POST /mutate HTTP/1.1\r\nHost: x\r\n" + header +
                                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .status;
  };
  EXPECT_EQ(with_type(""), 415);
  EXPECT_EQ(with_type("Content-Type: text/plain\r\n"), 415);
  EXPECT_EQ(with_type("Content-Type: application/jsonp\r\n"), 415);
  EXPECT_EQ(with_type("Content-Type: application/json; charset=utf-8\r\n"), 200);
  EXPECT_EQ(with_type("Content-Type: Application/JSON\r\n"), 200);
}

TEST_F(BadInput, ToAnotherPathOrByAnotherMethod) {
  EXPECT_EQ(Exchange(port(), "GET /mutate HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(Exchange(port(), "DELETE /mutate HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(Exchange(port(), "GET /mutate/x HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
  EXPECT_EQ(Exchange(port(), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

TEST_F(BadInput, InTheHead) {
  EXPECT_EQ(Exchange(port(), "POST /mutate HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n").status, 431);
  EXPECT_EQ(Exchange(port(), "POST /mutate HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}").status, 400);
  EXPECT_EQ(Exchange(port(), "POST /mutate HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}").status, 400);
  EXPECT_EQ(Exchange(port(), "\x16\x03\x01 nonsense\r\n\r\n").status, 400);
}

TEST_F(BadInput, LeavesTheMemoryFlat) {
  std::string deep = PodReview(Pod()).dump();
  deep.insert(deep.find("{\"env\""), "{\"x\":" + std::string(50'000, '[') + "},");
  const std::string big = PodReview(Pod()).dump() + std::string(6 << 20, ' ');
  const auto round = [&] {
    for (int i = 0; i < 12; ++i) {
      Post(deep);
      Post("{\"kind\":");
      Post("x", "Content-Encoding: gzip\r\n");
      if (i % 4 == 0) Post(big);
    }
    AnnounceAGigabyte(port());
    SendAGigabyteInChunks(port());
  };
  // A sanitizer keeps 256 MB of freed memory before it frees any, so that much has to be freed first; what matters is
  // that memory does not grow with each request: forty-eight of them would show as hundreds of megabytes.
  for (int i = 0; i < 4; ++i) round();
  const size_t before = serve_->ResidentBytes();
  for (int i = 0; i < 4; ++i) round();
  EXPECT_LT(serve_->ResidentBytes(), before + (48U << 20));
}

// Of the largest size, and every byte of it takes four of the parser.
std::string DenseReview() {
  std::string review = PodReview(Pod()).dump();
  std::string list = "\"x\":[0";
  while (review.size() + list.size() < (7U << 20) - 8) list += ",0";
  return review.insert(review.find("\"containers\""), list + "],");
}

// Nobody needs a right for this: the memory limit of a pod must hold it.
TEST(LargeReviews, AreReadWithinABoundOfMemory) {
  const ServeProcess serve;
  const std::string request = MutateRequest(DenseReview());
  ASSERT_EQ(Exchange(serve.port(), MutateRequest(PodReview(Pod()).dump())).status, 200);
  const size_t before = serve.PeakResidentBytes();
  std::vector<std::jthread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&serve, &request] {
      for (int round = 0; round < 3; ++round) {
        RawClient client(TlsTo(serve.port()));
        client.Send(request);
        const RawAnswer answer = ReceiveFrom(client);
        EXPECT_TRUE(answer.status == 200 || answer.status == 503) << answer.status;
        EXPECT_EQ(answer.headers.contains("retry-after"), answer.status == 503);
      }
    });
  }
  clients.clear();
  // One parse takes 28 MiB, the bodies 56 MiB, and what the allocator has not given back yet 40 MiB. Without turns,
  // eight parses at once would be over it.
  const size_t grown = serve.PeakResidentBytes() - before;
  RecordProperty("grown_mib", static_cast<int>(grown >> 20));
  // A sanitizer keeps freed memory, and has as much again beside it; what is tested there is the waiting.
  if (!kHasSanitizer) {
    EXPECT_LT(grown, 200U << 20);
  }
}

// Here it is more than all requests together may hold by default.
TEST(LargeReviews, MayBeAsLargeAsTheFlagSays) {
  if (kHasThreadSanitizer) GTEST_SKIP() << "on a busy machine, 49 MiB take longer with it than a client waits";
  const ServeProcess serve({"--max-body-bytes=50MiB", "--request-timeout=1m"});
  EXPECT_THAT(Exchange(serve.port(), MutateRequest(std::string(49 << 20, ' '))).body, HasSubstr("not JSON: empty"));
}

}  // namespace
}  // namespace irsa::testing
