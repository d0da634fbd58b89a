// What can be said of a plugin's file without running any of it.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

#include "core/app/check/check_report.h"
#include "core/app/check/checked_plugin.h"
#include "core/base/config.h"

namespace cleat::app {

// Which plugin the file is and how it would be run, or why it cannot be loaded at all. `settings`: lines of the
// plugin's own table in TOML, over what the configuration says.
Result<CheckSubject> subjectOf(const base::Config& config, const std::string& file, const std::string& settings);

// "into a process of its own that is confined"
const char* whereItRuns(const CheckSubject& subject);

void checkFile(const CheckSubject& subject, CheckReport& report);

}  // namespace cleat::app
