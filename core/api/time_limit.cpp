#include "core/api/time_limit.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <string>

#include "core/api/rest/query.h"

namespace cleat::api {
namespace {

// In Go's words; days are none of its units.
Status noDuration(std::string_view said) {
  const bool isNumber = said.find_first_not_of("+-.0123456789") == said.npos;
  const char* wrong = isNumber ? "missing unit in" : said.find('d') != said.npos ? "unknown unit \"d\" in" : "invalid";
  return Status::badRequest(
      concat("invalid timeout specified in the request URL - time: ", wrong, " duration ", inQuotes(said)));
}

}  // namespace

Result<int64_t> limitByQuery(http::Exchange& exchange, const base::Executor& executor) {
  const std::string_view query = exchange.request().query();
  if (query.find("timeout=") == query.npos) return 0;
  const std::string said(Query(query).get("timeout"));
  if (said.empty()) return 0;
  const std::optional<Duration> limit = parseDuration(said);
  if (!limit || said.find('d') != said.npos) return fail(noDuration(said));
  // None at all is the server's own.
  if (*limit <= Duration::zero()) return 0;
  exchange.limitTo(*limit);
  return executor.now() + limit->count();
}

}  // namespace cleat::api
