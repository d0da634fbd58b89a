// What CNI plugins print: the result of one that succeeded, the error of one that failed. They are other people's
// programs, so nothing is taken for granted: sizes, depths and counts are limited, and what becomes of it elsewhere (a
// pod's addresses, a status' message) is checked here.
#pragma once

#include "source_guard.h"

#include <cleat/sdk/status.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::network {

inline constexpr size_t kMostResultBytes = 1 << 20;
// Of a result and of a configuration; less than what is read again from a record that holds them.
inline constexpr size_t kMostJsonDepth = 32;
inline constexpr size_t kMostAddresses = 64;
inline constexpr size_t kMostMessageBytes = 1024;

// JSON within the limits, which can be written down and read again. The error goes on from a subject: "is nested …".
Result<boost::json::value> parseLimited(std::string_view text);

// The object that a plugin printed on success.
Result<boost::json::object> parseResult(std::string_view printed);

// The addresses of a CNI result that belong to the sandbox, without their prefix length.
Result<std::vector<std::string>> addressesOf(const boost::json::object& result);

// The node's end of the link that a result tells of, by the one interface that is neither the bridge nor in the
// sandbox, and the addresses that may come out of it; none where the result does not tell of exactly one such link.
std::optional<PodPort> podPortOf(const boost::json::object& result, const std::string& bridge);

// Why a plugin failed, by what it printed: {"code": N, "msg": "…", "details": "…"} on standard output, or anything
// when it crashed. At most kMostMessageBytes of it, as one line of printable UTF-8.
std::string failureText(std::string_view standardOutput, std::string_view standardError, int exitCode);

}  // namespace cleat::network
