// get and list.
#include <charconv>

#include "core/api/rest/rest_request.h"

namespace cleat::api {
namespace {

StatusCause forbidden(std::string field, std::string why) {
  return {"FieldValueForbidden", "Forbidden: " + std::move(why), std::move(field)};
}

Status invalidOptions(std::vector<StatusCause> causes) {
  return Status::invalid("ListOptions.meta.k8s.io", "", std::move(causes));
}

// `before`: what is said in front of what is wrong.
Result<uint64_t> parseRevision(std::string_view text, std::string_view before = {}) {
  uint64_t revision = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (error == std::errc() && end == text.data() + text.size()) return revision;
  const bool tooLarge = error == std::errc::result_out_of_range && end == text.data() + text.size();
  return fail(Status::badRequest(concat(before, "resourceVersion: Invalid value: ", inQuotes(text),
                                        ": strconv.ParseUint: parsing ", inQuotes(text), ": ",
                                        tooLarge ? "value out of range" : "invalid syntax")));
}

constexpr const char* kMatch = "resourceVersionMatch";
constexpr const char* kContinued = "resourceVersionMatch is forbidden when continue is provided";

StatusCause matchNotSupported(std::string_view match, std::string_view supported) {
  return {"FieldValueNotSupported",
          "Unsupported value: \"" + std::string(match) + "\": supported values: " + std::string(supported), kMatch};
}

// In the order in which Kubernetes checks.
std::vector<StatusCause> checkListMatch(std::string_view match, const Query& query, const ListParameters& read) {
  std::vector<StatusCause> causes;
  if (!match.empty()) {
    if (query.get("resourceVersion").empty()) {
      causes.push_back(forbidden(kMatch, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    }
    if (!query.get("continue").empty()) causes.push_back(forbidden(kMatch, kContinued));
    if (match != "Exact" && match != "NotOlderThan") {
      causes.push_back(matchNotSupported(match, R"("Exact", "NotOlderThan", "")"));
    }
    if (match == "Exact" && query.get("resourceVersion") == "0") {
      causes.push_back(forbidden(kMatch, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
    }
  }
  if (read.sendInitialEvents) {
    causes.push_back(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return causes;
}

std::vector<StatusCause> checkWatchMatch(std::string_view match, const Query& query, const ListParameters& read) {
  std::vector<StatusCause> causes;
  if (read.sendInitialEvents && match != "NotOlderThan") {
    causes.push_back(forbidden(kMatch, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match.empty()) return causes;
  if (!read.sendInitialEvents) {
    causes.push_back(
        forbidden(kMatch, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  }
  if (match != "NotOlderThan") causes.push_back(matchNotSupported(match, R"("NotOlderThan")"));
  if (!query.get("continue").empty()) causes.push_back(forbidden(kMatch, kContinued));
  return causes;
}

std::vector<StatusCause> checkMatch(std::string_view match, const Query& query, const ListParameters& read,
                                    bool watch) {
  return watch ? checkWatchMatch(match, query, read) : checkListMatch(match, query, read);
}

}  // namespace

Result<ListParameters> readListParameters(const Query& query, bool watch) {
  ListParameters read;
  read.options.labelSelector = query.get("labelSelector");
  read.options.fieldSelector = query.get("fieldSelector");
  read.options.continueToken = query.get("continue");
  read.sendInitialEvents = query.optionalFlag("sendInitialEvents");
  read.allowBookmarks = query.flag("allowWatchBookmarks");
  CLEAT_TRY(auto limit, query.number("limit"));
  if (limit.value_or(0) > 0) read.options.limit = static_cast<uint32_t>(std::min<int64_t>(*limit, UINT32_MAX));
  CLEAT_TRY(auto timeout, query.number("timeoutSeconds"));
  read.timeoutSeconds = timeout;
  std::string_view match = query.get("resourceVersionMatch");
  if (auto causes = checkMatch(match, query, read, watch); !causes.empty()) {
    return fail(invalidOptions(std::move(causes)));
  }
  std::string_view revision = query.get("resourceVersion");
  // A watch that names no revision begins with what there is, and says where that ends.
  const bool fromAnywhere = revision.empty() || revision == "0";
  if (watch && !read.sendInitialEvents && match.empty() && fromAnywhere) {
    // As if it had said so.
    if (!read.options.continueToken.empty()) return fail(invalidOptions({forbidden(kMatch, kContinued)}));
    read.sendInitialEvents = true;
  }
  // Whoever takes whatever there is takes all of it.
  if (!watch && revision == "0") read.options.limit = 0;
  if (!revision.empty()) {
    if (!watch && !read.options.continueToken.empty() && revision != "0") {
      return fail(Status::badRequest("specifying resource version is not allowed when using continue"));
    }
    CLEAT_TRY(auto parsed, parseRevision(revision, watch ? "" : "invalid resource version: "));
    read.options.revision = parsed;
    read.resourceVersionGiven = parsed != 0;
    if (parsed != 0) {
      using Match = bus::ListOptions::Match;
      read.options.match = match == "Exact"          ? Match::exact
                           : match == "NotOlderThan" ? Match::notOlderThan
                                                     : Match::unset;
      // A page of a revision is of exactly that, as it was before there was a rule to match by.
      if (!watch && match.empty() && read.options.limit > 0) read.options.match = Match::exact;
    }
  }
  return read;
}

// A get waits for no revision: one that is to come has not come.
Result<void> reached(const RestRequest& request) {
  const std::string_view text = request.query.get("resourceVersion");
  if (text.empty()) return {};
  CLEAT_TRY(uint64_t revision, parseRevision(text));
  if (revision <= request.context.gate.snapshot()->revision()) return {};
  CLEAT_TRY(request.context.gate.snapshotAt(revision));
  return {};
}

Task<void> serveGet(RestRequest& request) {
  if (request.query.flag("export")) {
    co_return co_await refuseRequest(
        request, Status::badRequest("the export parameter, deprecated since v1.14, is no longer supported"));
  }
  if (Result<void> fits = reached(request); !fits) co_return co_await refuseRequest(request, fits.error());
  Result<object::ObjectRef> object = co_await request.ask(&gate::Gate::get, request.user, request.target);
  if (!object) co_return co_await answerError(request, object.error());
  co_await answerObject(request, 200, std::move(*object));
}

Task<void> serveList(RestRequest& request) {
  Result<ListParameters> parameters = readListParameters(request.query, false);
  if (!parameters) co_return co_await refuseRequest(request, parameters.error());
  Result<bus::ListResult> list =
      co_await request.ask(&gate::Gate::list, request.user, request.target, parameters->options);
  if (!list) {
    std::string token;
    if (list.error().is(410)) token = gate::Gate::continueAtPresent(parameters->options.continueToken);
    co_return co_await answerError(request, list.error(), std::move(token));
  }
  co_await answerList(request, std::move(*list));
}

}  // namespace cleat::api
