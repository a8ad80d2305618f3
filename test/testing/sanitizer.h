// Whether this build has a sanitizer that keeps freed memory, so that what a process takes says nothing.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IRSA_HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IRSA_HAS_SANITIZER 1
#endif
#endif

namespace irsa::testing {

#ifdef IRSA_HAS_SANITIZER
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

}  // namespace irsa::testing
