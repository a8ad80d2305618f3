// Running another program to its end, behind an interface so that tests need no such program.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "irsa/base/result.h"

namespace irsa::base {

// The value of an environment variable, null when it is not set: std::getenv, or a test's.
using Environment = std::function<const char*(const char* name)>;

enum class ProgramInput {
  kNone,    // standard input is empty
  kShared,  // standard input is this process's own, so that the program can ask the person at the terminal
};

struct Program {
  std::string command;                   // a path with a slash, or a name to look up in PATH
  std::vector<std::string> arguments;    // without the command itself
  std::vector<std::string> environment;  // "NAME=value", in addition to this process's own variables, or in their place
  ProgramInput input = ProgramInput::kNone;
  std::chrono::milliseconds time_limit{};
  size_t max_output_bytes = 0;

  bool operator==(const Program&) const = default;
};

struct ProgramExit {
  int status = 0;      // 128 plus the signal's number when a signal ended it, as shells count
  std::string output;  // what it wrote to standard output
};

// Implementations may be called from any thread.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;

  // kNotFound when there is no such program, kDenied without permission to run it, kUnavailable when it cannot be run
  // for another reason or exceeds its time, kTooLarge when its output exceeds max_output_bytes. Errors name the
  // command; its arguments, variables and output may be secret.
  virtual Result<ProgramExit> Run(const Program& program) const = 0;
};

// Runs the program directly, without a shell. It inherits standard error, and no descriptors beside the standard ones.
// A program that exceeds a limit is killed, and with ProgramInput::kNone the processes it started are too; so is the
// program when this process dies. Relative directories in PATH are ignored: a program in the current directory has to
// be named as a path.
class ProcessRunner final : public ProgramRunner {
 public:
  Result<ProgramExit> Run(const Program& program) const override;
};

}  // namespace irsa::base
