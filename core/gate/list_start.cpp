#include "core/gate/list_start.h"

#include <boost/beast/core/detail/base64.hpp>

#include <vector>

namespace cleat::gate {
namespace {

Result<ListPosition> decodeContinue(std::string token) {
  namespace base64 = boost::beast::detail::base64;
  const Status bad =
      Status::badRequest("invalid continue token: continue key is not valid: it must be one that a list has given");
  if (token.size() > 2048) return fail(bad);
  for (char& c : token) c = c == '-' ? '+' : c == '_' ? '/' : c;
  std::string text(base64::decoded_size(token.size()) + 3, '\0');
  text.resize(base64::decode(text.data(), token.data(), token.size()).first);
  std::vector<std::string> parts;
  for (size_t begin = 0; parts.size() < 4;) {
    size_t end = parts.size() == 3 ? std::string::npos : text.find('\n', begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  if (parts.size() != 4 || parts[0] != "v1" || parts[1].empty() || parts[1].size() > 19) return fail(bad);
  if (parts[1].find_first_not_of("0123456789") != std::string::npos) return fail(bad);
  ListPosition at;
  at.revision = std::stoull(parts[1]);
  at.ns = parts[2];
  at.name = parts[3];
  return at;
}

Result<store::SnapshotRef> snapshotFor(store::Store& store, const bus::ListOptions& options) {
  if (options.match == bus::ListOptions::Match::exact) return store.at(options.revision);
  store::SnapshotRef latest = store.snapshot();
  if (options.revision > latest->revision()) return store.at(options.revision);  // says that it is in the future
  return latest;
}

}  // namespace

std::string continueToken(const ListPosition& at) {
  namespace base64 = boost::beast::detail::base64;
  std::string text = "v1\n" + std::to_string(at.revision) + "\n" + at.ns + "\n" + at.name;
  std::string out(base64::encoded_size(text.size()), '\0');
  out.resize(base64::encode(out.data(), text.data(), text.size()));
  // Clients put it into a query string.
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

std::string continueTokenAtPresent(const std::string& token) {
  Result<ListPosition> at = decodeContinue(token);
  if (!at) return {};
  at->revision = 0;
  return continueToken(*at);
}

Result<ListStart> listStart(store::Store& store, const bus::ListOptions& options) {
  ListStart start;
  if (options.continueToken.empty()) {
    CLEAT_TRY(start.snapshot, snapshotFor(store, options));
    return start;
  }
  CLEAT_TRY(ListPosition after, decodeContinue(options.continueToken));
  Result<store::SnapshotRef> snapshot = after.revision == 0 ? store.snapshot() : store.at(after.revision);
  if (!snapshot) {
    return fail(Status::gone(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
        "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing "
        "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between "
        "the time the first chunk was returned and now may show up in the list."));
  }
  start.snapshot = *std::move(snapshot);
  start.after = std::move(after);
  return start;
}

}  // namespace cleat::gate
