// The command line: parses the arguments and runs one command.
#pragma once

namespace irsa::cli {

// Results go to stdout, messages to stderr. Returns the exit status.
int Run(int argc, char** argv);

}  // namespace irsa::cli
