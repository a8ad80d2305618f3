// The command line: parses the arguments and runs one command.
#pragma once

namespace irsa::cli {

// Exit statuses, the same for every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  // the answer is "no", or the work failed
inline constexpr int kUsage = 2;   // wrong arguments

// Results go to stdout, messages to stderr. Returns the exit status.
int Run(int argc, char** argv);

}  // namespace irsa::cli
