// Discovery: which groups, versions, resources and verbs there are, in the old form (a document a group version) and
// the new one (everything at once). Made from the kind registry, and from what plugins serve elsewhere, when first
// asked for, and again after either has changed.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/api/handlers/http_routes.h"
#include "core/api/rest/resource_path.h"
#include "core/http/http_message.h"
#include "core/object/catalogue.h"

namespace cleat::api {

class Discovery {
 public:
  // `serverAddress`: "192.0.2.1:6443", told to clients by /api.
  Discovery(const object::KindRegistry& kinds, std::shared_ptr<const HttpRoutes> routes, std::string serverAddress)
      : kinds_(kinds), routes_(std::move(routes)), serverAddress_(std::move(serverAddress)) {}

  // The answer to /api, /apis, /apis/GROUP, /api/v1 or /apis/GROUP/VERSION; 404 if there is no such group or version.
  http::Response answer(const ParsedPath& path, const http::Request& request);
  // Whether anything is served in the group, here or elsewhere.
  bool isGroup(std::string_view name) const;
  // Whether the path is answered to GET alone: Kubernetes takes any method at those where servers come together.
  bool isReadAlone(const ParsedPath& path) const;

 private:
  struct Document {
    std::shared_ptr<const std::string> json;
    std::string etag;
  };
  Document document(const std::string& name, const ParsedPath& path, std::string_view aggregatedVersion);

  const object::KindRegistry& kinds_;
  const std::shared_ptr<const HttpRoutes> routes_;
  const std::string serverAddress_;
  Mutex mutex_;
  uint64_t generation_ CLEAT_GUARDED_BY(mutex_) = 0, routed_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Document> documents_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace cleat::api
