#include "src/http/server/connection.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/http/connection_fixture.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using ConnectionTest = ConnectionFixture;

TEST_F(ConnectionTest, AnswersARequest) {
  script_.arriving = {Post("body")};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, Answered("body"));
  EXPECT_EQ(Wait(), Waiting(WaitKind::kIdle, kIdleTimeout));
  EXPECT_EQ(script_.reads, 1) << "a client that got its answer is not asked for more at once";
  EXPECT_EQ(deadlines_, std::vector{clock_.SteadyNow() + kRequestTimeout});
  EXPECT_EQ(budget_.used(), 0U);
}

// The client's own time-out runs from there, however long its body takes.
TEST_F(ConnectionTest, SaysWhenARequestBegan) {
  using std::chrono::seconds;
  const std::string whole = Post("body");
  for (int i = 0; i < 2; ++i) {  // the first on its connection, and one on a kept one
    const base::SteadyTime begin = clock_.SteadyNow();
    for (const char c : whole) {
      script_.arriving.push_back(std::string(1, c));
      Serve();
      clock_.Advance(milliseconds(10));
    }
    EXPECT_EQ(begins_.back(), begin);
    clock_.Advance(seconds(1));
    script_.arriving = {whole};
    Serve();
    EXPECT_EQ(begins_.back(), clock_.SteadyNow()) << "came at once";
    clock_.Advance(seconds(1));
  }
  EXPECT_EQ(begins_.size(), 4U);
}

TEST_F(ConnectionTest, AnswersTheSameHoweverTheRequestsArrive) {
  const std::string requests = Post("one") + kGet + Post("", "Expect: 100-continue\r\n") + Post(std::string(300, 'x'));
  const std::string answers = Answered("one") + kHello + Answered("") + Answered(std::string(300, 'x'));
  for (const size_t size : {1U, 2U, 3U, 7U, 50U, 64U, 100U, 333U, 5000U}) {
    script_ = {};
    Open();
    for (size_t at = 0; at < requests.size(); at += size) script_.arriving.push_back(requests.substr(at, size));
    Step step = Serve();
    while (step == Step::kGoOnLater || !script_.arriving.empty()) step = Serve();
    EXPECT_EQ(step, Step::kWaitToRead);
    EXPECT_EQ(script_.sent, answers) << size;
    EXPECT_EQ(connection_->wait_kind(), WaitKind::kIdle);
  }
}

TEST_F(ConnectionTest, AnswersTheSameHoweverTheClientTakesIt) {
  script_.arriving = {kGet + Post("two") + kGet};
  script_.window = 0;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kAnswer, kRequestTimeout));
  EXPECT_GT(budget_.used(), 0U);
  clock_.Advance(milliseconds(1000));
  const std::string answers = kHello + Answered("two") + kHello;
  int turns = 0;
  while (script_.sent.size() < answers.size()) {
    script_.window = 10;
    const Step step = Serve();
    EXPECT_EQ(step, script_.sent.size() < answers.size() ? Step::kWaitToWrite : Step::kWaitToRead);
    if (++turns == 1) {
      EXPECT_EQ(Wait(), Waiting(WaitKind::kAnswer, milliseconds(4000))) << "progress renews nothing";
    }
  }
  EXPECT_EQ(script_.sent, answers);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kIdle, kIdleTimeout));
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(ConnectionTest, HasAnEarlierDeadlineWhenTheServerDrainsAndItIsIdle) {
  const base::SteadyTime begin = clock_.SteadyNow();
  EXPECT_EQ(connection_->drain_deadline(), begin + kRequestTimeout);
  clock_.Advance(milliseconds(1000));
  script_.arriving = {kGet.substr(0, 1)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(connection_->drain_deadline(), connection_->deadline()) << "of the request";
  script_.arriving = {kGet.substr(1)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(connection_->drain_deadline(), clock_.SteadyNow() + kDrainGrace);
}

TEST_F(ConnectionTest, HasNoLaterDeadlineWhenTheServerDrains) {
  settings_.idle_timeout = milliseconds(10);
  Open();
  EXPECT_EQ(connection_->drain_deadline(), connection_->deadline());
  script_.arriving = {kGet};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(connection_->drain_deadline(), connection_->deadline());
}

TEST_F(ConnectionTest, GivesARequestOneDeadlineForAllItsBytes) {
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirst, kIdleTimeout));
  clock_.Advance(milliseconds(7000));
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirst, kIdleTimeout - milliseconds(7000))) << "waking up renews nothing";
  for (int i = 0; i < 4; ++i) {
    script_.arriving = {std::string(1, "POST"[i])};
    EXPECT_EQ(Serve(), Step::kWaitToRead);
    EXPECT_EQ(Wait(), Waiting(WaitKind::kFirstRequest, kRequestTimeout - milliseconds(1000 * i)));
    clock_.Advance(milliseconds(1000));
  }
  EXPECT_EQ(connection_->TimeOut(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(script_.sent, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(Wait(), Waiting(WaitKind::kLinger, kRequestTimeout));
}

TEST_F(ConnectionTest, GivesEachRequestADeadlineOfItsOwn) {
  script_.arriving = {"GET "};
  Serve();
  clock_.Advance(milliseconds(3000));
  script_.arriving = {kGet.substr(4) + "GET "};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kRequest, kRequestTimeout));
}

