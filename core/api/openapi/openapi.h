// OpenApi: the documents that describe the API to clients, version 2 (one for everything) and 3 (one a group version,
// one each for what there is to discover, and an index). Made from the kind registry when asked for. They are large and
// seldom wanted, so they are kept only while somebody asks.
#pragma once

#include <cleat/sdk/mutex.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/handlers/http_routes.h"
#include "core/base/executor.h"
#include "core/http/http_message.h"
#include "core/object/catalogue.h"

namespace cleat::api {

class OpenApi : public std::enable_shared_from_this<OpenApi> {
 public:
  // `routes`: what plugins serve elsewhere, whose documents are among those of version 3 and part of that of version 2;
  // may be null.
  static std::shared_ptr<OpenApi> make(const object::KindRegistry& kinds, std::shared_ptr<const HttpRoutes> routes,
                                       base::Executor& executor, std::string version);

  // The answer to /openapi/v2, /openapi/v3 and /openapi/v3/….
  http::Response answer(const http::Request& request);

  // For tests.
  std::string v2Json() const;
  // `apiVersion`: "v1", "apps/v1"; empty text if there is none such.
  std::string v3Json(std::string_view apiVersion) const;

 private:
  using Text = std::shared_ptr<const std::string>;
  OpenApi(const object::KindRegistry& kinds, std::shared_ptr<const HttpRoutes> routes, base::Executor& executor,
          std::string version)
      : kinds_(kinds), routes_(std::move(routes)), executor_(executor), version_(std::move(version)) {}
  struct Document {
    Text text;  // as it is kept, compressed; null: there is none of that name
    std::string digest;
  };
  Document document(const std::string& name, bool protobuf);
  // Empty where the document has not been made since the kinds last changed.
  std::string digestOf(const std::string& name);
  std::string make(const std::string& name) CLEAT_REQUIRES(mutex_);
  std::string v3Document(const std::string& name) const;
  std::string v3Discovery(const std::string& path) const;
  // Of all documents of version 3 about what is served here.
  std::set<std::string> documentNames() const;
  std::string indexJson() CLEAT_REQUIRES(mutex_);
  std::vector<object::KindRef> kindsOf(std::string_view apiVersion) const;
  void dropWhenIdle() CLEAT_REQUIRES(mutex_);
  void dropChanged() CLEAT_REQUIRES(mutex_);
  // Of the document that is called so ("v3/apis/GROUP/VERSION"), if it is another server's.
  std::string documentElsewhere(std::string_view name) const;
  std::string v2WithElsewhere() const;

  const object::KindRegistry& kinds_;
  const std::shared_ptr<const HttpRoutes> routes_;
  base::Executor& executor_;
  const std::string version_;
  Mutex mutex_;
  uint64_t generation_ CLEAT_GUARDED_BY(mutex_) = 0, routed_ CLEAT_GUARDED_BY(mutex_) = 0;
  // By "v2", "v3", "v3/api/v1", "v3/apis/apps/v1", compressed as nearly every client takes them. The digests are of
  // what is in them, and stay when the documents are dropped.
  std::map<std::string, Text> documents_ CLEAT_GUARDED_BY(mutex_);
  std::map<std::string, std::string> digests_ CLEAT_GUARDED_BY(mutex_);
  int64_t lastUse_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool timerSet_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::api
