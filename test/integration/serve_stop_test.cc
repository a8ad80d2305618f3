// How `irsa serve` ends.
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/integration/serve_process.h"
#include "test/integration/webhook_request.h"
#include "test/testing/await.h"

namespace irsa::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kToldToStop = "stop signal received: serving until the shutdown delay ends";

TEST(ServeStop, AnswersWhatIsInFlightAndThenEnds) {
  ServeProcess serve;
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/typical.json"));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(TlsTo(serve.port())));
    clients.back()->Send(std::string_view(request).substr(0, request.size() / 2));
  }
  // One more request and answer: the halves before it have then been read.
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);
  serve.process().Signal(SIGTERM);
  serve.WaitForLog(kToldToStop);
  for (const auto& client : clients) {
    client->Send(std::string_view(request).substr(request.size() / 2));
    const RawAnswer answer = ReceiveFrom(*client);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("connection"), "close");
  }
  EXPECT_EQ(serve.process().Wait(), 0);
  EXPECT_THAT(serve.process().err(), HasSubstr("stopped: every request was answered"));
}

TEST(ServeStop, AnswersWhoHasConnectedOrWasJustAnswered) {
  ServeProcess serve({"--shutdown-delay=0"});
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/typical.json"));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(TlsTo(serve.port())));
  RawClient kept(TlsTo(serve.port()));
  ASSERT_TRUE(kept.Exchange(request));
  std::jthread busy([&] {
    while (!::testing::Test::HasFailure()) {
      const auto answer = kept.Exchange(request);
      ASSERT_TRUE(answer) << "the connection's end had not been announced";
      if (answer->headers.contains("connection")) break;
    }
  });
  serve.process().Signal(SIGTERM);
  serve.WaitForLog(kToldToStop);
  for (const auto& client : clients) {
    client->Send(request);
    EXPECT_EQ(ReceiveFrom(*client).status, 200);
  }
  EXPECT_EQ(serve.process().Wait(), 0);
  EXPECT_THAT(serve.process().err(), HasSubstr("stopped: every request was answered"));
}

TEST(ServeStop, IsReadyAndServesDuringTheDelay) {
  ServeProcess serve({"--shutdown-delay=60s"});
  serve.process().Signal(SIGTERM);
  serve.WaitForLog(kToldToStop);
  EXPECT_EQ(serve.Operations("/readyz"), "ok\n");
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);
  serve.process().Signal(SIGTERM);  // a second time: at once
  EXPECT_EQ(serve.process().Wait(std::chrono::seconds(30)), 0);
  EXPECT_THAT(serve.process().err(), HasSubstr("second stop signal: skipping the shutdown delay"));
}

TEST(ServeStop, ServesAsLongAgainWhileItIsNotReady) {
  ServeProcess serve({"--shutdown-delay=6s"});
  serve.process().Signal(SIGTERM);
  serve.WaitForLog("no longer ready: serving for the shutdown delay once more");
  EXPECT_THAT(serve.Operations("/readyz"), HasSubstr("[-]shutdown failed"));
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);
  serve.process().Signal(SIGTERM);
  EXPECT_EQ(serve.process().Wait(std::chrono::seconds(30)), 0);
}

TEST(ServeStop, IsNotReadyWhileItDrains) {
  ServeProcess serve({"--shutdown-timeout=60s", "--request-timeout=60s"});
  const std::string request = MutateRequest(ReadTestFile("test/data/reviews/simple.json"));
  RawClient slow(TlsTo(serve.port()));
  slow.Send(std::string_view(request).substr(0, request.size() / 2));
  EXPECT_EQ(Exchange(serve.port(), request).status, 200);  // so the half before it has been read
  serve.process().Signal(SIGTERM);
  EXPECT_TRUE(Await([&serve] {
    return serve.Operations("/readyz").find("[-]shutdown failed: shutting down\nnot ready\n") != std::string::npos;
  }));
  slow.Send(std::string_view(request).substr(request.size() / 2));
  EXPECT_EQ(ReceiveFrom(slow).status, 200);
  EXPECT_EQ(serve.process().Wait(), 0);
}

TEST(ServeStop, CutsOffWhatDoesNotEndWithinTheTimeout) {
  ServeProcess serve({"--shutdown-timeout=100ms", "--request-timeout=60s"});
  RawClient slow(TlsTo(serve.port()));
  slow.Send("POST /mutate HTTP/1.1\r\nContent-Length: 1000\r\n");
  EXPECT_EQ(Exchange(serve.port(), MutateRequest("{}")).status, 400);
  serve.process().Signal(SIGTERM);
  EXPECT_EQ(serve.process().Wait(std::chrono::seconds(30)), 0);
  EXPECT_THAT(serve.process().err(),
              HasSubstr("stopped: requests still in flight at the shutdown timeout were cut off"));
}

TEST(ServeStop, EndsOnInterruptToo) {
  ServeProcess serve;
  serve.process().Signal(SIGINT);
  EXPECT_EQ(serve.process().Wait(), 0);
}

}  // namespace
}  // namespace irsa::testing