TEST_F(ConnectionTest, CountsHalfATlsRecordAsTheStartOfARequest) {
  script_.has_buffered = true;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirstRequest, kRequestTimeout));
}

TEST_F(ConnectionTest, ReadsOnWhenTheChannelHoldsMore) {
  script_.arriving = {kGet, kGet};
  script_.has_buffered = true;
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(script_.sent, kHello + kHello);
}

TEST_F(ConnectionTest, EndsSilentlyWhenItsTimeIsOverWithoutARequest) {
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
  EXPECT_EQ(script_.sent, "");
  EXPECT_TRUE(script_.is_ended);
}

TEST_F(ConnectionTest, IsCutWhenTheClientDoesNotTakeItsAnswer) {
  script_.arriving = {kGet};
  script_.window = 3;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
}

TEST_F(ConnectionTest, ShakesHandsFirst) {
  script_.is_ready = false;
  script_.handshake = IoStatus::kWantRead;
  Open();
  EXPECT_EQ(Wait(), Waiting(WaitKind::kSilent, kRequestTimeout));
  clock_.Advance(milliseconds(1000));
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kHandshake, kRequestTimeout));
  clock_.Advance(milliseconds(1000));
  script_.handshake = IoStatus::kWantWrite;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kHandshake, milliseconds(4000)));
  EXPECT_EQ(script_.reads, 0);
  script_.handshake = IoStatus::kDone;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirst, kIdleTimeout));
  script_.arriving = {kGet};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, kHello);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kIdle, kIdleTimeout));
}

// Else its handler, which may wait, would hold one of the few places that handshakes have.
TEST_F(ConnectionTest, ServesARequestThatCameWithTheHandshakesEndInTheNextTurn) {
  script_.is_ready = false;
  script_.handshake = IoStatus::kDone;
  script_.arriving = {kGet};
  script_.has_buffered = true;
  Open();
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(script_.reads, 0);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirst, kIdleTimeout)) << "it is not the client that lets it wait";
  script_.has_buffered = false;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, kHello);
}

TEST_F(ConnectionTest, EndsAHandshakeThatTakesTooLong) {
  script_.is_ready = false;
  script_.handshake = IoStatus::kWantRead;
  Open();
  Serve();
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
}

TEST_F(ConnectionTest, LetsTheClientReadWhyTheHandshakeFailed) {
  script_.is_ready = false;
  script_.handshake = IoStatus::kFailed;
  Open();
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_TRUE(script_.is_ended);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kLinger, kRequestTimeout));
  script_.when_discarded = IoStatus::kEnd;
  EXPECT_EQ(Serve(), Step::kClose);
}

TEST_F(ConnectionTest, RefusesABodyBeforeItIsSentAndReadsItAway) {
  script_.arriving = {"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n", "the body"};
  script_.discardable = 100'000;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(script_.sent, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(script_.is_ended);
  EXPECT_EQ(script_.discardable, 0U);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kLinger, kRequestTimeout));
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
}

// The writer of the settings words every refusal, and is told what the client accepts once its head has been read.
TEST_F(ConnectionTest, HasItsRefusalsWorded) {
  ConnectionSettings settings{routes_,
                              clock_,
                              budget_,
                              draining_,
                              cut_answers_,
                              kMaxBody,
                              kRequestTimeout,
                              kIdleTimeout,
                              [](const Refusal& refusal, std::string_view accept) {
                                return Response{.content_type = "text/xml",
                                                .body = std::to_string(refusal.status) + " to " + std::string(accept)};
                              }};
  const auto refused = [&](const std::string& request) {
    script_ = {};
    connection_.emplace(std::make_unique<FakeChannel>(script_), settings);
    script_.arriving = {request};
    Serve();
    if (script_.sent.empty()) connection_->TimeOut();
    EXPECT_THAT(script_.sent, HasSubstr("\r\nContent-Type: text/xml\r\n"));
    const size_t end = script_.sent.find("\r\n\r\n");
    return end == std::string::npos ? script_.sent : script_.sent.substr(end + 4);
  };
  const std::string accept = "Host: h\r\nAccept: a/b\r\nAccept: c/d\r\n";
  EXPECT_EQ(refused("GET /nowhere HTTP/1.1\r\n" + accept + "\r\n"), "404 to a/b, c/d");
  EXPECT_EQ(refused("PUT /echo HTTP/1.1\r\n" + accept + "\r\n"), "405 to a/b, c/d");
  EXPECT_EQ(refused("POST /echo HTTP/1.1\r\n" + accept + "\r\n"), "411 to a/b, c/d");
  EXPECT_EQ(refused("POST /echo HTTP/1.1\r\n" + accept + "Content-Length: 1\r\n\r\n"), "415 to a/b, c/d");
  EXPECT_EQ(refused(Post(std::string(100, 'x'), "Accept: a/b\r\n").substr(0, 120)), "408 to a/b");
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\n" + accept), "408 to ");
  EXPECT_EQ(refused("nonsense\r\n" + accept + "\r\n"), "400 to ");
}

