// Which sanitizers this build has: with either of them, freed memory is kept, so that what a process takes says
// nothing.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define IRSA_HAS_THREAD_SANITIZER 1
#elif defined(__SANITIZE_ADDRESS__)
#define IRSA_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IRSA_HAS_THREAD_SANITIZER 1
#elif __has_feature(address_sanitizer)
#define IRSA_HAS_SANITIZER 1
#endif
#endif

#ifdef IRSA_HAS_THREAD_SANITIZER
#define IRSA_HAS_SANITIZER 1
#endif

namespace irsa::testing {

#ifdef IRSA_HAS_SANITIZER
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

// It makes everything about ten times slower.
#ifdef IRSA_HAS_THREAD_SANITIZER
inline constexpr bool kHasThreadSanitizer = true;
#else
inline constexpr bool kHasThreadSanitizer = false;
#endif

}  // namespace irsa::testing
