// What is wrong with a value of the configuration: each check gives the end of an error's line, empty if nothing is
// wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"

namespace cleat::base {

using Check = std::string (*)(const std::string&);

std::string anyText(const std::string& text);
std::string checkPort(std::string_view text);
std::string checkAddress(const std::string& text);
std::string checkAddressOrEmpty(const std::string& text);
std::string checkListen(const std::string& text);
std::string checkCidr(const std::string& text);
// One network, or one of each family with a comma between them.
std::string checkCidrs(const std::string& text);
std::string checkPortRange(const std::string& text);
std::string checkName(const std::string& text);  // of a plugin
std::string checkNameOrEmpty(const std::string& text);
std::string checkDomain(const std::string& text);
std::string checkDomainOrEmpty(const std::string& text);
std::string checkSelector(const std::string& text);   // of labels
std::string checkOperation(const std::string& text);  // of admission
std::string checkIsolation(const std::string& text);
std::string checkAuditMode(const std::string& text);
std::string checkPath(const std::string& text);          // of requests
std::string checkAbsolutePath(const std::string& text);  // of a file

std::optional<Isolation> isolationNamed(std::string_view text);

// What of a plugin's table is not the plugin's own: "path", "memory_limit" and so on.
std::vector<std::string> tableKeys();

// Of the whole file.
const std::vector<std::string>& sectionNames();

// "500ms", "10s" or "5m": from a tenth of a second to a day.
std::optional<std::chrono::milliseconds> readDuration(std::string_view text);

// "256Mi": a number and one of the units, not less than `least`.
struct Unit {
  std::string_view name;
  int64_t size;
};
std::optional<int64_t> readAmount(std::string_view text, std::span<const Unit> units, int64_t least);

}  // namespace cleat::base
