#include "core/api/rest/body_type.h"

#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/base/hex.h"
#include "core/object/go_names.h"
#include "core/object/json/go_text.h"

namespace cleat::api {
namespace {

using object::JsonNode;
using object::Kind;

constexpr size_t kShownBytes = 30, kMostShownBytes = 4096;

// The beginning of a body: as it is where it could be an object, in hexadecimal otherwise.
std::string beginning(std::string_view body) {
  if (body.empty()) return "<empty>";
  const std::string_view seen = body.substr(0, kShownBytes);
  const std::string shown = body.starts_with('{') ? std::string(seen) : base::hexText(seen);
  return body.size() > kShownBytes ? shown + " ..." : shown;
}

Status notHandled(const Kind& kind, std::string_view apiVersion, std::string_view name, std::string_view why) {
  const std::string_view version = apiVersion.substr(apiVersion.find('/') + 1);
  return Status::badRequest(concat(object::cannotBeHandled(version, name, kind), why));
}

Status otherVersion(const Kind& kind, std::string_view apiVersion) {
  return Status::badRequest(concat("the API version in the data (", apiVersion,
                                   ") does not match the expected API version (", kind.apiVersion(), ")"));
}

Result<void> checkOpenType(const RestRequest& request, const Kind& kind, const JsonNode& body) {
  const std::string_view apiVersion = body.textMember("apiVersion"), name = body.textMember("kind");
  if (name.empty()) {
    const std::string_view body = request.exchange.request().body;
    return fail(
        unrecognizedBody(request, kind, concat("Object 'Kind' is missing in '", body.substr(0, kMostShownBytes), "'")));
  }
  if (apiVersion != kind.apiVersion()) return fail(otherVersion(kind, apiVersion));
  if (name == kind.name) return {};
  const JsonNode* meta = body.find("metadata");
  return fail(Status::invalid(
      concat(name, ".", kind.group), std::string(meta ? meta->textMember("name") : std::string_view()),
      {{"FieldValueInvalid", concat("Invalid value: ", inQuotes(name), ": must be ", kind.name), "kind"}}));
}

// How the value stands in what Kubernetes reads first of a body.
Status noTypeMeta(const RestRequest& request, const Kind& kind, const JsonNode& found, std::string_view where) {
  return unrecognizedBody(request, kind,
                          concat("couldn't get version/kind; json parse error: json: cannot unmarshal ",
                                 object::goTypeOf(found), " into Go ", where));
}

}  // namespace

Status unrecognizedBody(const RestRequest& request, const Kind& kind, std::string_view why) {
  return Status::badRequest(concat("the object provided is unrecognized (must be of type ", kind.name, "): ", why, " (",
                                   beginning(request.exchange.request().body), ")"));
}

Result<void> checkBodyType(const RestRequest& request, const Kind& kind, std::string_view apiVersion,
                           std::string_view name) {
  if (std::ranges::count(apiVersion, '/') > 1) {
    return fail(unrecognizedBody(request, kind, concat("unexpected GroupVersion string: ", apiVersion)));
  }
  const std::string expected = kind.apiVersion();
  const std::string_view said = apiVersion.empty() ? expected : apiVersion, saidName = name.empty() ? kind.name : name;
  if (said == expected && saidName == kind.name) return {};
  const bool isOlder = request.subresource && std::ranges::count(request.subresource->olderBodies, said) > 0;
  if (isOlder && saidName == kind.name) return {};
  const size_t slash = said.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : said.substr(0, slash);
  const object::CatalogueRef catalogue = request.context.gate.kinds().latest();
  const object::KindRef known = catalogue->findByKind(group, said.substr(slash + 1), saidName);
  if (!known) return fail(notHandled(kind, said, saidName, object::notRegistered(said, saidName)));
  if (known->storage && known->storage == kind.storage) return fail(otherVersion(kind, said));
  return fail(notHandled(kind, said, saidName, object::unknownConversion(said, saidName, kind)));
}

Result<void> checkBodyType(const RestRequest& request, const Kind& kind, const JsonNode& body) {
  if (!body.isObject() && !body.isNull()) {
    return fail(noTypeMeta(request, kind, body,
                           R"(value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; )"
                           R"(Kind string "json:\"kind,omitempty\"" })"));
  }
  for (const std::string_view name : {"kind", "apiVersion"}) {
    const JsonNode* member = body.find(name);
    if (!member || member->isNull() || member->isText()) continue;
    return fail(noTypeMeta(request, kind, *member, concat("struct field .", name, " of type string")));
  }
  const std::string_view apiVersion = body.textMember("apiVersion");
  const bool isVersion = std::ranges::count(apiVersion, '/') <= 1;
  if (kind.open && isVersion) return checkOpenType(request, kind, body);
  return checkBodyType(request, kind, apiVersion, body.textMember("kind"));
}

}  // namespace cleat::api
