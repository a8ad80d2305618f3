// Exit statuses, the same for every command.
#pragma once

namespace irsa::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // the answer is "no", or the work failed
inline constexpr int kUsage = 2;   // wrong arguments

}  // namespace irsa::cli
