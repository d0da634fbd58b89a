// The kinds that CustomResourceDefinitions describe, as calls about their objects need them: compiled, immutable, and
// exchanged as a whole, so that any number of calls at a time read one while the next one is made.
//
//   auto kind = CustomKind::make(definition);        // or why its schema cannot be used
//   shared.set(kinds with it);
//   const CustomVersion* version = shared.get()->find(ref);
#pragma once

#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-apiextensions/definitions.h"
#include "kinds-apiextensions/scale.h"
#include "kinds-apiextensions/schema/compiled_schema.h"
#include "kinds-apiextensions/schema/json_path.h"
#include "webhook-common/destination.h"

namespace cleat::kinds::extensions {

// A column beside the name.
struct CustomColumn {
  std::string type;
  std::optional<JsonPath> path;  // none if nobody can read it: then the cells are empty
};

struct CustomVersion {
  std::string name;
  std::string apiVersion;  // "example.com/v1"
  std::shared_ptr<const CompiledSchema> schema;
  std::vector<CustomColumn> columns;
  std::optional<ScalePaths> scale;
};

// Who makes objects of one version ones of another, where that is more than a name.
struct CustomConversion {
  webhook::Destination destination;
  std::string reviewVersion;  // of ConversionReview
};

struct CustomKind {
  std::string group, plural, kind;
  std::optional<CustomConversion> conversion;
  bool terminating = false;  // no more objects are taken
  std::vector<CustomVersion> versions;

  static Result<std::shared_ptr<const CustomKind>> make(Definition::Reader definition);
};

// By the definition's name: "widgets.example.com".
using CustomKinds = std::map<std::string, std::shared_ptr<const CustomKind>, std::less<>>;

// A version of a kind, kept while a call is about it.
struct CustomTarget {
  std::shared_ptr<const CustomKind> kind;
  const CustomVersion* version = nullptr;
  explicit operator bool() const { return version != nullptr; }
};

// May be used from any thread.
class SharedCustomKinds {
 public:
  std::shared_ptr<const CustomKinds> get() const {
    MutexLock lock(mutex_);
    return kinds_;
  }
  void set(CustomKinds kinds) {
    auto next = std::make_shared<const CustomKinds>(std::move(kinds));
    MutexLock lock(mutex_);
    kinds_.swap(next);
  }
  CustomTarget find(wire::ResourceRef::Reader ref) const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const CustomKinds> kinds_ CLEAT_GUARDED_BY(mutex_) = std::make_shared<const CustomKinds>();
};

}  // namespace cleat::kinds::extensions
