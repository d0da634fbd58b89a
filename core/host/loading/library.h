// Library: a plugin's shared object in this process. It is never unloaded: a plugin's code may be on some thread's
// stack or in a callback for as long as the process lives.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat_abi.h>

#include <string>

#include "core/host/loading/manifest.h"

namespace cleat::host {

// `privateCopy`: what is loaded is a copy in memory, so that nobody who writes into the file afterwards changes code
// that runs. It costs that memory.
enum class Loading { file, privateCopy };

// Loads the file, whose manifest has been read, and asks it for its table, which is checked against the manifest.
Result<const cleat_plugin*> loadLibrary(const std::string& file, const Manifest& manifest,
                                        Loading loading = Loading::file);

}  // namespace cleat::host
