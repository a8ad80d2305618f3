#include "irsa/identity/rules/warning.h"

#include <gtest/gtest.h>

namespace irsa::identity {
namespace {

TEST(Quoted, LeavesPrintableTextAsItIs) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted(R"(a "b" \ ~)"), R"("a "b" \ ~")");
  EXPECT_EQ(Quoted("\u00a0é€\ud7ff\ue000😀\U0010ffff"), "\"\u00a0é€\ud7ff\ue000😀\U0010ffff\"");
}

TEST(Quoted, ReplacesControlCharacters) {
  EXPECT_EQ(Quoted(std::string_view("a\0b\nc\x1b[1m\x7f", 10)), R"("a?b?c?[1m?")");
  EXPECT_EQ(Quoted("\u0080\u009f"), R"("????")");
}

TEST(Quoted, ReplacesEachByteOfInvalidUtf8) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"\x80", "?"},                 // a tail by itself
      {"\xc3", "?"},                 // cut short
      {"\xc3z", "?z"},               // no tail
      {"\xc0\xaf", "??"},            // overlong
      {"\xe0\x9f\xbf", "???"},       // overlong
      {"\xe2\x82", "??"},            // cut short
      {"\xe2\x82z", "??z"},          // no tail
      {"\xed\xa0\x80", "???"},       // a surrogate
      {"\xf0\x8f\xbf\xbf", "????"},  // overlong
      {"\xf0\x9f\x98", "???"},       // cut short
      {"\xf0\x9f\x98z", "???z"},     // no tail
      {"\xf0\x9fz\x80", "??z?"},     // no tail
      {"\xf4\x90\x80\x80", "????"},  // over U+10FFFF
      {"\xf5\x80\x80\x80", "????"},  // over U+10FFFF
      {"\xff\xfe", "??"},            // never in UTF-8
      {"\xffé", "?é"},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(Quoted(bytes), '"' + std::string(text) + '"') << text;
}

TEST(Quoted, ShortensWhatDoesNotFit) {
  EXPECT_EQ(Quoted(std::string(40, 'x')), '"' + std::string(40, 'x') + '"');
  EXPECT_EQ(Quoted(std::string(41, 'x')), '"' + std::string(37, 'x') + "...\"");
  EXPECT_EQ(Quoted("abcdefgh", 6), R"("abc...")");
  EXPECT_EQ(Quoted("abcdef", 6), R"("abcdef")");
}

TEST(Quoted, NeverCutsACharacter) {
  EXPECT_EQ(Quoted("ab€€€", 8), R"("ab€...")");
  EXPECT_EQ(Quoted("abc€€€", 8), R"("abc...")");
  EXPECT_EQ(Quoted("abé", 4), R"("abé")");
  EXPECT_EQ(Quoted("abcé", 4), R"("a...")");
}

TEST(WarningReasonName, NamesEveryReason) {
  EXPECT_EQ(WarningReasonName(WarningReason::kMalformedRoleArn), "malformed-role-arn");
  EXPECT_EQ(WarningReasonName(WarningReason::kUnknownAnnotation), "unknown-annotation");
  EXPECT_EQ(WarningReasonName(WarningReason::kIgnoredValue), "ignored-value");
  EXPECT_EQ(WarningReasonName(WarningReason::kExpirationOutOfRange), "expiration-out-of-range");
  EXPECT_EQ(WarningReasonName(WarningReason::kMalformedSkipContainers), "malformed-skip-containers");
  EXPECT_EQ(WarningReasonName(WarningReason::kUnmatchedSkipContainer), "unmatched-skip-container");
  EXPECT_EQ(WarningReasonName(WarningReason::kStaticCredentials), "static-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kOptionalCredentials), "optional-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kContainerCredentials), "container-credentials");
  EXPECT_EQ(WarningReasonName(WarningReason::kOverridesPodIdentity), "overrides-pod-identity");
  EXPECT_EQ(WarningReasonName(WarningReason::kForeignLabel), "foreign-label");
  EXPECT_EQ(WarningReasonName(WarningReason::kSessionNameTooLong), "session-name-too-long");
  EXPECT_EQ(WarningReasonName(WarningReason::kNoContainerServed), "no-container-served");
  EXPECT_EQ(WarningReasonName(WarningReason::kForeignVolume), "foreign-volume");
  EXPECT_EQ(WarningReasonName(WarningReason::kPartialEnvironment), "partial-environment");
  EXPECT_EQ(WarningReasonName(WarningReason::kMountConflict), "mount-conflict");
  EXPECT_EQ(WarningReasonName(WarningReason::kWillRunAs), "will-run-as");
}

}  // namespace
}  // namespace irsa::identity
