// The program that isolated plugins run in: cleat-plugin-host, which was built and installed with this one and has
// nothing of the server in it, or where that is not there this one itself, as `cleat host`.
#pragma once

namespace cleat::host {

// A descriptor of its file, open for as long as this process is: each plugin gets the program that was there when the
// first one asked, whatever is installed in its place meanwhile. -1: not even this one can be opened.
int isolatedProgram();

}  // namespace cleat::host
