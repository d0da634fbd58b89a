// The Container Device Interface: what files on this machine say that a container needs to use a device, by the
// device's name, "example.com/gpu=0". A driver of devices leaves such a file when it has prepared a device; the agent
// passes the name on.
//
//   CLEAT_TRY(auto edits, cdiEdits({"/etc/cdi", "/var/run/cdi"}, record.wish.cdiDevices));
//   CLEAT_TRY(applyCdiEdits(spec, edits));
#pragma once

#include <cleat/sdk/status.h>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace cleat::runtime {

// The `containerEdits` of the devices, as the files *.json in the folders have them: of each file that has one of them
// what it says for all of its devices, once, and then what it says of the device. A later folder goes over an earlier
// one; two files of one folder that have the same device make it nobody's.
Result<std::vector<boost::json::object>> cdiEdits(const std::vector<std::string>& folders,
                                                  const std::vector<std::string>& devices);

// Where they mount something in the container.
std::vector<std::string> cdiMountTargets(const std::vector<boost::json::object>& edits);

// Adds them to a config.json. Device nodes are looked at on this machine. What this runtime cannot do is refused.
Result<void> applyCdiEdits(boost::json::object& spec, const std::vector<boost::json::object>& edits);

}  // namespace cleat::runtime
