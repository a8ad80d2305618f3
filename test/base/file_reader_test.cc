#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "irsa/base/files.h"

#include "test/testing/temporary_directory.h"

namespace irsa::base {
namespace {

TEST(DiskFileReader, ReadsAFileOfExactlyTheLimit) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", std::string(200000, 'x'));
  EXPECT_EQ(DiskFileReader().Read(path, 200000).value(), std::string(200000, 'x'));
}

TEST(DiskFileReader, RefusesOneByteMore) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", "12345");
  EXPECT_EQ(DiskFileReader().Read(path, 4).error(),
            (Error{ErrorCode::kTooLarge, path + " is larger than the limit of 4 bytes"}));
}

TEST(DiskFileReader, SaysWhyAPathCannotBeRead) {
  const testing::TemporaryDirectory directory;
  EXPECT_EQ(DiskFileReader().Read(directory.Path("none"), 10).error(),
            (Error{ErrorCode::kNotFound, "cannot read " + directory.Path("none") + ": No such file or directory"}));
  EXPECT_EQ(DiskFileReader().Read(directory.Path("."), 10).error(),
            (Error{ErrorCode::kUnavailable, "cannot read " + directory.Path(".") + ": Is a directory"}));
}

TEST(DiskFileReader, ReadsWhatSaysItHasNoSize) {
  EXPECT_FALSE(DiskFileReader().Read("/proc/self/stat", 65536).value().empty());
}

TEST(DiskFileReader, RefusesAPipeWithoutWaitingForItsWriter) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(DiskFileReader().Read(path, 10).error(),
            (Error{ErrorCode::kUnavailable, "cannot read " + path + ": it is a pipe, not a regular file"}));
}

TEST(DiskFileReader, RefusesADevice) {
  EXPECT_EQ(DiskFileReader().Read("/dev/zero", 10).error(),
            (Error{ErrorCode::kUnavailable, "cannot read /dev/zero: it is a device, not a regular file"}));
}

TEST(ReadFileOrPipe, ReadsAPipeToItsEnd) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const std::jthread writer([&path] { std::ofstream(path) << std::string(200000, 'x'); });
  EXPECT_EQ(ReadFileOrPipe(path, 200000).value(), std::string(200000, 'x'));
}

TEST(ReadFileOrPipe, ReadsAFileWithinTheLimit) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", "12345");
  EXPECT_EQ(ReadFileOrPipe(path, 5).value(), "12345");
  EXPECT_EQ(ReadFileOrPipe(path, 4).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(ReadFileOrPipe(directory.Path("none"), 4).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadFileOrPipe(directory.Path("."), 4).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace irsa::base
