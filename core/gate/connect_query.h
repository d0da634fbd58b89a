// What a connection asks for, on its way past those who admit: a query, which they may put another in the place of. Of
// what is proxied the path counts alone: it comes first, as `path`, and the client's own query goes on as it came.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/object/kind.h"

namespace cleat::gate {

// What takes every verb goes on to another server as it came.
bool isProxy(const object::Subresource& subresource);

// What those who admit are shown.
std::string admittedQuery(const object::Subresource& subresource, const std::string& query, std::string_view path);
// The path to go to, in what they have left of it.
std::string admittedPath(std::string_view query);
// Whether it may become a part of another server's address.
bool isQuery(std::string_view text);
// The first of that name, percent-encoded as it came; nothing: there is none.
std::optional<std::string_view> parameter(std::string_view query, std::string_view name);

}  // namespace cleat::gate
