// The program that an isolated plugin runs in: what `cleat host` does, and nothing else of the server in it. So less is
// loaded and relocated for each of them, which is most of what a small plugin's process would have of its own.
#include <cstdlib>
#include <string_view>

#include "core/host/isolation/isolated.h"

int main(int argc, char** argv) {
  cleat::host::IsolatedArguments arguments;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--socket-fd") arguments.socketFd = std::atoi(argv[i + 1]);
    if (option == "--plugin") arguments.plugin = argv[i + 1];
    if (option == "--callback-ms") arguments.callbackMs = std::atoi(argv[i + 1]);
    if (option == "--confinement") arguments.confinement = argv[i + 1];
  }
  return cleat::host::runIsolatedPlugin(arguments);
}
