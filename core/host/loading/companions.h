// Companions: the libraries that a plugin's file asks for by name (DT_NEEDED) and that lie where it says they do
// (DT_RUNPATH, mostly beside it). An isolated plugin must see them; the system's libraries it sees anyway.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <vector>

namespace cleat::host {

// Absolute paths, each once, of those that are there, with what they ask for themselves. The file is taken as hostile:
// what cannot be read of it has no companions, and there are at most 64.
std::vector<std::string> companionsOf(const std::string& file);

// What the file asks for by name.
std::vector<std::string> neededBy(const std::string& file);

// Whether it can be in one process with the program: one that was built with another version of Cap'n Proto than the
// program, whose library is there too, would get half of the functions of either.
Result<void> fitsProgram(const std::string& file);

}  // namespace cleat::host
