// Amounts by the name of the resource, and arithmetic with them.
#pragma once

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <map>
#include <string>

namespace cleat::quota {

using Amounts = std::map<std::string, Quantity, std::less<>>;

Amounts readAmounts(TextMapReader map);
void add(Amounts& to, const Amounts& more);
// The larger of both, resource by resource.
void raise(Amounts& to, const Amounts& other);
// "cpu=2,pods=10"
std::string textOf(const Amounts& amounts);

}  // namespace cleat::quota
