#include "src/telemetry/line_writer.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "irsa/base/descriptor.h"

namespace irsa::telemetry {
namespace {

using std::chrono::milliseconds;

class LineWriterTest : public ::testing::Test {
 protected:
  LineWriterTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_.emplace(ends[0]);
    writer_.emplace(ends[1]);
  }

  std::unique_ptr<LineWriter> Make() {
    return std::make_unique<LineWriter>(writer_->get(),
                                        [](uint64_t lost) { return "lost " + std::to_string(lost) + "\n"; });
  }
  // Reads until `end` has come.
  std::string ReadUntil(const std::string& end) const {
    std::string text;
    std::array<char, 4096> piece;
    while (text.find(end) == std::string::npos) {
      const ssize_t got = ::read(reader_->get(), piece.data(), piece.size());
      if (got <= 0) return text + "(ended)";
      text.append(piece.data(), static_cast<size_t>(got));
    }
    return text;
  }
  // Fills the pipe, and the queue behind it, with lines of 1,000 bytes; how many were written until one was lost.
  static int Fill(LineWriter& lines) {
    const std::string line = std::string(999, 'x') + "\n";
    for (int i = 0;; ++i) {
      if (lines.lost_lines() > 0) return i;
      lines.Write(line);
    }
  }

  std::optional<base::Descriptor> reader_;
  std::optional<base::Descriptor> writer_;
};

TEST_F(LineWriterTest, WritesLinesInTheirOrder) {
  auto lines = Make();
  for (int i = 0; i < 100; ++i) lines->Write(std::to_string(i) + "\n");
  lines.reset();
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(ReadUntil("99\n"), expected);
}

TEST_F(LineWriterTest, LosesLinesThatNobodyReadsAndSaysSoLater) {
  auto lines = Make();
  const int written = Fill(*lines);
  EXPECT_GT(written, 900) << "the queue is a megabyte";
  lines->Write(std::string(999, 'y') + "\n");
  EXPECT_EQ(lines->lost_lines(), 2U);
  EXPECT_FALSE(lines->Flush(milliseconds(1)));
  const std::string text = ReadUntil("lost 2\n" + std::string(999, 'x') + "\n");
  EXPECT_EQ(text.find("lost"), text.rfind("lost")) << "it is told once";
}

TEST_F(LineWriterTest, LosesALineForWhichThereIsNoMemory) {
  bool is_first = true;
  LineWriter lines(writer_->get(), [&is_first](uint64_t lost) {
    if (std::exchange(is_first, false)) throw std::bad_alloc();
    return "lost " + std::to_string(lost) + "\n";
  });
  Fill(lines);
  ReadUntil("lost 2\n");  // the one for which there was no room, and the one that was to say so
}

TEST_F(LineWriterTest, CountsTheMemoryOfALineRatherThanItsText) {
  auto lines = Make();
  std::string roomy("short\n");
  roomy.reserve(kMaxQueuedLogBytes);
  lines->Write(std::move(roomy));
  EXPECT_EQ(lines->lost_lines(), 1U);
}

TEST_F(LineWriterTest, EndsWhileNobodyReads) {
  auto lines = Make();
  Fill(*lines);
  lines.reset();
  // The thread hangs in the pipe until the process ends.
  static const base::Descriptor kept_reader = std::move(*reader_);
  static const base::Descriptor kept_writer = std::move(*writer_);
}

TEST_F(LineWriterTest, GoesOnWithoutAReader) {
  std::signal(SIGPIPE, SIG_IGN);
  auto lines = Make();
  reader_.reset();
  lines->Write("to nobody\n");
  EXPECT_TRUE(lines->Flush(std::chrono::minutes(1)));
  EXPECT_EQ(lines->lost_lines(), 1U);
}

}  // namespace
}  // namespace irsa::telemetry
