#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "irsa/base/files.h"

#include "test/testing/temporary_directory.h"

namespace irsa::base {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  return names;
}

TEST(WriteFileAtomically, MakesAFileWithThatModeWhateverTheUmask) {
  const testing::TemporaryDirectory directory;
  const mode_t umask_before = ::umask(0077);
  const Status shared = WriteFileAtomically(directory.Path("a"), "text", 0644);
  ::umask(0);
  const Status secret = WriteFileAtomically(directory.Path("b"), "secret", 0600);
  ::umask(umask_before);
  EXPECT_TRUE(shared.ok());
  EXPECT_TRUE(secret.ok());
  EXPECT_EQ(DiskFileReader().Read(directory.Path("a"), 100).value(), "text");
  EXPECT_EQ(ModeOf(directory.Path("a")), 0644U);
  EXPECT_EQ(ModeOf(directory.Path("b")), 0600U);
}

TEST(WriteFileAtomically, ReplacesAFileAndItsMode) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", "old and longer");
  EXPECT_TRUE(WriteFileAtomically(path, std::string(1 << 20, 'x'), 0600).ok());
  EXPECT_EQ(DiskFileReader().Read(path, 1 << 20).value(), std::string(1 << 20, 'x'));
  EXPECT_EQ(ModeOf(path), 0600U);
  EXPECT_THAT(NamesIn(directory.Path(".")), ElementsAre("f"));
}

TEST(WriteFileAtomically, LeavesAnOpenReaderItsOldFile) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", "old");
  std::ifstream reader(path);
  EXPECT_TRUE(WriteFileAtomically(path, "new", 0600).ok());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
}

TEST(WriteFileAtomically, ReplacesASymbolicLinkNotItsTarget) {
  const testing::TemporaryDirectory directory;
  const std::string target = directory.Write("target", "kept");
  std::filesystem::create_symlink(target, directory.Path("link"));
  EXPECT_TRUE(WriteFileAtomically(directory.Path("link"), "new", 0600).ok());
  EXPECT_EQ(DiskFileReader().Read(target, 100).value(), "kept");
  EXPECT_EQ(DiskFileReader().Read(directory.Path("link"), 100).value(), "new");
}

TEST(WriteFileAtomically, NamesThePathInErrors) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Path("none/f");
  EXPECT_EQ(WriteFileAtomically(path, "x", 0600).error(),
            (Error{ErrorCode::kNotFound, "cannot write " + path + ": No such file or directory"}));
}

TEST(WriteFileAtomically, LeavesNothingBehindWhenItCannotReplace) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Path("d");
  std::filesystem::create_directory(path);
  EXPECT_EQ(WriteFileAtomically(path, "x", 0600).error(),
            (Error{ErrorCode::kUnavailable, "cannot write " + path + ": Is a directory"}));
  EXPECT_THAT(NamesIn(directory.Path(".")), UnorderedElementsAre("d"));
}

TEST(WriteFileAtomically, LeavesNothingBehindWhenTheDiskIsFull) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("f", "kept");
  // A size limit for this process fails the write as a full disk would.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler_before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = WriteFileAtomically(path, "more than ten bytes", 0600);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler_before);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error(), (Error{ErrorCode::kUnavailable, "cannot write " + path + ": File too large"}));
  EXPECT_EQ(DiskFileReader().Read(path, 100).value(), "kept");
  EXPECT_THAT(NamesIn(directory.Path(".")), ElementsAre("f"));
}

}  // namespace
}  // namespace irsa::base
