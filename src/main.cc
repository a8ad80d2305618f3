#include "irsa/cli/run.h"

int main(int argc, char** argv) { return irsa::cli::Run(argc, argv); }
