// The cleat command: its subcommands, their options and their help.
#pragma once

namespace cleat::app {

// Returns the exit code. Errors are one line on standard error.
int runCommand(int argc, char** argv);

}  // namespace cleat::app
