#include "core/api/rest/negotiation.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "core/http/http_message.h"

namespace cleat::api {
namespace {

constexpr size_t kMaxClauses = 50;
constexpr std::string_view kProtobuf = "application/vnd.kubernetes.protobuf";
// What is told to whoever came with something else. Kinds without protobuf name it as well, as in Kubernetes: of them
// there is metadata in protobuf.
constexpr const char* kMediaTypes = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One of the comma-separated parts: "application/json;as=Table;v=v1;g=meta.k8s.io".
struct Clause {
  std::string_view type, as, group, version;
  double quality = 1;
};

Clause parseClause(std::string_view text) {
  Clause clause;
  size_t semicolon = text.find(';');
  clause.type = trim(text.substr(0, semicolon));
  while (semicolon != std::string_view::npos) {
    text.remove_prefix(semicolon + 1);
    semicolon = text.find(';');
    std::string_view parameter = trim(text.substr(0, semicolon));
    size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view name = trim(parameter.substr(0, equals)), value = trim(parameter.substr(equals + 1));
    if (name == "as") clause.as = value;
    if (name == "g") clause.group = value;
    if (name == "v") clause.version = value;
    if (name == "q") std::from_chars(value.data(), value.data() + value.size(), clause.quality);
  }
  return clause;
}

std::vector<Clause> parseAccept(std::string_view accept) {
  std::vector<Clause> clauses;
  while (!accept.empty() && clauses.size() < kMaxClauses) {
    std::string_view part = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), part.size() + 1));
    Clause clause = parseClause(part);
    if (!clause.type.empty() && clause.quality > 0) clauses.push_back(clause);
  }
  std::ranges::stable_sort(clauses, std::greater<>(), &Clause::quality);
  return clauses;
}

bool isAny(std::string_view type) { return type == "*/*" || type == "application/*"; }

bool isPartial(const Clause& clause) {
  return clause.as == "PartialObjectMetadata" || clause.as == "PartialObjectMetadataList";
}

std::optional<Media> mediaOf(std::string_view type) {
  if (isAny(type) || type == "application/json") return Media::json;
  if (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml") return Media::yaml;
  if (type == kProtobuf) return Media::protobuf;
  return std::nullopt;
}

// Where Kubernetes' routes know the types they have, they refuse others before anybody looks at the kind.
Status noneAvailable(std::string_view available) {
  return Status::notAcceptable(concat("406: Not Acceptable\n\nAvailable representations: ", available));
}

constexpr std::string_view kStreams =
    ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

}  // namespace

Result<Accepted> negotiate(std::string_view accept, const Offer& offer) {
  if (trim(accept).empty()) return Accepted();
  bool knowsType = false;
  for (const Clause& clause : parseAccept(accept)) {
    Accepted accepted;
    const std::optional<Media> media = mediaOf(clause.type);
    if (!media) continue;
    knowsType = true;
    const bool binary = *media == Media::protobuf;
    if (binary && !offer.protobuf && !isPartial(clause)) continue;
    accepted.media = *media;
    if (clause.as.empty()) return accepted;
    // Of the older version there is nothing in protobuf.
    bool known = clause.group == "meta.k8s.io" && (clause.version == "v1" || (clause.version == "v1beta1" && !binary));
    if (!known || offer.views == Views::objectOnly) continue;
    if (clause.version != "v1") accepted.metaVersion = kOldMetaVersion;
    if (clause.as == "Table" && !binary) {
      accepted.view = View::table;
      return accepted;
    }
    if (isPartial(clause)) {
      accepted.view = View::partialMetadata;
      accepted.ofList = clause.as.ends_with("List");
      return accepted;
    }
  }
  if (!knowsType && offer.protobuf) return fail(noneAvailable(concat(kMediaTypes, offer.stream ? kStreams : "")));
  return fail(Status::notAcceptable(concat("only the following media types are accepted: ", kMediaTypes)));
}

Result<void> takesJson(std::string_view accept) {
  if (trim(accept).empty()) return {};
  const std::vector<Clause> clauses = parseAccept(accept);
  if (std::ranges::any_of(clauses, [](const Clause& each) { return mediaOf(each.type) == Media::json; })) return {};
  return fail(noneAvailable("application/json"));
}

bool prefersDiscovery(std::string_view accept, std::string_view version) {
  for (const Clause& clause : parseAccept(accept)) {
    // JSON is YAML.
    if (clause.type != "application/json" && clause.type != "application/yaml" && !isAny(clause.type)) continue;
    if (clause.as.empty()) return false;
    if (clause.as == "APIGroupDiscoveryList" && clause.group == "apidiscovery.k8s.io" && clause.version == version) {
      return true;
    }
  }
  return false;
}

Result<Media> bodyMedia(std::string_view contentType, bool protobuf) {
  std::string_view type = trim(contentType.substr(0, contentType.find(';')));
  if (type.empty() || http::equalIgnoringCase(type, "application/json")) return Media::json;
  if (http::equalIgnoringCase(type, "application/yaml")) return Media::yaml;
  if (protobuf && http::equalIgnoringCase(type, kProtobuf)) return Media::protobuf;
  return fail(Status::unsupportedMediaType(
      std::string("the body of the request was in an unknown format - accepted media types include: ") + kMediaTypes));
}

Result<PatchMedia> patchMedia(std::string_view contentType, bool strategic) {
  std::string_view type = trim(contentType.substr(0, contentType.find(';')));
  if (type == "application/json-patch+json") return PatchMedia::json;
  if (type == "application/merge-patch+json") return PatchMedia::merge;
  if (strategic && type == "application/strategic-merge-patch+json") return PatchMedia::strategic;
  if (type == "application/apply-patch+yaml") return PatchMedia::apply;
  if (strategic) return fail(Status::unsupportedMediaType("415: Unsupported Media Type"));
  return fail(Status::unsupportedMediaType(
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
      "application/merge-patch+json, application/apply-patch+yaml"));
}

std::string_view contentTypeOf(Media media) {
  switch (media) {
    case Media::json: return "application/json";
    case Media::yaml: return "application/yaml";
    case Media::protobuf: return "application/vnd.kubernetes.protobuf";
  }
  return {};
}

}  // namespace cleat::api
