// What a connection does not do for ever: wait, take memory, hold its thread.
#include <new>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/http/connection_fixture.h"

namespace irsa::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using ConnectionBounds = ConnectionFixture;

TEST_F(ConnectionBounds, ClosesWhatHasFailed) {
  script_.arriving = {"GET "};
  script_.when_empty = IoStatus::kFailed;
  EXPECT_EQ(Serve(), Step::kClose);
  for (const IoStatus status : {IoStatus::kFailed, IoStatus::kEnd}) {
    script_ = {};
    Open();
    script_.arriving = {kGet};
    script_.window = 0;
    script_.when_full = status;
    EXPECT_EQ(Serve(), Step::kClose);
  }
  script_ = {};
  Open();
  script_.arriving = {kGet};
  script_.window = 1;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  script_.when_full = IoStatus::kFailed;
  EXPECT_EQ(Serve(), Step::kClose);
}

// TLS 1.3 may have to answer a key update before it can read on, and the other way round.
TEST_F(ConnectionBounds, WaitsForWhatTheChannelWants) {
  script_.when_empty = IoStatus::kWantWrite;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirst, kIdleTimeout));
  script_.arriving = {kGet};
  script_.window = 0;
  script_.when_full = IoStatus::kWantRead;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kAnswer, kRequestTimeout));
}

TEST_F(ConnectionBounds, LetsOthersHaveATurnAfterEachAnswer) {
  script_.arriving = {kGet + Post("two") + kGet};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(script_.sent, kHello);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kRequest, kRequestTimeout));
  EXPECT_GE(budget_.used(), kGet.size());
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_EQ(script_.sent, kHello + Answered("two"));
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, kHello + Answered("two") + kHello);
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(ConnectionBounds, LetsOthersHaveATurnAfterEachRefusal) {
  const std::string refused = "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n";
  script_.arriving = {refused + refused};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  const size_t one = script_.sent.size();
  EXPECT_GE(budget_.used(), refused.size());
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent.size(), 2 * one);
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(ConnectionBounds, LetsOthersHaveATurnWhileItReceives) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
  script_.arriving = {head};
  // A million bytes of chunk lines that say little.
  for (int i = 0; i < 80; ++i) {
    std::string chunks;
    for (int j = 0; j < 100; ++j) chunks += "1;" + std::string(160, 'x') + "\r\na\r\n";
    script_.arriving.push_back(chunks);
  }
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_FALSE(script_.arriving.empty());
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirstRequest, kRequestTimeout));
}

TEST_F(ConnectionBounds, RefusesARequestThatThereIsNoMemoryFor) {
  const std::string request = Post(std::string(kMaxBody, 'x'));
  script_.arriving = {request.substr(0, 40'000)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_GE(budget_.used(), 40'000U);
  script_.arriving = {request.substr(40'000, 20'000)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(script_.sent, HasSubstr("\r\nRetry-After: 1\r\nConnection: close\r\n"));
  EXPECT_EQ(connection_->wait_kind(), WaitKind::kLinger);
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(ConnectionBounds, HoldsMoreThanTheBudgetWithinATurn) {
  const std::string body(kMaxBody, 'x');
  script_.arriving = {Post(body)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(script_.sent, Answered(body));
}

TEST_F(ConnectionBounds, IsCutWhenThereIsNoMemoryForItsAnswer) {
  const std::string body(kMaxBody, 'x');
  script_.arriving = {Post(body)};
  script_.window = 10;
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_EQ(cut_answers_, 1U);
}

TEST_F(ConnectionBounds, IsCutWhenItsAnswerIsNotTakenInTime) {
  script_.arriving = {kGet};
  script_.window = 10;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  EXPECT_EQ(cut_answers_, 0U);
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
  EXPECT_EQ(cut_answers_, 1U);
}

TEST_F(ConnectionBounds, IsNotCountedAsCutWhenTheClientGoes) {
  script_.arriving = {kGet};
  script_.window = 10;
  EXPECT_EQ(Serve(), Step::kWaitToWrite);
  script_.when_full = IoStatus::kFailed;
  EXPECT_EQ(Serve(), Step::kClose);
  Open();
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
  EXPECT_EQ(cut_answers_, 0U);
}

// Its refusal needs memory too when the client does not take it at once.
TEST_F(ConnectionBounds, IsCutWhenThereIsNoMemoryForItsRefusal) {
  MemoryBudget::Share others(budget_);
  ASSERT_TRUE(others.Set(kMaxBuffered));
  script_.arriving = {kGet.substr(0, 30)};
  script_.window = 10;
  EXPECT_EQ(Serve(), Step::kClose);
  EXPECT_EQ(cut_answers_, 1U);
}

// Half a record that is not there yet costs OpenSSL's buffer, whatever else the connection holds.
TEST_F(ConnectionBounds, CountsWhatItsChannelHolds) {
  script_.has_buffered = true;
  script_.held_bytes = 17'000;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(budget_.used(), 17'000U);
  EXPECT_EQ(Wait(), Waiting(WaitKind::kFirstRequest, kRequestTimeout));
  script_.held_bytes = kMaxBuffered + 1;
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(budget_.used(), 0U);
}

// The thread that times connections out has nobody to hand an exception to.
TEST_F(ConnectionBounds, ClosesWhenThereIsNoMemoryToSayThatItsTimeIsOver) {
  settings_.write_refusal = [](const Refusal&, std::string_view) -> Response { throw std::bad_alloc(); };
  script_.arriving = {kGet.substr(0, 10)};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(connection_->TimeOut(), Step::kClose);
}

TEST_F(ConnectionBounds, EndsAHandshakeThoughThereIsNoMemoryToReportIt) {
  settings_.on_handshake_failure = [](HandshakeFailure, const std::string&) { throw std::bad_alloc(); };
  script_.is_ready = false;
  script_.handshake = IoStatus::kFailed;
  Open();
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_EQ(connection_->wait_kind(), WaitKind::kLinger);
}

TEST_F(ConnectionBounds, KeepsNothingOfWhatItHasRefused) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
  script_.arriving = {head + "2710\r\n" + std::string(10'000, 'x') + "\r\nno size\r\n"};
  EXPECT_EQ(Serve(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(budget_.used(), 0U);

  script_ = {};
  Open();
  script_.arriving = {kGet + Post(std::string(10'000, 'x')).substr(0, 9000)};
  EXPECT_EQ(Serve(), Step::kGoOnLater);
  EXPECT_GE(budget_.used(), 9000U);
  EXPECT_EQ(connection_->TimeOut(), Step::kWaitToRead);
  EXPECT_THAT(script_.sent, HasSubstr("HTTP/1.1 408 "));
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(ConnectionBounds, GivesItsMemoryBackWhenItGoes) {
  script_.arriving = {Post("body").substr(0, 80)};
  Serve();
  EXPECT_GE(budget_.used(), 80U);
  connection_.reset();
  EXPECT_EQ(budget_.used(), 0U);
  EXPECT_TRUE(script_.is_closed);
}

}  // namespace
}  // namespace irsa::http
