// The time zones that this machine knows, by their names in the tz database: "Europe/Vienna", "UTC".
#pragma once

#include <string>
#include <string_view>

namespace cleat::batch {

// Whether there is one of this name. Looks into the file system, so that a new release of the database needs no
// restart.
bool isTimeZone(std::string_view name);

// Whether a zone may be called so. A name that may not is never looked up.
bool isTimeZoneName(std::string_view name);

// The file that a zone of this name would be in.
std::string timeZoneFile(std::string_view name);

}  // namespace cleat::batch
