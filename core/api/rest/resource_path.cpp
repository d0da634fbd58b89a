#include "core/api/rest/resource_path.h"

#include "core/api/rest/query.h"

namespace cleat::api {
namespace {

constexpr size_t kUsualSegments = 8;  // "apis", group, version, "namespaces", namespace, resource, name, subresource

struct Segment {
  std::string text;
  size_t begin;  // of the segment in the path, behind its slash
};

// The namespace's own subresources: /namespaces/NAME/status is not a resource "status" in that namespace.
bool isNamespaceSubresource(std::string_view name) { return name == "status" || name == "finalize"; }

void fillResource(ResourcePath& to, std::vector<Segment>& segments, size_t at, std::string_view path) {
  auto count = [&] { return segments.size() - at; };
  if (count() > 1 && segments[at].text == "watch") {
    to.watch = true;
    ++at;
  }
  if (segments[at].text == "namespaces" && count() >= 3 &&
      !(count() == 3 && isNamespaceSubresource(segments[at + 2].text))) {
    to.ns = std::move(segments[at + 1].text);
    at += 2;
  }
  to.resource = std::move(segments[at].text);
  if (count() > 1) to.name = std::move(segments[at + 1].text);
  if (count() > 2) to.subresource = std::move(segments[at + 2].text);
  if (count() > 3) {
    to.rest = path.substr(segments[at + 3].begin - 1);
  } else if (count() == 3 && path.ends_with('/')) {
    to.rest = "/";
  }
}

}  // namespace

ParsedPath parsePath(std::string_view path) {
  ParsedPath parsed;
  std::vector<Segment> segments;
  segments.reserve(kUsualSegments);
  for (size_t begin = 0; begin < path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) {
      auto text = percentDecode(path.substr(begin, end - begin), false);
      if (!text) return {};
      segments.push_back({std::move(*text), begin});
    }
    begin = end + 1;
  }
  if (segments.empty()) return parsed;
  size_t at = 0;
  if (segments[0].text == "api") {
    at = 1;
    parsed.form = PathForm::coreVersions;
  } else if (segments[0].text == "apis") {
    at = 2;
    parsed.form = segments.size() == 1 ? PathForm::groups : PathForm::group;
    if (segments.size() > 1) parsed.resource.group = segments[1].text;
  } else {
    return parsed;
  }
  if (segments.size() <= at) return parsed;
  parsed.resource.version = std::move(segments[at].text);
  parsed.form = PathForm::resources;
  if (segments.size() == at + 1) return parsed;
  parsed.form = PathForm::resource;
  fillResource(parsed.resource, segments, at + 1, path);
  return parsed;
}

}  // namespace cleat::api
