#include "irsa/identity/rules/mount_path.h"

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

TEST(CleanMountPath, CleansAsTheRuntimeDoes) {
  const std::pair<const char*, const char*> cases[] = {{"/a/b", "/a/b"},
                                                       {"/a/b/", "/a/b"},
                                                       {"/a//b", "/a/b"},
                                                       {"//a/./b/.", "/a/b"},
                                                       {"/a/c/../b", "/a/b"},
                                                       {"a/b", "/a/b"},
                                                       {"./a/b", "/a/b"},
                                                       {"/../a/b", "/a/b"},
                                                       {"../../a/b", "/a/b"},
                                                       {"/", "/"},
                                                       {"", "/"},
                                                       {".", "/"},
                                                       {"/a/..", "/"},
                                                       {"/a/../../..", "/"},
                                                       {"/..a/b..", "/..a/b.."},
                                                       {"/a/.../b", "/a/.../b"},
                                                       {"/a\\b", "/a\\b"},
                                                       {"C:/a", "/C:/a"},
                                                       {"/a b/", "/a b"}};
  for (const auto& [path, clean] : cases) EXPECT_EQ(CleanMountPath(path, false), clean) << path;
}

TEST(CleanMountPath, KnowsWindowsPaths) {
  for (const char* path : {"C:\\a\\b", "c:/a/b", "/a\\b", "a\\b\\", "C:\\a\\.\\x\\..\\b", "D:a/b"}) {
    EXPECT_EQ(CleanMountPath(path, true), "/a/b") << path;
  }
  EXPECT_EQ(CleanMountPath("C:", true), "/");
  EXPECT_EQ(CleanMountPath("::a", true), "/::a");
}

TEST(CleanMountPath, ChangesNoCleanPath) {
  for (const char* path : {"/", "/a", "/a/b", "/a/..b"}) EXPECT_EQ(CleanMountPath(path, false), path);
}

TEST(PlaceOf, TellsWhereAMountIs) {
  const std::string_view token = "/s/t";
  EXPECT_EQ(PlaceOf("/s/t", token, "token"), MountPlace::kAtDirectory);
  EXPECT_EQ(PlaceOf("/s/t/token", token, "token"), MountPlace::kAtFile);
  for (const char* path : {"/s/t/x", "/s/t/token/x", "/s/t/tokens"})
    EXPECT_EQ(PlaceOf(path, token, "token"), MountPlace::kBelow);
  for (const char* path : {"/", "/s"}) EXPECT_EQ(PlaceOf(path, token, "token"), MountPlace::kAbove);
  for (const char* path : {"/s/tt", "/s/tokens", "/t", "/st"})
    EXPECT_EQ(PlaceOf(path, token, "token"), MountPlace::kElsewhere);
}

}  // namespace
}  // namespace irsa::identity