TEST_F(ConnectionTest, DoesNotReadForEverFromWhoWasRefused) {
  script_.arriving = {"nonsense\r\n\r\n"};
  script_.discardable = 2 * kMaxLingerBytes;
  while (Serve() == Step::kGoOnLater) {
  }
  EXPECT_EQ(script_.discardable, kMaxLingerBytes - kMaxBody) << "a body and as much again as anyone may send";
}

TEST_F(ConnectionTest, LetsOthersHaveATurnWhileItDropsABody) {
  script_.arriving = {"nonsense\r\n\r\n"};
  script_.discardable = 3 << 20;
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(connection_->wait_kind(), WaitKind::kLinger);
  clock_.Advance(milliseconds(4000));
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kLinger, kRequestTimeout)) << "who still sends has time";
  EXPECT_EQ(Serve(), Step::kWaitToRead);
}

TEST_F(ConnectionTest, StaysOpenAfterARefusalWithoutABody) {
  script_.arriving = {"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\nHEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n" + kGet};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent,
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\n"
            "no such path\n"
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 28\r\n"
            "Allow: POST\r\n\r\n" +
                kHello);
}

TEST_F(ConnectionTest, ClosesAfterARefusalWhenAskedTo) {
  script_.arriving = {"GET /nowhere HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + kGet};
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_THAT(script_.sent, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(script_.sent, EndsWith("\r\n\r\nno such path\n"));
}

TEST_F(ConnectionTest, ClosesWhenTheLengthOfABodyIsNotSaid) {
  script_.arriving = {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n\r\n" + kGet};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 411 Length Required\r\n"));
  EXPECT_THAT(script_.sent, EndsWith("missing\n"));
}

TEST_F(ConnectionTest, TellsWhoAsksToGoOn) {
  const std::string request = Post("body", "Expect: 100-continue\r\n");
  script_.arriving = {request.substr(0, 4)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  clock_.Advance(milliseconds(1000));
  script_.arriving = {request.substr(4, request.size() - 8)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirstRequest, kRequestTimeout - milliseconds(1000))) << "no time is added";
  script_.arriving = {"body"};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, "HTTP/1.1 100 Continue\r\n\r\n" + Answered("body"));
}

TEST_F(ConnectionTest, GivesWhoAsksToGoOnBehindAnotherRequestATimeOfItsOwn) {
  const std::string first = Post("one");
  const std::string second = Post("body", "Expect: 100-continue\r\n");
  script_.arriving = {first.substr(0, 4)};
  Serve();
  clock_.Advance(milliseconds(1000));
  script_.arriving = {first.substr(4) + second.substr(0, second.size() - 4)};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, EndsWith("HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_EQ(Wait(), Waiting(WaitKind::kRequest, kRequestTimeout));
}

TEST_F(ConnectionTest, TellsNobodyToGoOnWhoAlreadyDoes) {
  script_.arriving = {Post("body", "Expect: 100-continue\r\n")};
  Serve();
  EXPECT_EQ(script_.sent, Answered("body"));
}

TEST_F(ConnectionTest, WaitsToTellWhoAsksToGoOn) {
  const std::string request = Post("body", "Expect: 100-continue\r\n");
  script_.arriving = {request.substr(0, request.size() - 4)};
  script_.window = 4;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  script_.window = 100'000;
  script_.arriving = {"body"};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, "HTTP/1.1 100 Continue\r\n\r\n" + Answered("body"));
}

TEST_F(ConnectionTest, ClosesWhenAskedToAndDropsWhatFollows) {
  script_.arriving = {Post("x", "Connection: close\r\n") + kGet};
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_EQ(script_.sent, Answered("x", "Connection: close\r\n"));
  EXPECT_TRUE(script_.is_ended);
}

TEST_F(ConnectionTest, ClosesWhileDraining) {
  draining_ = true;
  script_.arriving = {kGet};
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_EQ(script_.sent, Answered("hello", "Connection: close\r\n"));
  script_ = {};
  Open();
  script_.arriving = {"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"};
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_THAT(script_.sent, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(ConnectionTest, EndsWithTheClient) {
  script_.when_empty = IoStatus::kEnd;
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_TRUE(script_.is_ended);
  EXPECT_EQ(script_.sent, "");
}

TEST_F(ConnectionTest, AnswersAClientThatHasSentAllItWill) {
  script_.arriving = {kGet};
  script_.when_empty = IoStatus::kEnd;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, kHello);
  EXPECT_EQ(Serve(), Step::kClose);
}

TEST_F(ConnectionTest, RefusesARequestThatEndsInTheMiddle) {
  script_.arriving = {Post("body").substr(0, 80)};
  script_.when_empty = IoStatus::kEnd;
  script_.when_discarded = IoStatus::kEnd;
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(deadlines_.empty()) << "the handler was run";
}

}  // namespace
}  // namespace irsa::http
