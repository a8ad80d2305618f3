#include "irsa/base/result.h"

#include <memory>

#include <gtest/gtest.h>

namespace irsa::base {
namespace {

TEST(Result, HoldsAValueThatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  ASSERT_TRUE(result.ok());
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 3);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = Error{ErrorCode::kNotFound, "no such thing"};
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::kNotFound, "no such thing"}));
}

TEST(Status, IsSuccessUnlessItHoldsAnError) {
  EXPECT_TRUE(Status().ok());
  const Status failed = Error{ErrorCode::kConflict, "changed under us"};
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kConflict);
}

TEST(FailedWith, TellsErrorsApart) {
  const Error missing{ErrorCode::kNotFound, "x"};
  EXPECT_TRUE(Result<int>(missing).FailedWith(ErrorCode::kNotFound));
  EXPECT_FALSE(Result<int>(missing).FailedWith(ErrorCode::kDenied));
  EXPECT_FALSE(Result<int>(0).FailedWith(ErrorCode::kNotFound));
  EXPECT_TRUE(Status(missing).FailedWith(ErrorCode::kNotFound));
  EXPECT_FALSE(Status(missing).FailedWith(ErrorCode::kDenied));
  EXPECT_FALSE(Status().FailedWith(ErrorCode::kNotFound));
}

TEST(WithContext, PutsTheOutsideFirst) {
  EXPECT_EQ(WithContext({ErrorCode::kInvalid, "line 3: no name"}, "accounts.yaml"),
            (Error{ErrorCode::kInvalid, "accounts.yaml: line 3: no name"}));
}

}  // namespace
}  // namespace irsa::base
