#include "core/gate/connect_query.h"

#include <cleat/sdk/percent.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/object/verbs.h"

namespace cleat::gate {

bool isProxy(const object::Subresource& subresource) { return object::hasVerb(subresource, "update"); }

// The options of a connection as its query says them. Those of a proxy have the path to go to as well, which nobody
// else can say: it comes before whatever the client has written under that name.
std::string admittedQuery(const object::Subresource& subresource, const std::string& query, std::string_view path) {
  if (!isProxy(subresource)) return query;
  if (path.starts_with('/')) path.remove_prefix(1);
  // A percent sign begins what the client has encoded already.
  const std::string all = concat("path=", percentEncoded(path, "/-_.~%"));
  return query.empty() ? all : concat(all, "&", query);
}

std::string admittedPath(std::string_view query) { return concat("/", parameter(query, "path").value_or("")); }

bool isQuery(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

std::optional<std::string_view> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    const size_t end = std::min(one.find('='), one.size());
    if (one.substr(0, end) == name) return one.substr(std::min(end + 1, one.size()));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
  }
  return std::nullopt;
}

}  // namespace cleat::gate
