#include "irsa/base/file_reader.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(DiskFileReader().Read(directory.Path("."), 10).error().code, ErrorCode::kUnavailable);
}

TEST(DiskFileReader, ReadsWhatSaysItHasNoSize) {
  EXPECT_FALSE(DiskFileReader().Read("/proc/self/stat", 65536).value().empty());
}

}  // namespace
}  // namespace irsa::base
